"""What this room needs of others."""

from typing import Protocol

from seawall.capabilities.keys.root import RootDescription
from seawall.kernel.secret import Secret


class RootOfTrust(Protocol):
    """Holds the root key and uses it; the key itself is never handed out."""

    def describe(self) -> RootDescription:
        """Say what this root is.

        Raises:
            Unavailable: when the token does not answer.
        """
        ...

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes for a context, which must be given again to open them.

        Raises:
            Unavailable: when the root does not answer.
        """
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Open what :meth:`wrap` of this root sealed for the same context.

        Raises:
            Corrupt: changed, cut, sealed by another root, or sealed for another context.
            Unavailable: when the root does not answer.
        """
        ...

    def close(self) -> None:
        """Forget the root key; closing twice is harmless."""
        ...
