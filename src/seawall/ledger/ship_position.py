"""How far a sink has come: a small file for each beside the ledger, so that whoever ships next goes on from there.

The file names the log and the index of the next entry. It is written after the sink has taken a batch, never before:
a death in between sends a batch twice, and never leaves one out.
"""

import re
from zlib import crc32

from seawall.kernel.errors import Corrupt, NotFound
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.ports import Files

FOLDER = "ship"
_FORM = re.compile(rb"seawall ship position\n([^\n]{1,255})\n(\d{1,19})\n[0-9a-f]{8}\n")


def encode_ship_position(origin: str, index: int) -> bytes:
    """Encode a position: what it is, the log, the index, and the CRC-32 of these lines."""
    body = f"seawall ship position\n{origin}\n{index}\n".encode()
    return body + b"%08x\n" % crc32(body)


def parse_ship_position(data: bytes, origin: str) -> int:
    """Parse what :func:`encode_ship_position` made for this log.

    Raises:
        Corrupt: anything else, with code ``ship.position``.
    """
    form = _FORM.fullmatch(data)
    if form is not None and encode_ship_position(form[1].decode("utf-8", "replace"), int(form[2])) == data:
        if form[1] == origin.encode():
            return int(form[2])
        raise _wrong("belongs to another ledger")
    raise _wrong("is damaged")


def save_ship_position(files: Files, directory: str, sink: str, origin: str, index: int) -> None:
    """Write how far a sink has come; durable on return.

    Raises:
        DiskFull: the old position stands.
    """
    folder = f"{directory}/{FOLDER}"
    files.make_directory(folder)
    write_whole(files, folder, f"{sink}.position", encode_ship_position(origin, index))


def load_ship_position(files: Files, directory: str, sink: str, origin: str) -> int:
    """Read how far a sink has come; 0 for one that has never taken anything.

    Raises:
        Corrupt: the file is damaged or of another log, with code ``ship.position``.
    """
    try:
        return parse_ship_position(read_whole(files, f"{directory}/{FOLDER}/{sink}.position"), origin)
    except NotFound:
        return 0


def _wrong(what: str) -> Corrupt:
    return Corrupt(
        "ship.position",
        f"the file of a sink's position {what}; nothing is sent to that sink.",
        remedy="Remove the file in ledger/ship to send everything again from the first entry.",
    )
