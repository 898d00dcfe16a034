"""Client certificates as credentials, in memory, on SQLite and on PostgreSQL: the same behaviour."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from seawall.access import commands as c
from seawall.access.certificates import certificate_id
from seawall.access.commands_certificates import RegisterCertificate, RevokeCertificate
from seawall.access.model import CredentialKind
from seawall.adapters.identity.memory import MemoryIdentities
from seawall.adapters.store.access import StoreIdentities
from seawall.adapters.store.core import Installation, Meta
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from seawall.kernel.terms import ANONYMOUS, Proof, Role
from support import postgres
from support.access import AccessRoom

DAY = 86_400
AUTHORITY = TrialAuthority(FixedClock().now_ms(), 10)
FIRST, SECOND = (AUTHORITY.client(name)[0] for name in ("first", "second"))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def room(request: pytest.FixtureRequest, tmp_path: Path, row_mac: RowMac) -> Iterator[AccessRoom]:
    if request.param == "memory":
        yield AccessRoom(MemoryIdentities())
        return
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
        yield opened(store, row_mac)
        store.close()
        return
    with postgres.database() as url:
        store = Store(url)
        yield opened(store, row_mac)
        store.close()


def opened(store: Store, mac: RowMac) -> AccessRoom:
    store.create_all()
    with store.begin() as tx:
        Meta(store).found(tx, Installation(id=UUID(int=1), integrity_key=b"", created_ms=0))
    return AccessRoom(StoreIdentities(store, mac))


def digest_of(pem: bytes) -> bytes:
    return sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).digest()


def register(room: AccessRoom, principal: str, pem: bytes = FIRST) -> str:
    return str(room.do(RegisterCertificate(principal=principal, certificate=pem.decode())).id)


def refused(room: AccessRoom, token: str | None, pem: bytes = FIRST) -> str:
    with pytest.raises(Unauthenticated) as caught:
        room.authenticator.presented(token, digest_of(pem))
    assert caught.value.text == "this credential is not valid."
    return caught.value.code


def test_a_registered_certificate_stands_for_its_principal(room: AccessRoom) -> None:
    room.new("alice", Role.APPLICATION)
    assert refused(room, None) == "access.certificate_unknown"
    made = room.do(RegisterCertificate(principal="alice", certificate=FIRST.decode()))
    ((_, facts, _),) = room.turn.records
    assert (facts["fingerprint"], facts["subject"]) == (digest_of(FIRST).hex(), "CN=first,O=Seawall trial")
    assert (made.id, made.fingerprint) == (certificate_id(digest_of(FIRST)), digest_of(FIRST).hex())
    principal = room.authenticator.presented(None, digest_of(FIRST))
    assert (principal.name, principal.proof, principal.session) == ("alice", Proof.CERTIFICATE, made.id)
    assert principal.roles == {Role.APPLICATION}
    assert refused(room, None, SECOND) == "access.certificate_unknown"
    (shown,) = room.do(c.ShowPrincipal(principal="alice")).credentials
    assert (shown.kind, shown.subject, shown.certificate) == (
        CredentialKind.CERTIFICATE,
        "CN=first,O=Seawall trial",
        made.fingerprint,
    )


def test_a_token_beside_a_certificate_is_the_same_principal_s(room: AccessRoom) -> None:
    for name, pem in (("alice", FIRST), ("bob", SECOND)):
        room.new(name)
        register(room, name, pem)
    alice = room.token("alice")
    assert room.authenticator.presented(alice, digest_of(FIRST)).proof is Proof.TOKEN
    assert refused(room, alice, SECOND) == "access.two_principals"
    assert refused(room, "swl_nonsense") == "access.token_unknown"
    stranger = AUTHORITY.client("stranger")[0]
    assert refused(room, alice, stranger) == "access.certificate_unknown"


def test_a_revoked_certificate_ends_at_once_and_for_good(room: AccessRoom) -> None:
    room.new("alice")
    made = register(room, "alice")
    room.authenticator.presented(None, digest_of(FIRST))
    before = room.epoch.value
    room.do(RevokeCertificate(id=made))
    assert room.epoch.value == before + 1
    assert refused(room, None) == "access.token_revoked"
    with pytest.raises(Conflict, match="already"):
        room.do(RevokeCertificate(id=made))
    with pytest.raises(Conflict) as caught:
        register(room, "alice")
    assert caught.value.code == "access.certificate_known"


def test_a_certificate_ends_with_its_principal_and_with_its_time(room: AccessRoom) -> None:
    for name, pem in (("alice", FIRST), ("bob", SECOND)):
        room.new(name)
        register(room, name, pem)
    room.authenticator.presented(None, digest_of(FIRST))
    room.do(c.DisablePrincipal(principal="alice"))
    assert refused(room, None) == "access.token_revoked"
    room.clock.advance(10 * DAY + 1)
    assert refused(room, None, SECOND) == "access.token_expired"


def test_only_a_certificate_is_revoked_as_one(room: AccessRoom) -> None:
    room.new("alice")
    token = room.do(c.IssueToken(principal="alice"))
    for unknown in (token.id, "nobody"):
        with pytest.raises(NotFound):
            room.do(RevokeCertificate(id=unknown))


def test_a_certificate_is_no_token_and_a_token_no_certificate(room: AccessRoom) -> None:
    room.new("alice")
    made = register(room, "alice")
    for text in (made, digest_of(FIRST).hex(), FIRST.decode(), f"swl_{made}_{'A' * 43}"):
        with pytest.raises(Unauthenticated):
            room.authenticator.bearer(text)
        with pytest.raises(Unauthenticated):
            room.authenticator.session(text)


@pytest.mark.parametrize(
    ("pem", "code"),
    [
        (b"", "access.certificate"),
        (b"nonsense", "access.certificate"),
        (FIRST + SECOND, "access.certificate"),
        (FIRST.replace(b"MII", b"MIJ"), "access.certificate"),
        (FIRST + b" " * 20_000, "access.certificate"),
        (AUTHORITY.client("first")[1], "access.certificate"),
        (AUTHORITY.server(["localhost"])[0], "access.certificate_purpose"),
        (TrialAuthority(FixedClock().now_ms() - 20 * DAY * 1000, 10).client("old")[0], "access.certificate_expired"),
    ],
)
def test_what_cannot_stand_for_anybody_is_refused(room: AccessRoom, pem: bytes, code: str) -> None:
    room.new("alice")
    with pytest.raises(InvalidInput) as caught:
        register(room, "alice", pem)
    assert caught.value.code == code
    assert caught.value.field == "certificate"
    assert room.turn.records == []


def test_nobody_and_somebody_shut_out_get_none(room: AccessRoom) -> None:
    with pytest.raises(NotFound):
        register(room, "nobody")
    room.new("alice")
    room.do(c.DisablePrincipal(principal="alice"))
    with pytest.raises(Conflict):
        register(room, "alice")


# Tokens that are bound to a certificate (RFC 8705, section 3)


def bound(room: AccessRoom, pem: bytes = FIRST) -> str:
    text = ":".join(f"{byte:02X}" for byte in digest_of(pem))
    return str(room.do(c.IssueToken(principal="alice", certificate=text)).token)


def test_a_bound_token_counts_with_its_certificate_alone(room: AccessRoom) -> None:
    room.new("alice")
    token = bound(room)
    assert room.authenticator.presented(token, digest_of(FIRST)).name == "alice"
    for _ in range(2):  # asked of the store, and of memory
        assert refused(room, token, SECOND) == "access.token_bound"
        with pytest.raises(Unauthenticated) as caught:
            room.authenticator.bearer(token)
        assert caught.value.code == "access.token_bound"
    (shown,) = room.do(c.ShowPrincipal(principal="alice")).credentials
    assert shown.certificate == digest_of(FIRST).hex()


def test_no_session_comes_of_a_bound_token(room: AccessRoom) -> None:
    room.new("alice")
    with pytest.raises(Unauthenticated) as caught:
        room.do(c.SignIn(token=bound(room)), ANONYMOUS)
    assert caught.value.code == "access.token_bound"


def test_a_bound_token_ends_with_its_certificate(room: AccessRoom) -> None:
    room.new("alice")
    token = bound(room)
    made = register(room, "alice")
    assert room.authenticator.presented(token, digest_of(FIRST)).name == "alice"
    room.do(RevokeCertificate(id=made))
    assert refused(room, token) == "access.token_revoked"


def test_what_is_no_fingerprint_binds_nothing(room: AccessRoom) -> None:
    room.new("alice")
    for text in ("", "12", "z" * 64, "0" * 62):
        with pytest.raises(InvalidInput) as caught:
            room.do(c.IssueToken(principal="alice", certificate=text))
        assert (caught.value.code, caught.value.field) == ("access.certificate_fingerprint", "certificate")
