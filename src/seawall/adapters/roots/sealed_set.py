"""A sealed file with several root keys: one for each generation, all under the same passphrase.

1. The file of a root that was never rotated stays as :mod:`seawall.adapters.roots.sealed_format` writes it. From the
   second generation on this form is written; both are read.
2. Every key is sealed with AES-256-GCM under the one sealing key of the passphrase, and bound to the file's
   parameters, its own number, id and time.
3. ``mac`` is HMAC-SHA-256 over the whole file under a key derived from the sealing key: no key is added or taken away
   by somebody without the passphrase. ``digest`` tells damage from a wrong passphrase, as in the older form.
4. Whoever has opened a file holds its sealing key, and so takes in a generation that another process made.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seawall.adapters.roots import sealed_format
from seawall.adapters.roots.memory import SCHEME, HeldKey
from seawall.adapters.roots.sealed_format import MAX_FILE_BYTES, Cost, SealedRoot, corrupt
from seawall.capabilities.keys.root import RootGeneration, RootKind
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_NONCE_BYTES = 12
_SEALED_BYTES = 48
_MOST_KEYS = 32
_MAC_KEY = b"seawall root file"


class SealedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One generation's key; bytes are base64."""

    number: int
    key_id: str
    created_ms: int
    nonce: bytes
    sealed: bytes


class SealedSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file holds; bytes are base64."""

    format: Literal["seawall-root/2"] = "seawall-root/2"
    label: str
    kdf: Literal["argon2id"] = "argon2id"
    cost: Cost
    salt: bytes
    check: bytes
    aead: Literal["AES-256-GCM"] = "AES-256-GCM"
    keys: list[SealedKey]
    mac: bytes = b""
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A file's sealing key, and what made it of its passphrase."""

    key: Secret
    salt: bytes
    check: bytes
    cost: Cost


def parse(data: bytes) -> SealedSet | SealedRoot:
    """Read a file's bytes in either form, without the passphrase.

    Raises:
        Corrupt: ``root.file_corrupt``.
    """
    if len(data) <= MAX_FILE_BYTES and b'"seawall-root/2"' in data:
        return _parse_set(data)
    return sealed_format.parse(data)


def generations(file: SealedSet | SealedRoot) -> tuple[RootGeneration, ...]:
    """Say which root keys a file holds, oldest first."""
    if isinstance(file, SealedRoot):
        return (_generation(1, file.key_id, file.created_ms),)
    return tuple(_generation(one.number, one.key_id, one.created_ms) for one in file.keys)


def open_seal(file: SealedSet | SealedRoot, passphrase: Secret) -> Seal:
    """Turn a file's passphrase into its sealing key.

    Raises:
        Unauthenticated: ``root.passphrase_wrong``.
    """
    key = sealed_format.sealing_key(file.salt, file.check, file.cost, passphrase)
    return Seal(key=key, salt=file.salt, check=file.check, cost=file.cost)


def new_seal(passphrase: Secret, cost: Cost, entropy: Entropy = os.urandom) -> Seal:
    """Turn a new passphrase into a sealing key.

    Raises:
        InvalidInput: an empty passphrase, or a cost out of bounds.
    """
    key, salt, check = sealed_format.new_sealing_key(passphrase, cost, entropy)
    return Seal(key=key, salt=salt, check=check, cost=cost)


def unseal(file: SealedSet | SealedRoot, seal: Seal) -> list[HeldKey]:
    """Open every root key of a file.

    Raises:
        Corrupt: ``root.file_corrupt``.
    """
    found = generations(file)
    if isinstance(file, SealedRoot):
        return [HeldKey(generation=found[0], key=sealed_format.unseal_under(file, seal.key))]
    if not hmac.compare_digest(file.mac, _mac(file, seal.key)):
        raise corrupt()
    cipher = AESGCM(seal.key.expose())
    held: list[HeldKey] = []
    try:
        for generation, one in zip(found, file.keys, strict=True):
            key = Secret(cipher.decrypt(one.nonce, one.sealed, _bound(file, one)))
            held.append(HeldKey(generation=generation, key=key))
    except InvalidTag:
        raise corrupt() from None
    return held


def write(keys: Sequence[HeldKey], seal: Seal, *, label: str, entropy: Entropy = os.urandom) -> bytes:
    """Seal root keys and write the file's bytes.

    Raises:
        InvalidInput: ``root.too_many``.
    """
    if not 1 <= len(keys) <= _MOST_KEYS:
        raise InvalidInput("root.too_many", f"a sealed file holds 1 to {_MOST_KEYS} root keys.", field="keys")
    file = SealedSet(label=label, cost=seal.cost, salt=seal.salt, check=seal.check, keys=[])
    cipher = AESGCM(seal.key.expose())
    sealed = []
    for held in sorted(keys, key=lambda one: one.generation.number):
        one = SealedKey(
            number=held.generation.number,
            key_id=str(held.generation.key_id),
            created_ms=held.generation.created_ms or 0,
            nonce=entropy(_NONCE_BYTES),
            sealed=b"",
        )
        body = cipher.encrypt(one.nonce, held.key.expose(), _bound(file, one))
        sealed.append(msgspec.structs.replace(one, sealed=body))
    file = msgspec.structs.replace(file, keys=sealed)
    file = msgspec.structs.replace(file, mac=_mac(file, seal.key))
    file = msgspec.structs.replace(file, digest=_digest(file))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def _parse_set(data: bytes) -> SealedSet:
    try:
        file = msgspec.json.decode(data, type=SealedSet)
        file.cost.check()
        numbers = [one.number for one in file.keys]
        ids = {UUID(one.key_id) for one in file.keys}
    except (msgspec.DecodeError, InvalidInput, UnicodeDecodeError, ValueError):
        raise corrupt() from None
    in_order = all(one < two for one, two in pairwise(numbers)) and numbers[:1] >= [1]
    lengths = {(len(one.nonce), len(one.sealed)) for one in file.keys}
    if not in_order or len(ids) != len(numbers) or lengths != {(_NONCE_BYTES, _SEALED_BYTES)}:
        raise corrupt()
    if not hmac.compare_digest(file.digest, _digest(file)):
        raise corrupt()
    return file


def _generation(number: int, key_id: str, created_ms: int) -> RootGeneration:
    return RootGeneration(
        number=number,
        key_id=UUID(key_id),
        kind=RootKind.SEALED_FILE,
        scheme=SCHEME,
        extractable=True,
        created_ms=created_ms,
    )


def _bound(file: SealedSet, one: SealedKey) -> bytes:
    head = (file.format, file.label, file.kdf, file.cost, file.salt, file.check, file.aead)
    return msgspec.json.encode((*head, one.number, one.key_id, one.created_ms))


def _mac(file: SealedSet, key: Secret) -> bytes:
    under = hmac.digest(key.expose(), _MAC_KEY, "sha256")
    return hmac.digest(under, msgspec.json.encode(msgspec.structs.replace(file, mac=b"", digest=b"")), "sha256")


def _digest(file: SealedSet) -> bytes:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(file, digest=b""))).digest()
