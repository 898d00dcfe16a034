"""What OpenSSL is told once for all connections: certificate, key, whom to believe, and that TLS 1.3 is the least.

Sessions are not resumed: each connection proves its certificate anew, so that one that was revoked is met again, and no
ticket key has to be kept secret over the life of many connections (RFC 8446, appendix C.4). Early data is not taken.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from cryptography import x509
    from OpenSSL import SSL

ClientMode = Literal["none", "optional", "required"]
_PKCS8: Final = b"-----BEGIN PRIVATE KEY-----"
_LEAST_RSA: Final = 2048
_DAY_S: Final = 86_400
_PKCS8_REMEDY: Final = "openssl pkcs8 -topk8 -nocrypt -in old.key -out new.key"
_FIELD: Final = "listen.tls.{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What stands in the files, PEM.

    Args:
        certificate: the node's own certificate, then those that lead to its authority.
        key: its private key, PKCS#8, not encrypted.
        client: whether clients show a certificate: never, if they like, or always.
        client_ca: whose certificates clients may show.
        crl: lists of revoked client certificates; one for each authority, when there is any.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    client: ClientMode = "none"
    client_ca: bytes = b""
    crl: bytes = b""


def own_certificate(material: Material) -> "x509.Certificate":
    """Return the node's own certificate.

    Raises:
        InvalidInput: ``tls.certificate``.
    """
    return _chain(material)[0]


def days_left(certificate: "x509.Certificate", now_s: float) -> float:
    """Tell how many days a certificate is still valid; negative when it is not any more."""
    return (certificate.not_valid_after_utc.timestamp() - now_s) / _DAY_S


def check(material: Material, now_s: float) -> None:
    """Check what a running node would only find out from its clients.

    Args:
        material: what stands in the files.
        now_s: the time, Unix seconds.

    Raises:
        InvalidInput: ``tls.expired``, ``tls.not_yet`` or ``tls.purpose``, and whatever :func:`make_context` raises.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    leaf = own_certificate(material)
    if days_left(leaf, now_s) <= 0:
        raise _wrong("certificate", "tls.expired", "the certificate has expired.", "Put a renewed one in its place.")
    if leaf.not_valid_before_utc.timestamp() > now_s:
        raise _wrong(
            "certificate", "tls.not_yet", "the certificate is not valid yet.", "See whether the clock is right."
        )
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        purposes = None
    if purposes is not None and ExtendedKeyUsageOID.SERVER_AUTH not in purposes:
        raise _wrong(
            "certificate", "tls.purpose", "this certificate is not for a server.", "Ask for one with serverAuth."
        )
    make_context(material)


def make_context(material: Material) -> "SSL.Context":
    """Make the context of new connections.

    Raises:
        InvalidInput: naming the file that cannot be used, and why.
    """
    from OpenSSL import SSL

    chain, key = _chain(material), _key(material.key)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    try:
        context.use_certificate(chain[0])
        for issuer in chain[1:]:
            context.add_extra_chain_cert(issuer)
        context.use_privatekey(key)
        context.check_privatekey()
    except (SSL.Error, TypeError, ValueError):
        text = "the private key does not belong to the certificate, or is of a kind that TLS 1.3 does not use."
        raise _wrong("key", "tls.key_mismatch", text, "Name the key with which the certificate was made.") from None
    if material.client != "none":
        _ask_clients(context, material)
    context.set_alpn_select_callback(_choose)
    return context


def _ask_clients(context: "SSL.Context", material: Material) -> None:
    from cryptography import x509
    from OpenSSL import SSL, crypto

    authorities = _certificates(material.client_ca, "client_ca")
    store = context.get_cert_store()
    assert store is not None  # every context has one
    for authority in authorities:
        store.add_cert(crypto.X509.from_cryptography(authority))
        context.add_client_ca(authority)
    if material.crl:
        for number, block in enumerate(_blocks(material.crl, b"X509 CRL")):
            try:
                store.add_crl(x509.load_pem_x509_crl(block))
            except ValueError:
                raise _wrong("crl", "tls.crl", f"list {number + 1} is no certificate revocation list.") from None
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    strict = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if material.client == "required" else 0
    context.set_verify(SSL.VERIFY_PEER | strict)


def _choose(_: Any, offered: list[bytes]) -> Any:
    from OpenSSL import SSL

    return b"http/1.1" if b"http/1.1" in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _chain(material: Material) -> list["x509.Certificate"]:
    return _certificates(material.certificate, "certificate")


def _certificates(pem: bytes, name: str) -> list["x509.Certificate"]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        text = "this file holds no certificate that can be read."
        raise _wrong(name, "tls.certificate", text, "It is PEM: -----BEGIN CERTIFICATE-----.") from None


def _key(pem: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not pem.lstrip().startswith(_PKCS8):
        raise _wrong("key", "tls.key_format", "the private key is PKCS#8, PEM, not encrypted.", _PKCS8_REMEDY)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _wrong("key", "tls.key_format", "the private key cannot be read.", _PKCS8_REMEDY) from None
    if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_RSA:
        raise _wrong("key", "tls.key_weak", f"an RSA key has at least {_LEAST_RSA} bits.", "Make a new key.")
    return key


def _blocks(pem: bytes, label: bytes) -> list[bytes]:
    begin, end = b"-----BEGIN %b-----" % label, b"-----END %b-----" % label
    found = [begin + part.partition(end)[0] + end + b"\n" for part in pem.split(begin)[1:] if end in part]
    if not found:
        raise _wrong("crl", "tls.crl", "this file holds no certificate revocation list.", "It is PEM.")
    return found


def _wrong(name: str, code: str, text: str, remedy: str = "") -> InvalidInput:
    return InvalidInput(code, text, field=_FIELD.format(name), remedy=remedy or None)
