"""Fuzz bundles of log entries: what is read writes itself the same."""

from seawall.crypto.tlog import decode_bundle, encode_bundle
from seawall.kernel.errors import Corrupt


def seeds() -> list[bytes]:
    return [encode_bundle([b"", b"an entry", bytes(300)]), encode_bundle([b"x"] * 256)]


def target(data: bytes) -> None:
    try:
        entries = decode_bundle(data)
    except Corrupt:
        return
    if encode_bundle(entries) != data:
        raise AssertionError("what was read writes itself otherwise")
