"""Fuzz certificates of erasure and positions of sinks: nothing but our own errors, and nothing that nobody made."""

from seawall.crypto.note import SignatureType, SignerKey
from seawall.kernel.errors import SeawallError
from seawall.kernel.secret import Secret
from seawall.ledger.certificates import verify_certificate
from seawall.ledger.keys import Verifiers
from seawall.ledger.ship_position import encode_ship_position, parse_ship_position

ORIGIN = "log.example"
SIGNERS = [SignerKey(ORIGIN, kind, Secret(bytes(range(32)))) for kind in SignatureType]
VERIFIERS = Verifiers(tuple(signer.verifier for signer in SIGNERS))


def seeds() -> list[bytes]:
    return [encode_ship_position(ORIGIN, 12), b'{"kind":"seawall erasure certificate, version 1","vouches":[]}']


def target(data: bytes) -> None:
    try:
        verify_certificate(data, VERIFIERS)
    except SeawallError:
        pass
    else:
        raise AssertionError("a certificate was accepted that nobody made")
    try:
        index = parse_ship_position(data, ORIGIN)
    except SeawallError:
        return
    if encode_ship_position(ORIGIN, index) != data:
        raise AssertionError("what was read writes itself otherwise")
