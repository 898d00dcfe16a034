"""The journal behind a condition: where it does not hold, nothing is recorded and so nothing is done."""

from collections.abc import Callable, Sequence

from seawall.ledger.commit import DurableLog


class GuardedLog:
    """Asks a guard before each batch.

    Args:
        log: the journal.
        guard: raises Unavailable where nothing may be recorded now.
    """

    def __init__(self, log: DurableLog, guard: Callable[[], None]) -> None:
        self._log = log
        self._guard = guard

    def append(self, entries: Sequence[bytes]) -> None:
        """Write entries together; durable on return.

        Raises:
            Unavailable: what the guard or the journal says.
        """
        self._guard()
        self._log.append(entries)

    def check(self) -> None:
        """Raise what :meth:`append` would raise now."""
        self._guard()
        self._log.check()
