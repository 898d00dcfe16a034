"""Bytes under a passphrase, for files that a custodian keeps: scrypt (RFC 7914) and AES-256-GCM, as JSON."""

from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from seawall.kernel.errors import InvalidInput, Unauthenticated
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

#: 2^17 blocks of 1 KiB (128 MiB), the first recommendation of OWASP's password storage guide.
DEFAULT_LOG_N = 17
_MIN_LOG_N, _MAX_LOG_N = 10, 20
_SALT, _NONCE = 16, 12


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sealed bytes and what it takes to derive their key."""

    kdf: Literal["scrypt"] = "scrypt"
    log_n: int
    r: Literal[8] = 8
    p: Literal[1] = 1
    salt: bytes
    nonce: bytes
    sealed: bytes


def lock(value: Secret, passphrase: Secret, bound: bytes, entropy: Entropy, *, log_n: int = DEFAULT_LOG_N) -> Locked:
    """Seal bytes under a passphrase; they open with the same ``bound`` alone.

    Raises:
        InvalidInput: ``passphrase.empty`` or ``passphrase.cost``.
    """
    if not len(passphrase):
        raise InvalidInput("passphrase.empty", "a passphrase has at least one character.", field="passphrase")
    salt, nonce = entropy(_SALT), entropy(_NONCE)
    sealed = AESGCM(_derive(passphrase, salt, log_n)).encrypt(nonce, value.expose(), bound)
    return Locked(log_n=log_n, salt=salt, nonce=nonce, sealed=sealed)


def unlock(locked: Locked, passphrase: Secret, bound: bytes) -> Secret:
    """Open sealed bytes.

    Raises:
        InvalidInput: ``passphrase.cost``.
        Unauthenticated: ``passphrase.wrong``, also for a file that was changed.
    """
    try:
        key = _derive(passphrase, locked.salt, locked.log_n)
        return Secret(AESGCM(key).decrypt(locked.nonce, locked.sealed, bound))
    except (InvalidTag, ValueError):
        raise Unauthenticated(
            "passphrase.wrong", "this passphrase does not open the file, or the file was changed.", field="passphrase"
        ) from None


def _derive(passphrase: Secret, salt: bytes, log_n: int) -> bytes:
    if not _MIN_LOG_N <= log_n <= _MAX_LOG_N:
        raise InvalidInput("passphrase.cost", f"the cost is 2^{_MIN_LOG_N} to 2^{_MAX_LOG_N}.", field="log_n")
    return Scrypt(salt=salt, length=32, n=1 << log_n, r=8, p=1).derive(passphrase.expose())
