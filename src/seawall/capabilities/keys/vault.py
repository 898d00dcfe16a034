"""Opens what the store holds: a domain's key-encryption key, and the material of a key's version."""

from dataclasses import dataclass

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key, Origin
from seawall.capabilities.keys.ports import KeyReads, KeyStore, RootOfTrust
from seawall.capabilities.keys.sealing import open_material, unwrap_kek
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A key of a domain as the store holds it, read at one moment."""

    domain: Domain
    key: Key
    kek: bytes
    material: bytes | None
    version: int

    @property
    def in_token(self) -> bool:
        """Whether the version lives in a token, and has no material here."""
        return self.key.at(self.version).origin is Origin.HSM

    @property
    def generation(self) -> int:
        """The generation of the key-encryption key."""
        return self.key.versions[self.version - 1].kek_generation


class Vault:
    """Reads and opens, and keeps nothing."""

    def __init__(self, store: KeyStore, root: RootOfTrust) -> None:
        self._store = store
        self._root = root

    def read(self, domain: str, name: str, version: int | None = None) -> Sealed:
        """Read a key and one version's sealed material, the current one's by default.

        Raises:
            NotFound: no such domain, key or version.
            Conflict: keys.destroyed, keys.pending_destruction, or keys.version_retired.
            Corrupt: a row was changed, or is missing.
        """
        with self._store.read() as reads:
            owner = find_domain(reads, domain).usable()
            key = find_key(reads, domain, name)
            if key.life.destroyed_ms is not None:
                raise errors.key_destroyed(domain, name, key.life.destroyed_ms)
            number = key.version if version is None else version
            if not key.holds(number):
                raise errors.unknown_version(domain, name, number)
            used = key.versions[number - 1]
            if used.retired_ms is not None:
                raise errors.version_retired(domain, name, number, used.retired_ms)
            kek, material = reads.kek(owner.id, used.kek_generation), reads.material(key.id, number)
        if kek is None or (material is None and used.origin is not Origin.HSM):
            raise errors.material_missing(domain, name, number)
        return Sealed(domain=owner, key=key, kek=kek, material=material, version=number)

    def read_domain(self, domain: str) -> tuple[Domain, bytes]:
        """Read a domain and its wrapped key-encryption key.

        Raises:
            NotFound: no such domain.
            Conflict: ``keys.destroyed`` or ``keys.pending_destruction``.
            Corrupt: a row was changed, or is missing.
        """
        with self._store.read() as reads:
            owner = find_domain(reads, domain).usable()
            kek = reads.kek(owner.id, owner.kek_generation)
        if kek is None:
            raise errors.kek_missing(domain)
        return owner, kek

    def open_kek(self, domain: Domain, kek: bytes, generation: int | None = None) -> Secret:
        """Unwrap a key-encryption key by the root, of the domain's newest generation unless another is named.

        Raises:
            Corrupt, Unavailable: as the root.
        """
        return unwrap_kek(self._root, kek, domain, generation)

    @staticmethod
    def open(kek: Secret, sealed: Sealed) -> Secret:
        """Open a version's material.

        Raises:
            Corrupt: ``keys.material_corrupt``, when the row belongs elsewhere or was changed.
        """
        if sealed.material is None:
            raise errors.material_missing(sealed.key.domain, sealed.key.name, sealed.version)
        try:
            return open_material(kek, sealed.material, sealed.key, sealed.version)
        except (Corrupt, InvalidInput):
            raise errors.material_corrupt(sealed.key.domain, sealed.key.name, sealed.version) from None


def find_domain(reads: KeyReads, domain: str) -> Domain:
    """Return a domain.

    Raises:
        NotFound: ``keys.domain_unknown``.
    """
    found = reads.domain(domain)
    if found is None:
        raise errors.unknown_domain(domain)
    return found


def find_key(reads: KeyReads, domain: str, name: str) -> Key:
    """Return a key, also a destroyed one.

    Raises:
        NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
    """
    found = reads.key(domain, name)
    if found is None:
        find_domain(reads, domain)
        raise errors.unknown_key(domain, name)
    return found
