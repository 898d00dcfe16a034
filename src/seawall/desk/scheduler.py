"""Does by the clock what is to be done again and again, on the one node that has the duty.

1. Without the duty nothing is done. Losing it, by a pause or a cut, is seen before each chore and at each write.
2. What is due is in the store: a node that takes the duty over goes on where the last one stopped. Runs that were
   missed meanwhile are caught up by one.
3. The next time is the period later, moved by up to a tenth either way, so that chores do not march in step.
4. A chore that fails is tried again after seconds at first, then doubled up to its period; its error's code is kept.
"""

import logging
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.kernel.timetable import Due, Timetable

_log = logging.getLogger("seawall.scheduler")
DUTY: Final = "scheduler"
_JITTER: Final = 0.1
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_EXPONENT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something that is done again and again by one node.

    Args:
        name: stable and dotted, such as ``keys.finish_destroy``.
        every_s: the period, seconds.
        run: does it; it may raise, and is asked again later.
    """

    name: str
    every_s: float
    run: Callable[[], object]


class Duty(Protocol):
    """The stand of this process for a named duty."""

    def holds(self) -> bool:
        """Whether this process has it now."""
        ...

    def term(self) -> AbstractContextManager[None]:
        """Have everything that this thread writes within the block refused when the duty is another's by then."""
        ...


class Scheduler:
    """Runs chores when they are due.

    Args:
        chores: what there is to do.
        duty: whether this process is the one to do it.
        timetable: when each was done and is due.
        clock: monotonic time, for how long a chore takes.
        stray: a number from 0 to 1, by which the next time strays.
    """

    def __init__(
        self,
        chores: Sequence[Chore],
        duty: Duty,
        timetable: Timetable,
        clock: Clock,
        *,
        stray: Callable[[], float] = random.random,
    ) -> None:
        self._chores = tuple(chores)
        self._duty = duty
        self._timetable = timetable
        self._monotonic = clock.monotonic
        self._stray = stray

    def step(self) -> int:
        """Run what is due now, one after the other; return how many that were.

        Raises:
            SeawallError: when the timetable cannot be read or written, or the duty was lost meanwhile.
        """
        if not self._duty.holds():
            return 0
        entries, now_ms = self._timetable.entries(), self._timetable.now_ms()
        ran = 0
        for chore in self._chores:
            entry = entries.get(chore.name)
            if not self._is_due(chore, entry, now_ms):
                continue
            if not self._duty.holds():
                break
            self._run(chore, entry or Due(name=chore.name, next_ms=now_ms), now_ms)
            now_ms = self._timetable.now_ms()
            ran += 1
        return ran

    def _is_due(self, chore: Chore, entry: Due | None, now_ms: int) -> bool:
        if entry is None:
            return True
        # One that is further off than a period lets it be was written by a clock that has been put right since.
        return entry.next_ms <= now_ms or entry.next_ms > now_ms + round(chore.every_s * (1 + 2 * _JITTER) * 1000)

    def _run(self, chore: Chore, entry: Due, now_ms: int) -> None:
        began, code = self._monotonic(), ""
        with self._duty.term():
            try:
                chore.run()
            except SeawallError as error:
                code = error.code
                _log.warning("the chore %s was not done: %s (%s)", chore.name, error.text, code)
            except Exception as error:  # noqa: BLE001 - one chore must not keep the others from being done
                code = "internal.error"
                _log.error("the chore %s failed inside with %s", chore.name, type(error).__name__)
            took_ms = round((self._monotonic() - began) * 1000)
            failures = entry.failures + 1 if code else 0
            pause_s = self._backed_off(chore, failures) if code else self._strayed(chore.every_s)
            self._timetable.save(
                replace(
                    entry,
                    next_ms=now_ms + took_ms + round(pause_s * 1000),
                    last_ms=now_ms,
                    done_ms=entry.done_ms if code else now_ms,
                    took_ms=took_ms,
                    runs=entry.runs + 1,
                    failures=failures,
                    code=code,
                )
            )

    def _strayed(self, every_s: float) -> float:
        return every_s * (1 + _JITTER * (2 * self._stray() - 1))

    def _backed_off(self, chore: Chore, failures: int) -> float:
        return min(chore.every_s, self._strayed(_FIRST_PAUSE_S * 2 ** min(failures - 1, _LONGEST_EXPONENT)))
