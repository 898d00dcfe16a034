"""Use keys on single values: encrypt, decrypt, rewrap. Inline: a key that is held touches memory alone."""

from seawall.capabilities.keys.commands import Decrypt, Decrypted, Encrypt, Encrypted, Rewrap
from seawall.capabilities.keys.held import HeldKey
from seawall.capabilities.keys.model import Purpose, Use
from seawall.capabilities.keys.ring import KeyRing
from seawall.crypto import envelope
from seawall.crypto.algorithms.nonces import NoncesSpent
from seawall.crypto.algorithms.registry import Operation
from seawall.crypto.envelope import Opener, Sealer
from seawall.crypto.suite_envelope import SuiteOpener, SuiteSealer
from seawall.kernel.command import Turn
from seawall.kernel.errors import Corrupt, InvalidInput, Unavailable

_VERSION_AT = len(envelope.MAGIC) + 2 + 16
_VERSION_END = _VERSION_AT + 4


class KeyUser:
    """Carries out the data plane's commands."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def encrypt(self, turn: Turn, command: Encrypt) -> Encrypted:
        """Encrypt a value under the key's current version.

        Raises:
            NotFound, InvalidInput, Conflict, Unavailable: as :meth:`KeyRing.take`.
        """
        sealed, version = self._seal(command.domain, command.key, command.plaintext, command.context.encode())
        turn.note(version=version)
        return Encrypted(ciphertext=sealed, version=version)

    def decrypt(self, turn: Turn, command: Decrypt) -> Decrypted:
        """Decrypt what a version of the key made.

        Raises:
            InvalidInput: ``envelope.malformed``, ``envelope.other_key``, or ``keys.not_opened`` for what was changed or
                made for another context.
            NotFound, Conflict, Unavailable: as :meth:`KeyRing.take`.
        """
        sealed = command.ciphertext
        key, version, opener = self._opener(command.domain, command.key, sealed)
        turn.note(version=version)
        plaintext = _open(opener, sealed, command.context.encode())
        key.tallies[version].processed += 1
        return Decrypted(plaintext=plaintext)

    def rewrap(self, turn: Turn, command: Rewrap) -> Encrypted:
        """Encrypt anew under the current version.

        Raises:
            NotFound, InvalidInput, Conflict, Unavailable: as decrypting, then encrypting.
        """
        sealed, old, version = self.renew(command.domain, command.key, command.ciphertext, command.context.encode())
        turn.note(version=version, old_version=old)
        return Encrypted(ciphertext=sealed, version=version)

    def renew(self, domain: str, name: str, sealed: bytes, context: bytes) -> tuple[bytes, int, int]:
        """Encrypt an envelope's value anew; return the new envelope, and the version before and after.

        Raises:
            NotFound, InvalidInput, Conflict, Unavailable: as decrypting, then encrypting.
        """
        key, old, opener = self._opener(domain, name, sealed)
        plaintext = _open(opener, sealed, context)
        key.tallies[old].processed += 1
        fresh, version = self._seal(domain, name, plaintext, context)
        return fresh, old, version

    def version_of(self, domain: str, name: str) -> int:
        """Say which version of a key protects now.

        Raises:
            NotFound, InvalidInput, Conflict, Unavailable: as encrypting.
        """
        return self._sealer(domain, name)[0].version

    def made(self, domain: str, name: str, sealed: bytes) -> bool:
        """Say whether an envelope names this key; whether it opens is not tried.

        Raises:
            NotFound, InvalidInput, Conflict, Unavailable: as decrypting.
        """
        return envelope.parse(sealed).key_id == self._ring.take(domain, name, Purpose.ENCRYPT, Use.PROCESS).id

    def _seal(self, domain: str, name: str, plaintext: bytes, context: bytes) -> tuple[bytes, int]:
        key = self._ring.hit(domain, name)
        sealer = key.sealer if key is not None else None
        if key is None or sealer is None:
            key, sealer = self._sealer(domain, name)
        try:
            sealed = sealer.seal(plaintext, context)
        except NoncesSpent:
            key.spent(sealer)
            key, sealer = self._sealer(domain, name)
            sealed = sealer.seal(plaintext, context)
        key.tallies[key.version].protected += 1
        return sealed, key.version

    def _sealer(self, domain: str, name: str) -> tuple[HeldKey, Sealer | SuiteSealer]:
        key = self._ring.take(domain, name, Purpose.ENCRYPT, Use.PROTECT)
        key.key.permits(Operation.ENCRYPT)
        if key.sealer is None:
            raise Unavailable("keys.changing", "the key changed just now.", remedy="Try again.")
        return key, key.sealer

    def _opener(self, domain: str, name: str, sealed: bytes) -> tuple[HeldKey, int, Opener | SuiteOpener]:
        version = int.from_bytes(sealed[_VERSION_AT:_VERSION_END])
        key = self._ring.hit(domain, name)
        opener = key.openers.get(version) if key is not None else None
        if key is None or opener is None:
            key, opener = self._load(domain, name, sealed)
        return key, version, opener

    def _load(self, domain: str, name: str, sealed: bytes) -> tuple[HeldKey, Opener | SuiteOpener]:
        header = envelope.parse(sealed)
        # The key comes first: a destroyed one says so, whatever the envelope names.
        key = self._ring.take(domain, name, Purpose.ENCRYPT, Use.PROCESS)
        if header.key_id != key.id or not key.key.holds(header.version):
            raise InvalidInput(
                "envelope.other_key",
                f"this was not encrypted with key {domain}/{name}.",
                field="ciphertext",
                remedy="Name the key that it was encrypted with.",
            )
        key.key.permits(Operation.DECRYPT)
        key = self._ring.take(domain, name, Purpose.ENCRYPT, Use.PROCESS, header.version)
        opener = key.openers.get(header.version)
        if opener is None:
            raise Unavailable("keys.changing", "the key changed just now.", remedy="Try again.")
        return key, opener


def _open(opener: Opener | SuiteOpener, sealed: bytes, context: bytes) -> bytes:
    try:
        return opener.open(sealed, context)
    except Corrupt:
        # The caller brought it: to us nothing stored is damaged.
        raise InvalidInput(
            "keys.not_opened",
            "this ciphertext was changed, or was made for another context.",
            field="ciphertext",
            remedy="Give the context that it was encrypted with.",
        ) from None
