"""Fuzz envelopes: what parses names what stands in it, and what was not sealed never opens."""

import uuid

from seawall.crypto.envelope import MAGIC, Opener, Sealer, parse
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

KEY_ID = uuid.UUID(int=7)
KEY = Secret(bytes(range(32)))
OPENER = Opener(KEY, "payments", KEY_ID, 1)
SEALED = Sealer(KEY, "payments", KEY_ID, 1, bytes).seal(b"a value", b"context")


def seeds() -> list[bytes]:
    return [SEALED, Sealer(KEY, "payments", KEY_ID, 2, bytes).seal(b""), MAGIC]


def target(data: bytes) -> None:
    try:
        header = parse(data)
    except InvalidInput:
        header = None
    else:
        again = MAGIC + header.suite.to_bytes(2) + header.key_id.bytes + header.version.to_bytes(4) + header.nonce
        if again != data[: len(again)]:
            raise AssertionError("a header reads as something else than what stands there")
    try:
        plaintext = OPENER.open(data, b"context")
    except (InvalidInput, Corrupt):
        if data == SEALED:
            raise AssertionError("the sealed value does not open") from None
    else:
        if data != SEALED or plaintext != b"a value":
            raise AssertionError("an envelope opened that was never sealed")
