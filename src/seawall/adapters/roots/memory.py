"""A root of trust in memory alone: what it sealed is lost with it. The conformance suite begins with it."""

import os
from uuid import UUID

from seawall.adapters.roots import wrapped
from seawall.capabilities.keys.root import RootDescription, RootKind
from seawall.crypto.xaes import Xaes256Gcm
from seawall.kernel.errors import Corrupt, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_NONCE = 24


class KeyRoot:
    """A root key held in this process, used with XAES-256-GCM (C2SP) and a random 24-byte nonce.

    Args:
        key: 32 bytes; this object closes it.
        description: what this root says of itself.
        entropy: random bytes for nonces.
    """

    def __init__(self, key: Secret, description: RootDescription, *, entropy: Entropy = os.urandom) -> None:
        self._key = key
        self._id = UUID(description.key_id)
        self._description = description
        self._entropy = entropy

    def describe(self) -> RootDescription:
        """Say what this root is."""
        return self._description

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes for a context.

        Raises:
            TooLarge: over the limit.
            Unavailable: after :meth:`close`.
        """
        wrapped.check_size(len(plaintext))
        nonce = self._entropy(_NONCE)
        bound = wrapped.associated(self._id, _NONCE, context)
        sealed = self._cipher().seal(nonce, plaintext.expose(), bound)
        return wrapped.pack(wrapped.Wrapped(root_id=self._id, nonce=nonce, sealed=sealed))

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open what this root sealed for the same context.

        Raises:
            Corrupt: changed, sealed by another root, or for another context.
            Unavailable: after :meth:`close`.
        """
        cipher = self._cipher()
        value = wrapped.unpack(wrapped_bytes, root_id=self._id)
        if len(value.nonce) != _NONCE:
            raise wrapped.refused()
        try:
            return Secret(cipher.open(value.nonce, value.sealed, wrapped.associated(self._id, _NONCE, context)))
        except Corrupt:
            raise wrapped.refused() from None

    def close(self) -> None:
        """Wipe the root key."""
        self._key.close()

    def _cipher(self) -> Xaes256Gcm:
        if self._key.closed:
            raise Unavailable("root.closed", "the root of trust is closed.", remedy="Unseal it again.")
        return Xaes256Gcm(self._key.expose())


def memory_root(*, label: str = "memory", entropy: Entropy = os.urandom) -> KeyRoot:
    """Make a root with a fresh key that exists in this process alone."""
    key_id = UUID(bytes=entropy(16), version=4)
    description = RootDescription(
        kind=RootKind.MEMORY, label=label, key_id=str(key_id), hardware=False, extractable=True
    )
    return KeyRoot(Secret(entropy(32)), description, entropy=entropy)
