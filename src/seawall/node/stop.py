"""The word to stop, safe to give from a signal handler and easy to wait for in a thread or an event loop."""

import contextlib
import os
import select


class Stop:
    """Said once, everybody ends in good order; said again, they hurry.

    It has the shape of an event (``is_set``, ``set``, ``wait``), but takes no lock, so that a signal handler may set it
    while the same thread waits for it.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._said = 0

    def set(self) -> None:
        """Say it."""
        self._said += 1
        with contextlib.suppress(BlockingIOError):
            os.write(self._writer, b".")

    def is_set(self) -> bool:
        """Whether it was said."""
        return self._said > 0

    @property
    def hurried(self) -> bool:
        """Whether it was said more than once."""
        return self._said > 1

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is said, or for ``timeout`` seconds; tell whether it was said."""
        if not self._said:
            select.select([self._reader], [], [], timeout)
        return self._said > 0

    def fileno(self) -> int:
        """A descriptor that is readable when the word was said and not yet heard."""
        return self._reader

    def hear(self) -> bool:
        """Take what was said from the descriptor; True when it was said more than once."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 64)
        return self.hurried

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._reader)
        os.close(self._writer)
