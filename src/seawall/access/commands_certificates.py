"""What can be asked about client certificates, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.terms import Resource


class RegisterCertificate(Command, frozen=True, kw_only=True):
    """Let a client certificate stand for a principal, from its next request on and until it expires.

    ``certificate`` is one certificate in PEM. Its connection needs an authority of this node besides.
    """

    action: ClassVar[str] = "access.certificate.register"
    activity: ClassVar[int] = 1
    intent: ClassVar[bool] = True
    principal: str  # its id or its name
    certificate: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="principal", id=self.principal)


class CertificateRegistered(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that stands for a principal; ``fingerprint`` is SHA-256 of it (DER), in hexadecimal."""

    id: str
    fingerprint: str
    subject: str
    issuer: str
    expires_ms: int


class RevokeCertificate(Command, frozen=True, kw_only=True):
    """Let a client certificate stand for nobody any more, at once and for good; tokens bound to it end with it."""

    action: ClassVar[str] = "access.certificate.revoke"
    activity: ClassVar[int] = 4
    id: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="credential", id=self.id)
