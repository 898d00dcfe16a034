"""Client certificates that stand for principals: registered and revoked by an administrator.

What is kept is SHA-256 of the certificate, so nothing of its contents decides who it is: an authority that is deceived
into a second certificate with the same names makes nobody else of its holder.
"""

from base64 import b32encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from seawall.access.commands_certificates import CertificateRegistered, RegisterCertificate, RevokeCertificate
from seawall.access.model import Credential, CredentialKind
from seawall.access.people import find_enabled
from seawall.access.ports import Epoch, IdentityStore
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.terms import Resource

if TYPE_CHECKING:
    from cryptography import x509

_NAMED: Final = 10
_LONGEST: Final = 16_384
_SUBJECT: Final = 256
_FINGERPRINT: Final = 32


def certificate_id(fingerprint: bytes) -> str:
    """Name the credential of a certificate: the first 80 bits of its SHA-256; the whole of it is compared."""
    return b32encode(fingerprint[:_NAMED]).decode().lower()


def check_fingerprint(text: str) -> bytes:
    """Read SHA-256 of a certificate, in hexadecimal with or without colons.

    Raises:
        InvalidInput: access.certificate_fingerprint.
    """
    try:
        found = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        found = b""
    if len(found) != _FINGERPRINT:
        raise InvalidInput(
            "access.certificate_fingerprint",
            "this is no SHA-256 of a certificate.",
            field="certificate",
            remedy="openssl x509 -in client.pem -noout -fingerprint -sha256",
        )
    return found


class Certificates:
    """Carries out what is asked about client certificates.

    Args:
        store: where credentials are kept.
        epoch: bumped by what ends one.
    """

    def __init__(self, store: IdentityStore, epoch: Epoch) -> None:
        self._store = store
        self._epoch = epoch

    def register(self, turn: Turn, command: RegisterCertificate) -> CertificateRegistered:
        """Let a certificate stand for a principal.

        Raises:
            InvalidInput: access.certificate, access.certificate_expired, access.certificate_purpose.
            NotFound: access.principal_unknown.
            Conflict: access.principal_disabled, access.certificate_known.
        """
        certificate, der = _read(command.certificate)
        fingerprint = sha256(der).digest()
        expires_ms = int(certificate.not_valid_after_utc.timestamp() * 1000)
        _check_use(certificate, expires_ms, turn.now_ms)
        subject = certificate.subject.rfc4514_string()[:_SUBJECT]
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            kept = Credential(
                id=certificate_id(fingerprint),
                kind=CredentialKind.CERTIFICATE,
                principal_id=identity.id,
                digest=fingerprint,
                created_ms=turn.now_ms,
                expires_ms=expires_ms,
                seen_ms=turn.now_ms,
                subject=subject,
            )
            if tx.holder(kept.id) is not None:
                raise Conflict(
                    "access.certificate_known",
                    "this certificate stands, or stood, for a principal already.",
                    field="certificate",
                    remedy="One that was revoked stays so: have a new certificate made.",
                )
            tx.add_credential(kept)
            facts = {
                "credential": kept.id,
                "kind": kept.kind.value,
                "expires_ms": expires_ms,
                "fingerprint": fingerprint.hex(),
                "subject": subject,
                "issuer": certificate.issuer.rfc4514_string()[:_SUBJECT],
            }
            tx.outbox(turn.record(facts, resource=Resource(type="principal", id=identity.id)))
        return CertificateRegistered(
            id=kept.id,
            fingerprint=fingerprint.hex(),
            subject=subject,
            issuer=certificate.issuer.rfc4514_string(),
            expires_ms=expires_ms,
        )

    def revoke(self, turn: Turn, command: RevokeCertificate) -> None:
        """Let a certificate stand for nobody any more.

        Raises:
            NotFound: access.credential_unknown.
            Conflict: access.credential_ended.
        """
        with self._store.begin() as tx:
            holder = tx.holder(command.id)
            if holder is None or holder.credential.kind is not CredentialKind.CERTIFICATE:
                raise NotFound("access.credential_unknown", "there is no such certificate.", field="id")
            if holder.credential.ended_ms is not None:
                raise Conflict("access.credential_ended", "this certificate was revoked already.", field="id")
            tx.end_credential(holder.credential.id, turn.now_ms)
            tx.outbox(turn.record({"principal": holder.identity.id, "kind": holder.credential.kind.value}))
            tx.announce()
        self._epoch.bump()


def _read(pem: str) -> tuple["x509.Certificate", bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificates(pem.encode()) if len(pem) <= _LONGEST else []
        # Everything that decides is read here, so that what is broken inside is refused as a whole.
        if len(found) == 1:
            found[0].subject.rfc4514_string()
            found[0].issuer.rfc4514_string()
            _ = found[0].extensions
            return found[0], found[0].public_bytes(Encoding.DER)
    except (ValueError, x509.DuplicateExtension):
        pass
    raise InvalidInput(
        "access.certificate",
        "this is not one certificate in PEM.",
        field="certificate",
        remedy="Give the client's own certificate alone: -----BEGIN CERTIFICATE-----.",
    )


def _check_use(certificate: "x509.Certificate", expires_ms: int, now_ms: int) -> None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    if expires_ms <= now_ms:
        raise InvalidInput("access.certificate_expired", "this certificate has expired.", field="certificate")
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise InvalidInput(
            "access.certificate_purpose",
            "this certificate is not for a client.",
            field="certificate",
            remedy="Ask for one with clientAuth.",
        )
