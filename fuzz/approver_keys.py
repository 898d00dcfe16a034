"""What somebody offers as a key to vote with: public keys, certificates, registrations and assertions of passkeys."""

import contextlib
import itertools
from hashlib import sha256

from seawall.access.approvals import passkeys, signatures
from seawall.access.approvals.model import ApproverKey, KeyKind
from seawall.kernel.errors import Denied, InvalidInput
from seawall.kernel.secret import Secret

_NOW = 1_767_830_400_000


def seeds() -> list[bytes]:
    with Secret(b"passphrase of a seed") as passphrase:
        keys = [signatures.make(kind, passphrase)[1] for kind in KeyKind if kind is not KeyKind.PASSKEY]
    client = b'{"type":"webauthn.create","challenge":"AAAA","origin":"http://localhost"}'
    return [*keys, client + b"\xa3cfmtdnonegattStmt\xa0hauthDataX%" + bytes(37), b""]


def _cut(data: bytes, parts: int) -> list[bytes]:
    at = [int.from_bytes(sha256(data + bytes([one])).digest()[:4]) % (len(data) + 1) for one in range(parts - 1)]
    ends = [0, *sorted(at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def target(data: bytes) -> None:
    """Whatever comes is refused by an error of ours, or verifies."""
    kinds = [KeyKind.ED25519, KeyKind.P256, KeyKind.ML_DSA_65]
    public, proof, client = _cut(data, 3)
    for text in (data, b"-----BEGIN CERTIFICATE-----\n" + data, b"-----BEGIN PUBLIC KEY-----\n" + data):
        with contextlib.suppress(InvalidInput):
            signatures.read_public(text.decode("latin-1"), _NOW)
    for kind in kinds:
        with contextlib.suppress(Denied):
            signatures.verify(kind, public, "statement", proof)
    with contextlib.suppress(InvalidInput):
        passkeys.register("localhost", "statement", client, data)
    key = ApproverKey(
        id="k",
        principal="p",
        person="p",
        kind=KeyKind.PASSKEY,
        name="k",
        public=public,
        fingerprint="",
        rp_id="localhost",
        offered_ms=0,
    )
    with contextlib.suppress(Denied):
        passkeys.verify(key, "statement", data, client, proof)
