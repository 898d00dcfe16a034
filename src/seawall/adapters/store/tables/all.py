"""Import every module of tables, so that the catalogue in :mod:`.base` is whole."""

import pkgutil
from importlib import import_module
from pathlib import Path

from seawall.adapters.store.tables.base import metadata

__all__ = ["metadata"]

for _module in pkgutil.iter_modules([str(Path(__file__).parent)]):
    if _module.name not in {"all", "base"}:
        import_module(f"seawall.adapters.store.tables.{_module.name}")
