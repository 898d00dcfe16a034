"""Where commands may read and write files."""

from pathlib import Path

from seawall.adapters.files.fence import Fence
from seawall.adapters.store.engine import Store
from seawall.settings import Home, Settings


def fence_of(home: Home, settings: Settings, store: Store, *, over_network: bool) -> Fence:
    """Keep commands out of what is Seawall's own; over the network also out of what was not set out for them."""
    pkcs11 = settings.root.pkcs11
    own = [home.path, *([Path(store.file)] if store.file else []), *map(Path, pkcs11.pin_files if pkcs11 else [])]
    roots = [Path(folder) for folder in settings.listen.roots]
    return Fence(own, but=[home.samples], roots=roots if over_network and roots else None)
