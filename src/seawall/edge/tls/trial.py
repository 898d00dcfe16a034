"""A certificate authority of one's own, with a certificate for a node and some for clients: for trying things out only.

Its keys lie in files beside each other, and nobody looks after them.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_SKEW: Final = timedelta(minutes=5)
_ORGANISATION: Final = "Seawall trial"


class TrialAuthority:
    """Issues certificates over ECDSA P-256 (RFC 5280, RFC 5480).

    Args:
        now_ms: the time, Unix milliseconds; certificates hold from five minutes before.
        days: how long they hold.
    """

    def __init__(self, now_ms: int, days: int) -> None:
        self._from = datetime.fromtimestamp(now_ms / 1000, UTC).replace(microsecond=0) - _SKEW
        self._until = self._from + _SKEW + timedelta(days=days)
        self._key = _new_key()
        self._name = _name("authority")
        self.certificate = self._issue(self._name, self._key, authority=True)

    def own_files(self) -> dict[str, bytes]:
        """Return the authority's certificate and key, PEM, by file name."""
        return {"ca.pem": _pem(self.certificate), "ca.key": _pem_key(self._key)}

    def server(self, hosts: Sequence[str]) -> tuple[bytes, bytes]:
        """Make a certificate for a node under these names and addresses.

        Returns:
            Certificate and key (PKCS#8), PEM.
        """
        key = _new_key()
        return _pem(self._issue(_name(hosts[0]), key, hosts=hosts)), _pem_key(key)

    def client(self, name: str) -> tuple[bytes, bytes]:
        """Make a certificate for a client.

        Returns:
            Certificate and key (PKCS#8), PEM.
        """
        key = _new_key()
        return _pem(self._issue(_name(name), key)), _pem_key(key)

    def revocations(self, certificates: Sequence[bytes]) -> bytes:
        """Make the list of revoked certificates, PEM.

        Args:
            certificates: those that are revoked, PEM.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import Encoding

        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(self._from).next_update(self._until)
        for pem in certificates:
            serial = x509.load_pem_x509_certificate(pem).serial_number
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self._from).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def _issue(
        self,
        subject: "x509.Name",
        key: "EllipticCurvePrivateKey",
        *,
        authority: bool = False,
        hosts: Sequence[str] = (),
    ) -> "x509.Certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.x509.oid import ExtendedKeyUsageOID

        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
            .add_extension(_key_usage(authority=authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if not authority:
            purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
            names = [_host(host) for host in hosts] or [x509.DirectoryName(subject)]
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, SHA256())


def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION)
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _host(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, authority: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _pem_key(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
