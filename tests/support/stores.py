"""A fresh store on each database, for everything that is tested on both.

Suites in tests/conformance/store have the fixtures by their conftest; others import them into theirs.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.kernel.secret import Secret
from support import postgres

BOTH = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, SQLite or PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        with postgres.database() as url:
            yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store with every table and no row."""
    opened = Store(store_url)
    opened.create_all()
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def row_mac() -> RowMac:
    """A row MAC with a key that is known."""
    return RowMac(Secret(bytes(range(32))))
