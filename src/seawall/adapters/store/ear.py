"""Hears from PostgreSQL that something changed, so that nobody has to ask as often as they want to know."""

import time
from typing import Any

from seawall.adapters.store.core import CHANGES
from seawall.adapters.store.engine import Store
from seawall.kernel.errors import SeawallError


class Ear:
    """One connection that listens; while it cannot, it only sleeps. For one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Any = None

    def wait(self, seconds: float) -> None:
        """Sleep until something changed, for at most so long."""
        import psycopg

        began = time.monotonic()
        try:
            if self._connection is None:
                self._connection = self._store.subscribe(CHANGES)
            for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                return
        except (SeawallError, psycopg.Error):
            self.close()
            # What was called out meanwhile was not heard, and whoever waits asks by then.
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
