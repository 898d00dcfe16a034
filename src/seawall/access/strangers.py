"""Which attempts of strangers are worth an entry in the ledger, so that nobody can fill the disk by knocking."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock


@dataclass(slots=True)
class _Window:
    began_ms: int
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Attempts of one origin that an entry should stand for."""

    origin: str
    code: str
    count: int


class StrangerLog:
    """The first attempt of an origin is recorded at once; later ones are counted and recorded once a minute.

    Attempts beyond ``origins`` origins at a time are counted together, so memory and the ledger are bounded whatever
    address an attempt claims to come from. Safe for threads.

    Args:
        window_ms: how long attempts are counted before the next entry.
        origins: how many origins and codes are told apart.
    """

    def __init__(self, *, window_ms: int = 60_000, origins: int = 1024) -> None:
        self._window_ms = window_ms
        self._origins = origins
        self._windows: dict[tuple[str, str], _Window] = {}
        self._lock = Lock()

    def admit(self, origin: str, code: str, now_ms: int) -> int:
        """Return how many attempts to record now: 0 for none yet, n for one entry that stands for n."""
        with self._lock:
            key = (origin, code)
            if key not in self._windows and len(self._windows) >= self._origins:
                self._forget_silent(now_ms)
                if len(self._windows) >= self._origins:
                    key = ("", "")
            window = self._windows.get(key)
            if window is None:
                self._windows[key] = _Window(now_ms)
                return 1
            window.count += 1
            if not self._over(window, now_ms):
                return 0
            count, window.count, window.began_ms = window.count, 0, now_ms
            return count

    def due(self, now_ms: int) -> Sequence[Attempts]:
        """Take the counts whose minute is over, for origins that have fallen silent; ask about once a minute."""
        with self._lock:
            taken = [
                Attempts(origin=origin, code=code, count=window.count)
                for (origin, code), window in self._windows.items()
                if window.count and self._over(window, now_ms)
            ]
            for attempts in taken:
                self._windows[attempts.origin, attempts.code] = _Window(now_ms)
            self._forget_silent(now_ms)
            return taken

    def _over(self, window: _Window, now_ms: int) -> bool:
        # A clock that went back ends the minute too, or counting could go on for as long as the clock is behind.
        return not 0 <= now_ms - window.began_ms < self._window_ms

    def _forget_silent(self, now_ms: int) -> None:
        silent = [key for key, window in self._windows.items() if not window.count and self._over(window, now_ms)]
        for key in silent:
            del self._windows[key]
