"""The wire form of what a root of trust sealed: it names the root key, so that another root's is told apart.

``"SWR" | 0x01 | root key id, 16 bytes | nonce length, 1 byte | nonce | ciphertext and 16-byte tag``. The part before
the nonce is bound as associated data, together with the caller's context. The nonce's length tells the scheme: 12 for
AES-GCM, 16 for AES-CBC with a CMAC, 24 for XAES-256-GCM.
"""

from dataclasses import dataclass
from uuid import UUID

from seawall.capabilities.keys.root import SEALED_MAGIC as _MAGIC
from seawall.capabilities.keys.root import sealed_by
from seawall.kernel.errors import Corrupt, TooLarge

_HEAD = len(_MAGIC) + 16 + 1
_TAG = 16
# The cipher of the second adds as much again for its padding.
_OVERHEAD = {12: _TAG, 16: 2 * _TAG, 24: _TAG}
#: Bytes of nonce by the name of a scheme.
NONCES = {"AES-GCM": 12, "AES-CBC-CMAC": 16, "XAES-256-GCM": 24}
MAX_PLAINTEXT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """The parts of a sealed value."""

    root_id: UUID
    nonce: bytes
    sealed: bytes


def head(root_id: UUID, nonce_bytes: int) -> bytes:
    """Write what comes before the nonce."""
    return _MAGIC + root_id.bytes + bytes([nonce_bytes])


def associated(root_id: UUID, nonce_bytes: int, context: bytes) -> bytes:
    """Bind the head and the caller's context; the head's length is fixed, so the join is unambiguous."""
    return head(root_id, nonce_bytes) + context


def pack(value: Wrapped) -> bytes:
    """Write a sealed value."""
    return head(value.root_id, len(value.nonce)) + value.nonce + value.sealed


def unpack(data: bytes) -> Wrapped:
    """Read a sealed value.

    Raises:
        Corrupt: ``root.wrapped_malformed``.
    """
    if len(data) < _HEAD or data[_HEAD - 1] not in _OVERHEAD:
        raise _malformed()
    nonce_bytes = data[_HEAD - 1]
    nonce_end = _HEAD + nonce_bytes
    if not _TAG <= len(data) - nonce_end <= MAX_PLAINTEXT + _OVERHEAD[nonce_bytes]:
        raise _malformed()
    return Wrapped(root_id=sealed_by(data), nonce=data[_HEAD:nonce_end], sealed=data[nonce_end:])


def other_root(found: UUID) -> Corrupt:
    """Make the error of a value that a root key sealed which is not at hand."""
    return Corrupt(
        "root.other_root",
        f"this was sealed by root key {found}, which is none of this root of trust.",
        remedy="Start with the root of trust that this store was made with.",
    )


def check_size(length: int) -> None:
    """Refuse a plaintext that is too long for a root.

    Raises:
        TooLarge: ``root.too_large``.
    """
    if length > MAX_PLAINTEXT:
        raise TooLarge("root.too_large", f"a root of trust seals at most {MAX_PLAINTEXT} bytes.")


def refused() -> Corrupt:
    """Make the error of a value that does not open."""
    return Corrupt(
        "root.unwrap_failed",
        "a sealed key does not open: it was changed, or belongs to another place.",
        remedy="Stop, and compare the store with its last good backup.",
    )


def _malformed() -> Corrupt:
    return Corrupt("root.wrapped_malformed", "a sealed key is malformed.", remedy="Compare the store with its backup.")
