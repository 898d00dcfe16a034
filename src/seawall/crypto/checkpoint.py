"""Checkpoints: what a log's tree was, as the text of a note (C2SP tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Self

from seawall.kernel.errors import InvalidInput

MAX_NAME_BYTES = 255
MAX_UINT63 = (1 << 63) - 1
_ROOT_BYTES = 32
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log's tree was: its origin (the log's name), size in leaves and root hash of 32 bytes."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the note text.

        Raises:
            InvalidInput: when a part cannot stand in a checkpoint, with code ``note.malformed``.
        """
        if not 0 <= self.size <= MAX_UINT63 or len(self.root) != _ROOT_BYTES:
            raise malformed("a checkpoint has a size of 0 to 2**63 - 1 and a root of 32 bytes.")
        return f"{_check_origin(self.origin)}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note text of exactly three lines; extension lines, which ML-DSA-44 would not sign, are refused.

        Raises:
            InvalidInput: when it is no such text, with code ``note.malformed``.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - three lines, each with its newline
            raise malformed("a checkpoint is three lines: origin, size and root.")
        origin, size, root = lines[:3]
        if not _SIZE.fullmatch(size):
            raise malformed("a checkpoint's size is a decimal number.")
        checkpoint = cls(origin=origin, size=int(size), root=decode64(root))
        checkpoint.text()
        return checkpoint


def decode64(encoded: str) -> bytes:
    """Decode standard base64, refusing all but its one canonical form."""
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        raise malformed("a part of it is not base64.") from None
    if b64encode(raw).decode() != encoded:
        raise malformed("a part of it is not base64 in its one form.")
    return raw


def check_text(text: str) -> None:
    """Refuse control characters other than the newline."""
    if any(letter < " " and letter != "\n" for letter in text):
        raise malformed("a note holds no control characters.")


def malformed(text: str) -> InvalidInput:
    """Make the error of a note, or a part of one, that is wrong as it stands."""
    return InvalidInput("note.malformed", text, field="note")


def _check_origin(origin: str) -> str:
    if not origin or "\n" in origin or len(origin.encode()) > MAX_NAME_BYTES:
        raise malformed("a checkpoint's origin is one line of 1 to 255 bytes.")
    check_text(origin)
    return origin
