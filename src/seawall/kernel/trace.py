"""The trace that the work of this moment belongs to, where somebody follows it: its id alone, for records.

Whoever begins a trace enters its id for the time that it takes; without one there is none, and nothing is asked of
whoever does not care.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

_current: ContextVar[str] = ContextVar("seawall_trace", default="")
trace_id = _current.get
"""Return the id of the present trace, 32 hexadecimal digits, or an empty text."""


@contextmanager
def within(trace: str) -> Iterator[None]:
    """Belong to a trace for the length of a block."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


class Span(Protocol):
    """A stretch of work that somebody follows."""

    def say(self, **attributes: str | int) -> None:
        """Add what may be known of it: names and codes, never values; a double underscore stands for a dot."""
        ...

    def fail(self, code: str) -> None:
        """Say that it failed, with a stable code."""
        ...


class Tracer(Protocol):
    """Follows work, where the request that it is done for was chosen to be followed."""

    def chosen(self, traceparent: bytes | None) -> bool:
        """Say whether a request shall be followed: its own word, or a draw where it has none."""
        ...

    def request(self, name: str, traceparent: str | None, *, chosen: bool) -> AbstractContextManager[Span]:
        """Begin a request; it belongs to the caller's trace where ``traceparent`` (W3C Trace Context) names one."""
        ...

    def step(self, name: str) -> AbstractContextManager[Span]:
        """Begin a step of the present request; nothing where no request is followed."""
        ...
