"""An authenticator in software, which can be told to do what none should."""

import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from fido2.cose import ES256, EdDSA
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


class Passkey:
    """One credential of one host."""

    def __init__(self, host: str = "localhost", *, eddsa: bool = False, origin: str = "") -> None:
        self.host, self.origin = host, origin or f"http://{host}:8643"
        self.id = os.urandom(16)
        self.count = 0
        self.key: Any = ed25519.Ed25519PrivateKey.generate() if eddsa else ec.generate_private_key(ec.SECP256R1())
        self.cose = (EdDSA if eddsa else ES256).from_cryptography_key(self.key.public_key())

    def create(
        self, challenge: bytes, *, flags: int = FLAG.UP | FLAG.UV, kind: str = "webauthn.create"
    ) -> tuple[bytes, bytes]:
        """Make the answer to a registration: client data and attestation object."""
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, self.cose)
        data = AuthenticatorData.create(_sha256(self.host.encode()), FLAG(flags | FLAG.AT), self.count, credential)
        made = AttestationObject.create("none", data, {})
        return bytes(self._client(kind, challenge)), bytes(made)

    def get(
        self, challenge: bytes, *, flags: int = FLAG.UP | FLAG.UV, kind: str = "webauthn.get", count: int | None = None
    ) -> tuple[bytes, bytes, bytes]:
        """Make an assertion: authenticator data, client data, signature."""
        self.count = self.count + 1 if count is None else count
        data = bytes(AuthenticatorData.create(_sha256(self.host.encode()), FLAG(flags), self.count))
        client = bytes(self._client(kind, challenge))
        signed = data + _sha256(client)
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return data, client, self.key.sign(signed)
        return data, client, self.key.sign(signed, ec.ECDSA(SHA256()))

    def _client(self, kind: str, challenge: bytes) -> CollectedClientData:
        return CollectedClientData.create(kind, challenge, self.origin)


def _sha256(given: bytes) -> bytes:
    made = Hash(SHA256())
    made.update(given)
    return made.finalize()
