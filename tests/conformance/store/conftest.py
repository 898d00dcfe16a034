"""Every suite in this folder runs on both databases."""

from support.stores import row_mac, store, store_url

__all__ = ["row_mac", "store", "store_url"]
