"""Time enters here: the wall clock for records, the monotonic clock for waiting."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Wall time may jump; monotonic time never goes back."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()


class FixedClock:
    """A clock that stands until it is moved; for tests and for reproducible documents."""

    def __init__(self, now_ms: int = 1_767_830_400_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds, moving with the wall time."""
        return self._now_ms / 1000

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number moves it back."""
        self._now_ms += round(seconds * 1000)


def iso(ms: int) -> str:
    """Write a time in milliseconds as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
