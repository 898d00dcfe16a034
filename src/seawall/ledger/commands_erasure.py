"""How a certificate of erasure is asked for."""

from typing import ClassVar

from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

_READ = 2


class CertifyKey(Command, frozen=True, kw_only=True):
    """Certify that a destroyed key is gone: what, when, by whom, how, and what could still be restored."""

    action: ClassVar[str] = "keys.certificate"
    activity: ClassVar[int] = _READ

    domain: str
    key: str

    def resource(self) -> Resource:
        """The key."""
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class CertifyDomain(Command, frozen=True, kw_only=True):
    """Certify that a crypto-shredded domain is gone, with every key under it."""

    action: ClassVar[str] = "domains.certificate"
    activity: ClassVar[int] = _READ

    domain: str

    def resource(self) -> Resource:
        """The domain."""
        return Resource(type="domain", id=self.domain, domain=self.domain)
