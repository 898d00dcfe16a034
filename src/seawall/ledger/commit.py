"""Group commit: many entries, one write, one sync.

Whatever is handed in while a sync is under way goes into the next batch, so that a batch grows with the load and nobody
waits for a timer.
"""

import logging
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock, Thread, get_ident
from typing import Protocol

from seawall.kernel.errors import SeawallError, Unavailable

Done = Callable[[SeawallError | None], None]
_MOST_ENTRIES = 4096
_log = logging.getLogger("seawall.ledger")


class DurableLog(Protocol):
    """Where batches go."""

    def append(self, entries: Sequence[bytes]) -> None:
        """Write entries together; durable on return."""
        ...

    def check(self) -> None:
        """Raise what :meth:`append` would raise now."""
        ...


class GroupCommit:
    """Gathers the entries of one process. Make it after a fork, never before: it has a thread.

    Args:
        log: the journal.
        loop: where ``done`` is called, once per batch and never from another thread; without it, ``done`` is called on
            the thread that flushes and must be quick.
    """

    def __init__(self, log: DurableLog, *, loop: AbstractEventLoop | None = None) -> None:
        self._log = log
        self._loop: AbstractEventLoop | None = None
        self._loop_thread = 0
        self._roused = False
        self._waiting: deque[tuple[bytes, Done]] = deque()
        self._wake = Lock()
        self._wake.acquire()
        self._asleep = False
        self._closing = False
        self._ended = False
        if loop is not None:
            self.deliver_on(loop)
        self._thread = Thread(target=self._run, name="ledger-commit", daemon=True)
        self._thread.start()

    def deliver_on(self, loop: AbstractEventLoop) -> None:
        """Call ``done`` on this event loop from now on; called on the loop's own thread."""
        self._loop = loop
        self._loop_thread = get_ident()

    def submit(self, entry: bytes, done: Done) -> None:
        """Take an entry; ``done`` is called once, with None when it is durable or with the error that kept it out."""
        self._waiting.append((entry, done))
        if self._asleep and not self._roused:
            if self._loop is not None and get_ident() == self._loop_thread:
                # Whatever else this turn of the loop brings goes into the same batch; the thread is woken once.
                self._roused = True
                self._loop.call_soon(self._rouse_once)
            else:
                self._rouse()
        if self._ended:
            self._refuse_rest()

    def append(self, entry: bytes) -> None:
        """Return when the entry is durable.

        Raises:
            InvalidInput: the entry is empty or too long.
            Unavailable: it could not be made durable.
        """
        self.append_all([entry])

    def append_all(self, entries: Sequence[bytes]) -> None:
        """Return when all entries are durable; they share a batch with others, in this order.

        Raises:
            InvalidInput: an entry is empty or too long.
            Unavailable: they could not all be made durable.
        """
        waits = [_Wait() for _ in entries]
        for entry, wait in zip(entries, waits, strict=True):
            self.submit(entry, wait)
        for wait in waits:
            wait.result()

    def check(self) -> None:
        """Raise what :meth:`append` would raise now.

        Raises:
            Unavailable: ``ledger.full``, ``ledger.lagging``, ``ledger.sync_failed`` or ``ledger.closed``.
        """
        if self._closing:
            raise _closed()
        self._log.check()

    def close(self) -> None:
        """Make everything durable that was handed in, then stop; later entries are refused."""
        self._closing = True
        self._rouse()
        self._thread.join()
        self._ended = True
        self._refuse_rest()

    def _run(self) -> None:
        waiting = self._waiting
        while True:
            if not waiting:
                if self._closing:
                    return
                # Asleep first, then a second look: whoever hands in after that look sees that somebody sleeps.
                self._asleep = True
                if not waiting and not self._closing:
                    self._wake.acquire()
                self._asleep = False
                continue
            count = min(len(waiting), _MOST_ENTRIES)
            self._flush([waiting.popleft() for _ in range(count)])

    def _flush(self, batch: list[tuple[bytes, Done]]) -> None:
        entries = [entry for entry, _ in batch]
        error: SeawallError | None = None
        try:
            self._log.append(entries)
        except SeawallError as refused:
            if len(batch) > 1 and not isinstance(refused, Unavailable):
                # One entry is at fault: it must not take the others with it.
                for one in batch:
                    self._flush([one])
                return
            error = refused
        except Exception as raised:  # noqa: BLE001 - whoever waits must be told
            _log.exception("the ledger's journal failed inside")
            error = Unavailable("ledger.failed", f"the ledger failed inside ({type(raised).__name__}).")
        self._settle(batch, error)

    def _settle(self, batch: list[tuple[bytes, Done]], error: SeawallError | None) -> None:
        loop = self._loop
        if loop is None:
            _call([done for _, done in batch], error)
            return
        later: list[Done] = []
        for _, done in batch:
            if type(done) is _Wait:
                done(error)
            else:
                later.append(done)
        if later:
            try:
                loop.call_soon_threadsafe(_call, later, error)
            except RuntimeError:
                # The loop has closed; nobody is left to be told.
                _log.warning("%d entries became durable after the event loop had closed", len(later))

    def _rouse(self) -> None:
        try:
            self._wake.release()
        except RuntimeError:
            # Somebody else released it in the same moment.
            return

    def _rouse_once(self) -> None:
        self._roused = False
        self._rouse()

    def _refuse_rest(self) -> None:
        while True:
            try:
                one = self._waiting.popleft()
            except IndexError:
                return
            self._settle([one], _closed())


class _Wait:
    """A caller that waits for its entry."""

    __slots__ = ("_error", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()
        self._error: SeawallError | None = None

    def __call__(self, error: SeawallError | None) -> None:
        self._error = error
        self._lock.release()

    def result(self) -> None:
        self._lock.acquire()
        if self._error is not None:
            raise self._error


def _call(all_done: list[Done], error: SeawallError | None) -> None:
    for done in all_done:
        try:
            done(error)
        except Exception:  # noqa: BLE001 - one answer must not keep the others back
            _log.exception("an answer could not be given")


def _closed() -> Unavailable:
    return Unavailable("ledger.closed", "Seawall is stopping; nothing was recorded and nothing was done.")
