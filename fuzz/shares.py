"""Fuzz the reader of typed shares, of the records of sets and of transcripts."""

from seawall.crypto import transcript
from seawall.crypto.shares import Share, ShareSet
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret


def seeds() -> list[bytes]:
    from seawall.crypto.shares import SharePurpose, make_set

    people = [("alice", "aa" * 32), ("bob", "bb" * 32)]
    record, shares = make_set(
        Secret(bytes(32)),
        purpose=SharePurpose.UNSEAL,
        name="node",
        threshold=2,
        custodians=people,
        created_ms=1,
        entropy=bytes,
    )
    return [record.encode(), *(share.text().expose() for share in shares)]


def target(data: bytes) -> None:
    for read in (lambda: Share.parse(Secret(data)), lambda: ShareSet.parse(data), lambda: transcript.verify(data)):
        try:
            read()
        except (InvalidInput, Corrupt):
            continue
