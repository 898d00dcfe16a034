"""What the files of a listener may hold, and what is said of those that may not."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL

from seawall.edge.tls.contexts import Material, check, days_left, make_context, own_certificate
from seawall.edge.tls.handshakes import GROUPS, Handshakes, Refusal, named
from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.errors import InvalidInput

NOW_S = 1_767_830_400
AUTHORITY = TrialAuthority(NOW_S * 1000, 10)
SERVER, KEY = AUTHORITY.server(["localhost", "127.0.0.1", "[::1]"])


def refused(material: Material, now_s: float = NOW_S) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        check(material, now_s)
    return caught.value.code, caught.value.field


def written(key, *, form=PrivateFormat.PKCS8, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def self_signed(key, algorithm=SHA256) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = dt.datetime.fromtimestamp(NOW_S, dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    return builder.sign(key, algorithm() if algorithm else None).public_bytes(Encoding.PEM)


def test_good_files_make_a_context():
    material = Material(certificate=SERVER + AUTHORITY.own_files()["ca.pem"], key=KEY)
    check(material, NOW_S)
    assert days_left(own_certificate(material), NOW_S) == 10
    context = make_context(material)
    assert context.get_verify_mode() == SSL.VERIFY_NONE
    assert context.get_session_cache_mode() == SSL.SESS_CACHE_OFF
    assert "PRIVATE KEY" not in repr(material)


@pytest.mark.parametrize("make", [ed25519.Ed25519PrivateKey.generate, lambda: rsa.generate_private_key(65537, 2048)])
def test_other_kinds_of_keys(make):
    key = make()
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256
    check(Material(certificate=self_signed(key, algorithm), key=written(key)), NOW_S)


def test_dates_and_purposes():
    material = Material(certificate=SERVER, key=KEY)
    assert refused(material, NOW_S + 10 * 86_400) == ("tls.expired", "listen.tls.certificate")
    assert refused(material, NOW_S - 3600) == ("tls.not_yet", "listen.tls.certificate")
    certificate, key = AUTHORITY.client("client")
    assert refused(Material(certificate=certificate, key=key)) == ("tls.purpose", "listen.tls.certificate")
    # A worker that is started anew goes on with what the node was started with.
    make_context(material)


def test_the_key_is_pkcs8_in_the_clear_strong_and_the_certificate_s():
    key = load_pem_private_key(KEY, None)
    weak = rsa.generate_private_key(65537, 1024)
    for pem, code in (
        (b"", "tls.key_format"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "tls.key_format"),
        (written(key, form=PrivateFormat.TraditionalOpenSSL), "tls.key_format"),
        (written(key, encryption=BestAvailableEncryption(b"x")), "tls.key_format"),
        (written(ec.generate_private_key(ec.SECP256R1())), "tls.key_mismatch"),
        (AUTHORITY.own_files()["ca.key"], "tls.key_mismatch"),
    ):
        assert refused(Material(certificate=SERVER, key=pem)) == (code, "listen.tls.key")
    assert refused(Material(certificate=self_signed(weak), key=written(weak))) == ("tls.key_weak", "listen.tls.key")


@pytest.mark.parametrize("pem", [b"", b"x", KEY, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(pem):
    assert refused(Material(certificate=pem, key=KEY)) == ("tls.certificate", "listen.tls.certificate")
    mutual = Material(certificate=SERVER, key=KEY, client="required", client_ca=pem)
    assert refused(mutual) == ("tls.certificate", "listen.tls.client_ca")


def test_whose_certificates_clients_may_show():
    ca, good = AUTHORITY.own_files()["ca.pem"], AUTHORITY.revocations([])
    for client, mode in (("optional", 0), ("required", SSL.VERIFY_FAIL_IF_NO_PEER_CERT)):
        context = make_context(Material(certificate=SERVER, key=KEY, client=client, client_ca=ca, crl=good + good))
        assert context.get_verify_mode() == SSL.VERIFY_PEER | mode
    for bad in (b"x", ca, good.replace(b"\nMI", b"\nMJ"), good[:40]):
        mutual = Material(certificate=SERVER, key=KEY, client="required", client_ca=ca, crl=bad)
        assert refused(mutual) == ("tls.crl", "listen.tls.crl")


def test_certificates_for_trial_satisfy_a_strict_reader():
    """One that checks names and chains as RFC 5280 and the CA/Browser Forum have it."""
    leaf, authority, client = (
        x509.load_pem_x509_certificate(pem)
        for pem in (SERVER, AUTHORITY.own_files()["ca.pem"], AUTHORITY.client("alice")[0])
    )
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(name.value) for name in names.value] == ["localhost", "127.0.0.1", "::1"]
    policy = x509.verification.PolicyBuilder().store(x509.verification.Store([authority]))
    policy = policy.time(dt.datetime.fromtimestamp(NOW_S, dt.UTC))
    assert policy.build_server_verifier(x509.DNSName("localhost")).verify(leaf, []) == [leaf, authority]
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(x509.DNSName("elsewhere")).verify(leaf, [])
    assert policy.build_client_verifier().verify(client, []).chain == [client, authority]
    with pytest.raises(x509.verification.VerificationError):
        policy.build_client_verifier().verify(leaf, [])


def test_handshakes_are_added_up_over_workers():
    handshakes = Handshakes(2)
    for worker, group in ((0, "x25519"), (1, "X25519"), (1, "X25519MLKEM768"), (1, "ffdhe2048")):
        handshakes.take(worker)
        handshakes.made(group)
    handshakes.refused(Refusal.GONE)
    groups = handshakes.groups()
    assert (groups["X25519"], groups["X25519MLKEM768"], groups["other"]) == (2, 1, 1)
    assert handshakes.refusals()[Refusal.GONE] == sum(handshakes.refusals().values()) == 1
    lines = list(handshakes.lines())
    assert 'seawall_tls_handshakes_total{group="X25519"} 2' in lines
    assert not any("secp256r1" in line for line in lines)
    assert 'seawall_tls_refusals_total{reason="crowded"} 0' in lines


def test_groups_are_named_as_their_registry_names_them():
    assert [named(group.upper()) for group in GROUPS] == list(GROUPS)
    assert (named(None), named("ffdhe2048")) == ("", "ffdhe2048")
