"""The sealed file: a root key under a passphrase, as JSON that names every parameter that made it.

1. Argon2id (RFC 9106) turns passphrase and salt into 64 bytes: a sealing key and a check key.
2. ``check`` is HMAC-SHA-256 of the salt under the check key, cut to 16 bytes: it tells a wrong passphrase from a file
   that somebody changed.
3. The root key is sealed with AES-256-GCM under the sealing key; everything else in the file is associated data.
4. ``digest`` is SHA-256 over all the rest, so that damage is never taken for a wrong passphrase.
"""

import base64
import hashlib
import hmac
import os
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from seawall.kernel.errors import Corrupt, InvalidInput, Unauthenticated
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

MAX_FILE_BYTES = 16_384
_CHECK_BYTES = 16
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_LABEL_CHARS = 128


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Argon2id's cost: memory in KiB, passes, and lanes.

    The default is the second recommendation of RFC 9106 section 4 (64 MiB, 3 passes, 4 lanes), above OWASP's minimum.
    """

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4

    def check(self) -> None:
        """Refuse what no file of ours says: less than any use, or more than a machine should be made to spend.

        Raises:
            InvalidInput: ``root.cost``.
        """
        if not (1_024 <= self.memory_kib <= 4_194_304 and 1 <= self.passes <= 64 and 1 <= self.lanes <= 16):  # noqa: PLR2004
            raise InvalidInput(
                "root.cost", "Argon2id takes 1 MiB to 4 GiB of memory, 1 to 64 passes and 1 to 16 lanes.", field="cost"
            )


DEFAULT_COST = Cost()


class SealedRoot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file holds; bytes are base64."""

    format: Literal["seawall-root/1"] = "seawall-root/1"
    key_id: str
    label: str
    created_ms: int
    kdf: Literal["argon2id"] = "argon2id"
    cost: Cost
    salt: bytes
    check: bytes
    aead: Literal["AES-256-GCM"] = "AES-256-GCM"
    nonce: bytes
    sealed: bytes
    digest: bytes = b""


def seal(
    key: Secret,
    passphrase: Secret,
    *,
    key_id: str,
    label: str,
    created_ms: int,
    cost: Cost,
    entropy: Entropy = os.urandom,
) -> bytes:
    """Seal a 32-byte root key and write the file's bytes.

    Raises:
        InvalidInput: an empty passphrase, a cost out of bounds, or a label that is too long.
    """
    if not 1 <= len(label) <= _LABEL_CHARS:
        raise InvalidInput("root.label", f"a label has 1 to {_LABEL_CHARS} characters.", field="label")
    under, salt, check = new_sealing_key(passphrase, cost, entropy)
    file = SealedRoot(
        key_id=key_id,
        label=label,
        created_ms=created_ms,
        cost=cost,
        salt=salt,
        check=check,
        nonce=entropy(_NONCE_BYTES),
        sealed=b"",
    )
    with under:
        sealed = AESGCM(under.expose()).encrypt(file.nonce, key.expose(), _bound(file))
    file = msgspec.structs.replace(file, sealed=sealed)
    file = msgspec.structs.replace(file, digest=_digest(file))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def parse(data: bytes) -> SealedRoot:
    """Read the file's bytes, without the passphrase.

    Raises:
        Corrupt: ``root.file_corrupt``.
    """
    if len(data) > MAX_FILE_BYTES:
        raise corrupt()
    try:
        file = msgspec.json.decode(data, type=SealedRoot)
        file.cost.check()
    except (msgspec.DecodeError, InvalidInput, UnicodeDecodeError):
        raise corrupt() from None
    lengths = (len(file.salt), len(file.check), len(file.nonce), len(file.sealed))
    if lengths != (_SALT_BYTES, _CHECK_BYTES, _NONCE_BYTES, _KEY_BYTES + 16):
        raise corrupt()
    if not hmac.compare_digest(file.digest, _digest(file)):
        raise corrupt()
    return file


def sealing_key(salt: bytes, check: bytes, cost: Cost, passphrase: Secret) -> Secret:
    """Turn a passphrase into the key that a file's root keys are sealed under.

    Raises:
        Unauthenticated: ``root.passphrase_wrong``.
    """
    sealing, checking = _derive(passphrase, salt, cost)
    if not hmac.compare_digest(_check(checking, salt), check):
        raise Unauthenticated(
            "root.passphrase_wrong",
            "this passphrase does not open the root of trust.",
            field="passphrase",
            remedy="Give the passphrase that the root was sealed with; there is no way around it.",
        )
    return Secret(sealing)


def new_sealing_key(passphrase: Secret, cost: Cost, entropy: Entropy) -> tuple[Secret, bytes, bytes]:
    """Turn a new passphrase into a sealing key, and return it with its salt and check.

    Raises:
        InvalidInput: an empty passphrase, or a cost out of bounds.
    """
    cost.check()
    if not len(passphrase):
        raise InvalidInput("root.passphrase_empty", "a passphrase has at least one character.", field="passphrase")
    salt = entropy(_SALT_BYTES)
    sealing, checking = _derive(passphrase, salt, cost)
    return Secret(sealing), salt, _check(checking, salt)


def unseal_under(file: SealedRoot, key: Secret) -> Secret:
    """Open the root key under its sealing key.

    Raises:
        Corrupt: ``root.file_corrupt``.
    """
    try:
        return Secret(AESGCM(key.expose()).decrypt(file.nonce, file.sealed, _bound(file)))
    except InvalidTag:
        raise corrupt() from None


def unseal(file: SealedRoot, passphrase: Secret) -> Secret:
    """Open the root key.

    Raises:
        Unauthenticated: ``root.passphrase_wrong``.
        Corrupt: ``root.file_corrupt``, when the passphrase is right and the file was changed.
    """
    with sealing_key(file.salt, file.check, file.cost, passphrase) as key:
        return unseal_under(file, key)


def _derive(passphrase: Secret, salt: bytes, cost: Cost) -> tuple[bytes, bytes]:
    kdf = Argon2id(salt=salt, length=64, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    derived = kdf.derive(passphrase.expose())
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _check(check_key: bytes, salt: bytes) -> bytes:
    return hmac.digest(check_key, salt, "sha256")[:_CHECK_BYTES]


def _bound(file: SealedRoot) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(file, sealed=b"", digest=b""))


def _digest(file: SealedRoot) -> bytes:
    return hashlib.sha256(base64.b64encode(file.sealed) + b"." + _bound(file)).digest()


def corrupt() -> Corrupt:
    """Make the error of a file that is damaged or was changed."""
    return Corrupt(
        "root.file_corrupt",
        "the sealed root of trust is damaged or was changed.",
        remedy="Put back the file from a backup; nothing else opens what it sealed.",
    )
