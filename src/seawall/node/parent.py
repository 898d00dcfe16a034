"""The parent of a node: starts its children, starts them again when they die, and stops them in order.

It runs one thread, so that forking is safe at any time, and does nothing but wait: for a signal, for a child's end, for
the moment to start one again.
"""

import contextlib
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from seawall.node.children import Child, fork

_log = logging.getLogger("seawall.node")
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 30.0
_STEADY: Final = 60.0
_HASTE: Final = 1.0
_LOOK: Final = 1.0
_STARTING: Final = 12  # how much longer than usual one may be silent that has only begun


class _Kept:
    """A child, its process when it has one, and when it is to be started again when it has none."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.pid: int | None = None
        self.started = 0.0
        self.due = 0.0
        self.pause = _FIRST_PAUSE
        self.heard = 0
        self.silent = 0


class Parent:
    """Keeps a node's children alive until it is told to stop.

    Args:
        children: what is kept alive.
        grace: seconds that each stage of children has to end in good order before they are killed.
        patience: seconds that a child with a pulse may be silent before it is taken to hang, and is killed and started
            again.
        reload: called on SIGHUP; what it raises is logged and changes nothing.
        closing: called once when stopping begins, before any child is told: nothing new is taken from here on.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        grace: float = 20.0,
        patience: int = 10,
        reload: Callable[[], None] | None = None,
        closing: Callable[[], None] | None = None,
    ) -> None:
        self._kept = [_Kept(child) for child in children]
        self._grace = grace
        self._patience = patience
        self._watched = any(child.pulse is not None for child in children)
        self._looked = time.monotonic()
        self._reload = reload
        self._closing = closing
        self._asked = 0
        self._hangups = 0

    def run(self, started: Callable[[], None] | None = None) -> bool:
        """Run until SIGTERM or SIGINT; a second one hastens the end.

        Args:
            started: called once when the children were started.

        Returns:
            Whether every child ended by itself, none having been killed.
        """
        with self._signals() as wakeup:
            try:
                self._start_due()
                if started is not None:
                    started()
                while not self._asked:
                    self._wait(wakeup, self._next_look())
                    self._reap()
                    self._look()
                    self._heed_hangups()
                    if not self._asked:
                        self._start_due()
                return self._stop(wakeup)
            except BaseException:
                self._kill(self._kept)
                raise

    def _start_due(self) -> None:
        now = time.monotonic()
        for kept in self._kept:
            if kept.pid is None and kept.due <= now:
                kept.started = now
                kept.heard = kept.silent = 0
                if kept.child.pulse is not None:
                    kept.child.pulse.reset()
                kept.pid = fork(kept.child)

    def _look(self) -> None:
        """See which children beat since the last look, and kill those that were silent for too many."""
        now = time.monotonic()
        if not self._watched or now - self._looked < _LOOK:
            return
        self._looked = now
        for kept in self._kept:
            pulse = kept.child.pulse
            if kept.pid is None or pulse is None:
                continue
            kept.silent = kept.silent + 1 if pulse.count == kept.heard else 0
            kept.heard = pulse.count
            if kept.silent >= self._patience * (1 if kept.heard else _STARTING):
                _log.error("%s hangs and is killed", kept.child.name)
                os.kill(kept.pid, signal.SIGKILL)

    def _next_look(self) -> float | None:
        start = self._next_start()
        if not self._watched:
            return start
        look = max(0.0, self._looked + _LOOK - time.monotonic())
        return look if start is None else min(start, look)

    def _next_start(self) -> float | None:
        due = [kept.due for kept in self._kept if kept.pid is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _reap(self) -> None:
        for kept in self._kept:
            if kept.pid is None:
                continue
            pid, status = os.waitpid(kept.pid, os.WNOHANG)
            if not pid:
                continue
            kept.pid = None
            if self._asked:
                continue
            lived = time.monotonic() - kept.started
            kept.pause = _FIRST_PAUSE if lived > _STEADY else min(kept.pause * 2, _LONGEST_PAUSE)
            kept.due = time.monotonic() + kept.pause
            code = os.waitstatus_to_exitcode(status)
            _log.warning(
                "%s ended with %d after %.0f s; it starts again in %.1f s", kept.child.name, code, lived, kept.pause
            )

    def _heed_hangups(self) -> None:
        if not self._hangups:
            return
        self._hangups = 0
        if self._reload is None:
            return
        try:
            self._reload()
            _log.info("reloaded")
        except Exception as error:  # noqa: BLE001 - what was loaded before stays in force
            _log.error("not reloaded, everything stays as it was: %s", error)

    def _stop(self, wakeup: int) -> bool:
        if self._closing is not None:
            self._closing()
        clean = True
        for stage in sorted({kept.child.stage for kept in self._kept}):
            members = [kept for kept in self._kept if kept.child.stage == stage]
            clean &= self._stop_stage(members, wakeup)
        return clean

    def _stop_stage(self, members: Sequence[_Kept], wakeup: int) -> bool:
        heard = self._asked
        self._signal(members, signal.SIGTERM)
        if heard > 1:
            self._signal(members, signal.SIGTERM)
        deadline = time.monotonic() + (_HASTE if heard > 1 else self._grace)
        while any(kept.pid is not None for kept in members):
            left = deadline - time.monotonic()
            if left <= 0:
                self._kill(members)
                return False
            self._wait(wakeup, left)
            self._reap()
            if self._asked > heard:
                heard = self._asked
                self._signal(members, signal.SIGTERM)
                deadline = min(deadline, time.monotonic() + _HASTE)
        return True

    @staticmethod
    def _signal(members: Sequence[_Kept], which: signal.Signals) -> None:
        for kept in members:
            if kept.pid is not None:
                os.kill(kept.pid, which)

    def _kill(self, members: Sequence[_Kept]) -> None:
        for kept in members:
            if kept.pid is not None:
                _log.error("%s did not end in time and is killed", kept.child.name)
                os.kill(kept.pid, signal.SIGKILL)
                os.waitpid(kept.pid, 0)
                kept.pid = None

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        before = {which: signal.signal(which, self._note) for which in _SIGNALS}
        outer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(outer)
            for which, handler in before.items():
                signal.signal(which, handler)
            os.close(reader)
            os.close(writer)

    def _note(self, which: int, _: object) -> None:
        if which in {signal.SIGTERM, signal.SIGINT}:
            self._asked += 1
        elif which == signal.SIGHUP:
            self._hangups += 1

    @staticmethod
    def _wait(wakeup: int, timeout: float | None) -> None:
        if select.select([wakeup], [], [], timeout)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(wakeup, 512)
