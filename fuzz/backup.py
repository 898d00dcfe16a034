"""Fuzz the reader of a backup's file."""

import io

from seawall.crypto import backup_file
from seawall.kernel.errors import Corrupt, InvalidInput


def seeds() -> list[bytes]:
    return [backup_file.MAGIC + (2).to_bytes(4) + b"{}" + bytes(4) + (2).to_bytes(4) + b"{}" + (2).to_bytes(4) + b"{}"]


def target(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        backup_file.verify(stream, backup_file.take_apart(stream))
    except (InvalidInput, Corrupt):
        return
