"""From root to use: the root wraps a domain's key-encryption key, which seals the material of key versions.

1. A key-encryption key is 32 random bytes, wrapped by the root for its domain and generation.
2. Material is what :mod:`seawall.crypto.algorithms.material` makes, sealed by the key-encryption key in an envelope
   bound to domain, key and version, and to the key's purpose and the version's algorithm: a row copied or edited in the
   store opens nothing.
3. Neither is ever stored or shown in another form.
"""

from uuid import UUID

from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key, KeyVersion, Purpose
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.crypto.algorithms.registry import Algorithm
from seawall.crypto.envelope import Opener, Sealer
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

KEY_BYTES = 32


def wrap_kek(root: RootOfTrust, kek: Secret, domain: Domain) -> bytes:
    """Wrap a domain's newest key-encryption key.

    Raises:
        Unavailable: when the root does not answer.
    """
    return root.wrap(kek, _kek_context(domain.id, domain.kek_generation))


def unwrap_kek(root: RootOfTrust, wrapped: bytes, domain: Domain, generation: int | None = None) -> Secret:
    """Unwrap a domain's key-encryption key, of its newest generation unless another is named.

    Raises:
        Corrupt: when it belongs to another domain or generation, or was changed.
        Unavailable: when the root does not answer.
    """
    return root.unwrap(wrapped, _kek_context(domain.id, generation or domain.kek_generation))


def seal_material(kek: Secret, material: Secret, key: Key, version: KeyVersion, entropy: Entropy) -> bytes:
    """Seal a version's material."""
    sealer = Sealer(kek, str(key.domain_id), key.id, version.number, entropy)
    return sealer.seal(material.expose(), _material_context(key.purpose, version.algorithm))


def open_material(kek: Secret, sealed: bytes, key: Key, version: int) -> Secret:
    """Open a version's material.

    Raises:
        Corrupt, InvalidInput: when it belongs elsewhere, or was changed.
    """
    context = _material_context(key.purpose, key.at(version).algorithm)
    return Secret(Opener(kek, str(key.domain_id), key.id, version).open(sealed, context))


def _kek_context(domain_id: UUID, generation: int) -> bytes:
    return b"seawall domain kek\0" + domain_id.bytes + generation.to_bytes(4)


def _material_context(purpose: Purpose, algorithm: Algorithm) -> bytes:
    return f"seawall key material\0{purpose}\0{algorithm}".encode()
