"""Passkeys: registration and assertion, verified by Yubico's library; the one place that knows it.

User verification is required both times. The challenge of an assertion is the SHA-256 of the statement that a vote
signs, so that the authenticator's signature is over the vote. Attestation is not asked for: a passkey counts because
its person offered it in their own session and, under the quorum, others agreed.

Source: W3C Web Authentication Level 3, sections 7.1 and 7.2; COSE algorithms -7 (ES256) and -8 (EdDSA).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from seawall.access.approvals import errors
from seawall.access.approvals.model import ApproverKey
from seawall.kernel.errors import InvalidInput

_ES256: Final = -7
_EDDSA: Final = -8
_REQUIRED: Final = "required"
_LOCAL: Final = "localhost"
_MAX: Final = 16 * 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A new passkey: its credential id, its attested credential data, its count of signatures."""

    credential_id: bytes
    public: bytes
    signatures: int

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the attested credential data, in hexadecimal."""
        return sha256(self.public).hexdigest()


def challenge(statement: str) -> bytes:
    """Return the challenge that stands for a statement."""
    return sha256(statement.encode()).digest()


def register(rp_id: str, statement: str, client_data: bytes, attestation: bytes) -> Attested:
    """Verify a registration.

    Raises:
        InvalidInput: approvals.passkey_invalid.
    """
    from fido2.cose import CoseKey
    from fido2.webauthn import AttestationObject, CollectedClientData

    def complete() -> Attested:
        _bounded(client_data, attestation)
        made = AttestationObject(attestation)
        response = {"clientDataJSON": CollectedClientData(client_data), "attestationObject": made}
        raw = made.auth_data.credential_data
        assert raw is not None
        given = {"id": raw.credential_id, "rawId": raw.credential_id, "type": "public-key", "response": response}
        data = _server(rp_id).register_complete(_state(statement), given)
        found = data.credential_data
        assert found is not None
        if CoseKey.for_alg(found.public_key[3]).ALGORITHM not in {_ES256, _EDDSA}:
            raise ValueError(found.public_key[3])
        return Attested(credential_id=found.credential_id, public=bytes(found), signatures=data.counter)

    try:
        return _guarded(complete)
    except _Foreign:
        raise InvalidInput(
            "approvals.passkey_invalid",
            "this is no registration of a passkey that answers this challenge with user verification.",
            field="attestation",
            remedy="Begin again from the console.",
        ) from None


def verify(key: ApproverKey, statement: str, authenticator_data: bytes, client_data: bytes, proof: bytes) -> int:
    """Verify an assertion; return the authenticator's count of signatures.

    Raises:
        Denied: approvals.bad_signature.
    """
    from fido2.webauthn import AttestedCredentialData, AuthenticatorData, CollectedClientData

    def complete() -> int:
        _bounded(client_data, authenticator_data, proof)
        credential = AttestedCredentialData(key.public)
        data = AuthenticatorData(authenticator_data)
        given: Mapping[str, Any] = {
            "id": credential.credential_id,
            "rawId": credential.credential_id,
            "type": "public-key",
            "response": {
                "clientDataJSON": CollectedClientData(client_data),
                "authenticatorData": data,
                "signature": proof,
            },
        }
        _server(key.rp_id).authenticate_complete(_state(statement), [credential], given)
        return data.counter

    try:
        return _guarded(complete)
    except _Foreign:
        raise errors.bad_proof() from None


def credential_id(key: ApproverKey) -> bytes:
    """Return the id by which an authenticator knows a passkey."""
    from fido2.webauthn import AttestedCredentialData

    return AttestedCredentialData(key.public).credential_id


class _Foreign(Exception):
    """The library refused."""


def _guarded(complete: Callable[[], T]) -> T:
    try:
        return complete()
    except Exception as error:
        # What the library meets in malformed bytes it raises in many kinds.
        raise _Foreign from error


def _server(rp_id: str) -> Any:
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    return Fido2Server(PublicKeyCredentialRpEntity(id=rp_id, name="Seawall"), verify_origin=lambda at: _ours(rp_id, at))


def _ours(rp_id: str, origin: str) -> bool:
    # A page of exactly this host: no subdomain, and without TLS only on the machine itself.
    parts = urlsplit(origin)
    return parts.hostname == rp_id and (parts.scheme == "https" or (parts.scheme == "http" and rp_id == _LOCAL))


def _state(statement: str) -> dict[str, Any]:
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(challenge(statement)), "user_verification": _REQUIRED}


def _bounded(*parts: bytes) -> None:
    if any(len(part) > _MAX for part in parts):
        raise ValueError(_MAX)
