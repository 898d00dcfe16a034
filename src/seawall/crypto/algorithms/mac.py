"""HMAC with SHA-2 (FIPS 198-1; RFC 4231)."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.errors import InvalidInput

LEAST_KEY_BYTES = 14
MOST_KEY_BYTES = 1024
_HASHES: dict[Algorithm, HashAlgorithm] = {
    Algorithm.HMAC_SHA_256: SHA256(),
    Algorithm.HMAC_SHA_384: SHA384(),
    Algorithm.HMAC_SHA_512: SHA512(),
}


class Hmac:
    """HMAC under one key. The key's two hash states are made once.

    Args:
        algorithm: names the hash.
        key: 14 bytes (the 112 bits of SP 800-131A) to 1,024; keys that are made here are as long as the hash.

    Raises:
        InvalidInput: ``crypto.key_length``.
    """

    __slots__ = ("_keyed",)

    def __init__(self, algorithm: Algorithm, key: bytes) -> None:
        if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
            raise InvalidInput(
                "crypto.key_length",
                f"HMAC takes a key of {LEAST_KEY_BYTES} to {MOST_KEY_BYTES:,} bytes.",
                field="material",
            )
        self._keyed = HMAC(key, _HASHES[algorithm])

    def mac(self, data: bytes) -> bytes:
        """Return the whole code."""
        context = self._keyed.copy()
        context.update(data)
        return context.finalize()

    def verify_mac(self, data: bytes, code: bytes) -> None:
        """Return when the code is good, compared in constant time.

        Raises:
            InvalidInput: ``crypto.bad_mac``.
        """
        if not hmac.compare_digest(self.mac(data), code):
            raise InvalidInput(
                "crypto.bad_mac",
                "the code is not of this key over this data.",
                field="mac",
                remedy="Check the data, and the key and its version.",
            )
