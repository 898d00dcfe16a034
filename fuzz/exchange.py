"""Fuzz what reads keys that come in: JWK, JWE and PKCS#8."""

import contextlib

from seawall.crypto.algorithms.registry import Algorithm
from seawall.crypto.exchange.jwe import open_jwe
from seawall.crypto.exchange.jwk import read_jwk
from seawall.crypto.exchange.private_keys import read_private_key, read_public_key
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

_KEY = Secret(bytes(32))
_ALGORITHMS = tuple(Algorithm)


def target(data: bytes) -> None:
    """Raise nothing but our own refusals."""
    algorithm = _ALGORITHMS[data[0] % len(_ALGORITHMS)] if data else Algorithm.AES_256
    for read in (
        lambda: read_jwk(data[1:], algorithm),
        lambda: open_jwe(_KEY, data.decode("latin-1")),
        lambda: read_private_key(data[1:], algorithm),
        lambda: read_public_key(data[1:]),
    ):
        with contextlib.suppress(InvalidInput, Corrupt):
            read()
