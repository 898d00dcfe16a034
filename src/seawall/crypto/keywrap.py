"""Key wrap with padding (RFC 5649, AES-KWP of NIST SP 800-38F): one key under another, with no context bound."""

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

_KEK_LENGTHS = (16, 24, 32)


def wrap_kwp(kek: Secret, material: Secret) -> bytes:
    """Wrap key material of one byte or more under an AES key.

    Raises:
        InvalidInput: for a wrapping key that is not of 16, 24 or 32 bytes, with code ``crypto.key_length``, and for
            empty material, with code ``crypto.empty_key``.
    """
    _check_kek(kek)
    if len(material) == 0:
        raise InvalidInput("crypto.empty_key", "there is no key material to wrap.", field="material")
    return aes_key_wrap_with_padding(kek.expose(), material.expose())


def unwrap_kwp(kek: Secret, wrapped: bytes) -> Secret:
    """Unwrap what :func:`wrap_kwp` made.

    Raises:
        InvalidInput: for a wrapping key that is not of 16, 24 or 32 bytes, with code ``crypto.key_length``.
        Corrupt: when it was changed or wrapped under another key, with code ``crypto.unwrap_failed``.
    """
    _check_kek(kek)
    try:
        return Secret(aes_key_unwrap_with_padding(kek.expose(), wrapped))
    except InvalidUnwrap:
        raise Corrupt(
            "crypto.unwrap_failed", "the wrapped key was changed, or was wrapped under another key."
        ) from None


def _check_kek(kek: Secret) -> None:
    if len(kek) not in _KEK_LENGTHS:
        raise InvalidInput("crypto.key_length", "a wrapping key has 16, 24 or 32 bytes.", field="kek")
