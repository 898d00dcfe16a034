"""Where in the journal the tiles end: what comes before is durable in tiles under a signed checkpoint."""

from zlib import crc32

from seawall.kernel.errors import NotFound
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.model import Position
from seawall.ledger.ports import Files

POSITION = "position"
_HEAD = "seawall journal position"


def save_position(files: Files, directory: str, position: Position) -> None:
    """Write the position into the ledger's folder, durable on return."""
    body = f"{_HEAD}\n{position.segment} {position.offset} {position.index}\n"
    write_whole(files, directory, POSITION, f"{body}{crc32(body.encode()):08x}\n".encode())


def load_position(files: Files, directory: str) -> Position | None:
    """Read the position; None where there is none, or where it is damaged and must be found another way."""
    try:
        return parse_position(read_whole(files, f"{directory}/{POSITION}"))
    except NotFound:
        return None


def parse_position(data: bytes) -> Position | None:
    """Parse a position file; None when it is not as it was written."""
    body, _, check = data.decode("ascii", "replace").removesuffix("\n").rpartition("\n")
    body += "\n"
    if check != f"{crc32(body.encode()):08x}":
        return None
    segment, offset, index = body.splitlines()[1].split(" ")
    return Position(segment=int(segment), offset=int(offset), index=int(index))
