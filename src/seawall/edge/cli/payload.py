"""Bytes on their way in and out of a command: files and standard streams, never an argument where they are secret.

1. What comes in is a file's bytes as they are, or standard input's; ``--base64`` says that it is base64.
2. What goes out is bytes in a new file that its owner alone may read; on standard output it is base64 unless ``--raw``.
3. With ``--json`` it is base64 in the document, as over REST, unless a file takes it: then the document names the file.
"""

import os
import stat
import sys
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from cyclopts import Parameter

from seawall.edge.cli.options import Options
from seawall.edge.cli.private import place_for_bytes
from seawall.kernel.command import Command
from seawall.kernel.errors import InvalidInput, TooLarge

_MOST = 16 << 20
_TEXT = "base64:"
_OTHERS = 0o077
_READ: Final = frozenset({"plaintext", "ciphertext", "message", "material", "wrapped"})
C = TypeVar("C", bound=Command)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What a command reads."""

    source: Annotated[str, Parameter(name="--in", help="File to read; - is standard input.")] = "-"
    base64: Annotated[bool, Parameter(negative="", help="What is read is base64.")] = False

    def read(self, *, private: bool = False) -> bytes:
        """Read it whole.

        Args:
            private: whether a file that others may read is refused.

        Raises:
            InvalidInput: ``cli.file_unreadable``, ``cli.file_open`` or ``cli.base64``.
            TooLarge: ``cli.too_large``.
        """
        body = _standard_input() if self.source == "-" else _file(Path(self.source), "--in", private=private)
        return _decoded(body, "--in") if self.base64 else body


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Where a command's bytes go."""

    out: Annotated[Path | None, Parameter(help="New file for the bytes, which its owner alone may read.")] = None
    raw: Annotated[
        bool, Parameter(negative="", help="Write the bytes as they are to standard output, not as base64.")
    ] = False

    @contextmanager
    def place(self, options: Options) -> Iterator["Place"]:
        """Make room before the command runs; a file that is there already is found out first.

        Raises:
            InvalidInput: ``cli.file_unwritable`` or ``cli.usage``.
        """
        if self.raw and (options.json or self.out):
            raise InvalidInput("cli.usage", "--raw goes with neither --json nor --out.", field="--raw")
        with place_for_bytes(self.out) as write:
            yield Place(self, options, write)


class Place:
    """Takes a result whose one field is bytes."""

    def __init__(self, asked: Outgoing, options: Options, write: Any) -> None:
        self._asked = asked
        self._options = options
        self._write = write

    def give(self, result: msgspec.Struct, field: str, *, without: tuple[str, ...] = ()) -> None:
        """Write the bytes, and the document about them.

        Args:
            result: what the command answered.
            field: which of its fields has the bytes.
            without: fields that go elsewhere.
        """
        data: bytes = getattr(result, field)
        self._write(data)
        output, out = self._options.output, self._asked.out
        document = {name: value for name, value in msgspec.to_builtins(result).items() if name not in without}
        if out is not None:
            document.pop(field)
            document["out"] = str(out)
        output.document(document)
        if self._options.json or out is not None:
            return
        if self._asked.raw:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            output.verbatim(b64encode(data).decode())


def give(options: Options | None, outgoing: Outgoing | None, command: Command, field: str) -> int:
    """Carry a command out, and hand over the bytes of one field of its answer."""
    options = options or Options()
    with (outgoing or Outgoing()).place(options) as place:
        with options.session() as session:
            result = session.perform(checked(command))
        place.give(result, field)
    return 0


def checked(command: C) -> C:
    """Hold a command to the bounds that its type declares, as REST does.

    Raises:
        InvalidInput: ``cli.number``, naming the option.
    """
    try:
        return msgspec.convert(msgspec.structs.asdict(command), type(command))
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")
        field = "--in" if name in _READ else f"--{name.replace('_', '-')}"
        raise InvalidInput("cli.number", f"{text.lower()}.", field=field if name else "options") from None


def beside(value: str, field: str) -> bytes:
    """Read what goes with the bytes that come in: a file's bytes, or ``base64:…`` where it is no secret.

    Raises:
        InvalidInput: ``cli.file_unreadable`` or ``cli.base64``.
        TooLarge: ``cli.too_large``.
    """
    if value.startswith(_TEXT):
        return _decoded(value.removeprefix(_TEXT).encode(), field)
    return _file(Path(value), field)


def _standard_input() -> bytes:
    return _bounded(sys.stdin.buffer.read(_MOST + 1), "--in")


def _file(path: Path, field: str, *, private: bool = False) -> bytes:
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if private and stat.S_ISREG(mode) and mode & _OTHERS:
                raise InvalidInput(
                    "cli.file_open",
                    f"others than its owner may read {path}.",
                    field=field,
                    remedy=f"chmod go-rwx {path}",
                )
            return _bounded(stream.read(_MOST + 1), field)
    except OSError as error:
        raise InvalidInput(
            "cli.file_unreadable", f"{path} cannot be read: {os.strerror(error.errno or 0)}.", field=field
        ) from None


def _bounded(body: bytes, field: str) -> bytes:
    if len(body) > _MOST:
        raise TooLarge("cli.too_large", f"at most {_MOST:,} bytes are read.", field=field)
    return body


def _decoded(text: bytes, field: str) -> bytes:
    try:
        return b64decode(b"".join(text.split()), validate=True)
    except (Error, ValueError):
        raise InvalidInput("cli.base64", "this is not base64.", field=field) from None
