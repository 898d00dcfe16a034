"""Wraps keys with whatever encrypts bytes: what goes in and comes out is a secret."""

from seawall.crypto.algorithms.instruments import Cipher, Encryptor
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret


class PublicWrapper:
    """Wraps alone."""

    __slots__ = ("_encryptor",)

    def __init__(self, encryptor: Encryptor) -> None:
        self._encryptor = encryptor

    def wrap(self, material: Secret, aad: bytes = b"") -> bytes:
        """Return the material, encrypted."""
        if len(material) == 0:
            raise InvalidInput("crypto.empty_key", "there is no key material to wrap.", field="material")
        return self._encryptor.encrypt(material.expose(), aad)


class Wrapper(PublicWrapper):
    """Wraps and unwraps."""

    __slots__ = ("_cipher",)

    def __init__(self, cipher: Cipher) -> None:
        super().__init__(cipher)
        self._cipher = cipher

    def unwrap(self, wrapped: bytes, aad: bytes = b"") -> Secret:
        """Return the material."""
        return Secret(self._cipher.decrypt(wrapped, aad))
