"""Random bytes and digests: they touch no key, and are served beside those that do."""

import hashlib
import os
from types import MappingProxyType

from seawall.capabilities.keys.commands_use import Hash, Hashed, HashName, Random, RandomBytes
from seawall.kernel.command import Turn
from seawall.kernel.ids import Entropy

_HASHES = MappingProxyType(
    {
        HashName.SHA_256: hashlib.sha256,
        HashName.SHA_384: hashlib.sha384,
        HashName.SHA_512: hashlib.sha512,
        HashName.SHA3_256: hashlib.sha3_256,
        HashName.SHA3_384: hashlib.sha3_384,
        HashName.SHA3_512: hashlib.sha3_512,
    }
)


class Generator:
    """Serves what needs no key."""

    def __init__(self, *, entropy: Entropy = os.urandom) -> None:
        self._entropy = entropy

    def random(self, turn: Turn, command: Random) -> RandomBytes:
        """Return bytes of the operating system's generator."""
        turn.note(length=command.length)
        return RandomBytes(bytes=self._entropy(command.length))

    def hash(self, turn: Turn, command: Hash) -> Hashed:
        """Return a digest."""
        turn.note(algorithm=command.algorithm)
        return Hashed(digest=_HASHES[command.algorithm](command.message).digest(), algorithm=command.algorithm)
