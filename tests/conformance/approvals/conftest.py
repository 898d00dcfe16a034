"""Both stores, and a chamber on each."""

from collections.abc import Iterator

import pytest

from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from support.dual import Chamber
from support.stores import row_mac, store, store_url

__all__ = ["row_mac", "store", "store_url"]


@pytest.fixture
def chamber(store: Store, row_mac: RowMac) -> Iterator[Chamber]:
    made = Chamber(store, row_mac)
    yield made
    made.close()
