"""Where in the journal the tiles end: what comes before is durable in tiles under a signed checkpoint."""

import re
from zlib import crc32

from seawall.kernel.errors import NotFound
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.model import Position
from seawall.ledger.ports import Files

POSITION = "position"
_FORM = re.compile(rb"seawall journal position\n(\d{1,19}) (\d{1,19}) (\d{1,19})\n[0-9a-f]{8}\n")


def encode_position(position: Position) -> bytes:
    """Encode a position: a line that says what it is, segment, offset and index, and the CRC-32 of these lines."""
    body = f"seawall journal position\n{position.segment} {position.offset} {position.index}\n".encode()
    return body + b"%08x\n" % crc32(body)


def parse_position(data: bytes) -> Position | None:
    """Parse what :func:`encode_position` made; None for anything else."""
    form = _FORM.fullmatch(data)
    if form is None:
        return None
    segment, offset, index = map(int, form.groups())
    position = Position(segment=segment, offset=offset, index=index)
    return position if encode_position(position) == data else None


def save_position(files: Files, directory: str, position: Position) -> None:
    """Write the position into the ledger's folder, durable on return."""
    write_whole(files, directory, POSITION, encode_position(position))


def load_position(files: Files, directory: str) -> Position | None:
    """Read the position; None where there is none, or where it is damaged and must be found another way."""
    try:
        return parse_position(read_whole(files, f"{directory}/{POSITION}"))
    except NotFound:
        return None
