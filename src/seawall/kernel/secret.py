"""Bytes that must not leak: no repr, no pickle, no copy, no equality, wiped when closed."""

import hmac
from types import TracebackType
from typing import NoReturn, Self


class Secret:
    """Holds secret bytes in memory that is overwritten on :meth:`close`.

    The bytes are read through :meth:`expose` alone, so that every reader can be found by searching for that word.
    Python may hold copies made by a library in between; closing wipes this object's own buffer.

    Raises:
        ValueError: when used after :meth:`close`.
    """

    __slots__ = ("_buffer",)

    def __init__(self, value: bytes | bytearray | memoryview) -> None:
        self._buffer: bytearray | None = bytearray(value)

    def expose(self) -> bytes:
        """Return the secret bytes, for immediate use by a primitive."""
        if self._buffer is None:
            raise ValueError("this secret was closed")
        return bytes(self._buffer)

    def matches(self, other: "Secret") -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.expose(), other.expose())

    @property
    def closed(self) -> bool:
        """Whether the bytes are gone."""
        return self._buffer is None

    def close(self) -> None:
        """Overwrite and drop the bytes; closing twice is harmless."""
        if self._buffer is not None:
            for i in range(len(self._buffer)):
                self._buffer[i] = 0
            self._buffer = None

    def __len__(self) -> int:
        return 0 if self._buffer is None else len(self._buffer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return "Secret(closed)" if self._buffer is None else "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __eq__(self, other: object) -> bool:
        raise TypeError("compare secrets with matches(), in constant time")

    __hash__ = None  # type: ignore[assignment]
