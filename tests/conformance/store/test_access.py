"""Access in memory, on SQLite and on PostgreSQL: the same behaviour."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update

from seawall.access import commands as c
from seawall.access.model import CredentialKind, PolicyFile, PrincipalKind
from seawall.adapters.identity.memory import MemoryIdentities
from seawall.adapters.store.access import StoreIdentities
from seawall.adapters.store.core import EpochRow, Installation, Meta, StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.grants import Grants
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import access as t
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound, Unauthenticated
from seawall.kernel.terms import ANONYMOUS, SYSTEM, Grant, Proof, Resource, Role
from support import postgres
from support.access import AccessRoom

HOUR, DAY = 3600, 86_400


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def room(request: pytest.FixtureRequest, tmp_path: Path, row_mac: RowMac) -> Iterator[AccessRoom]:
    if request.param == "memory":
        yield AccessRoom(MemoryIdentities())
    elif request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
        yield opened(store, row_mac)
        store.close()
    else:
        with postgres.database() as url:
            store = Store(url)
            yield opened(store, row_mac)
            store.close()


def opened(store: Store, mac: RowMac) -> AccessRoom:
    store.create_all()
    with store.begin() as tx:
        Meta(store).found(tx, Installation(id=UUID(int=1), integrity_key=b"", created_ms=0))
    return AccessRoom(StoreIdentities(store, mac))


def refused(room: AccessRoom, credential: str, *, session: bool = False) -> str:
    with pytest.raises(Unauthenticated) as raised:
        (room.authenticator.session if session else room.authenticator.bearer)(credential)
    assert str(raised.value) == "this credential is not valid. Sign in again, or ask for a new one."
    return raised.value.code


# Principals and roles


def test_a_principal_is_found_by_id_and_by_name(room: AccessRoom) -> None:
    made = room.do(
        c.CreatePrincipal(name="till", kind=PrincipalKind.APPLICATION, roles=(Role.APPLICATION,), domains=("retail",))
    )
    by_name = room.do(c.ShowPrincipal(principal="till"))
    assert by_name == room.do(c.ShowPrincipal(principal=made.id)) == made
    assert (made.kind, made.roles, made.domains) == (PrincipalKind.APPLICATION, (Role.APPLICATION,), ("retail",))
    with pytest.raises(NotFound) as raised:
        room.do(c.ShowPrincipal(principal="nobody"))
    assert raised.value.code == "access.principal_unknown"


def test_a_change_tells_of_itself_in_its_own_transaction(room: AccessRoom) -> None:
    made = room.new("ada", Role.AUDITOR)
    ((record, facts, resource),) = room.turn.records
    assert resource == Resource(type="principal", id=made)
    assert facts["roles"] == ["auditor"]
    waiting = pending(room)
    assert record in waiting
    with pytest.raises(Conflict) as raised:
        room.new("ada")
    assert raised.value.code == "access.name_taken"
    assert pending(room) == waiting


def pending(room: AccessRoom) -> list[Record]:
    kept = room.identities
    return list(kept.pending() if isinstance(kept, MemoryIdentities) else StoreOutbox(kept._store).pending())


@pytest.mark.parametrize(
    "name", ["", "Ada", "a b", "system", "seawall", "anonymous", "0190b5e8-0000-7000-8000-000000000000"]
)
def test_names_that_could_mislead_are_refused(room: AccessRoom, name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        room.new(name)
    assert raised.value.field == "name"


def test_principals_are_listed_by_name_in_pages(room: AccessRoom) -> None:
    for name in ["c", "a", "e", "b", "d"]:
        room.new(name)
    first = room.do(c.ListPrincipals(limit=3))
    second = room.do(c.ListPrincipals(limit=3, cursor=first.next_cursor))
    assert [view.name for view in [*first.items, *second.items]] == ["a", "b", "c", "d", "e"]
    assert second.next_cursor is None
    with pytest.raises(InvalidInput):
        room.do(c.ListPrincipals(limit=0))


def test_roles_come_and_go_at_once(room: AccessRoom) -> None:
    room.new("ada", Role.DATA_OWNER)
    token = room.token("ada")
    assert room.authenticator.bearer(token).roles == {Role.DATA_OWNER}
    room.do(c.GrantRole(principal="ada", role=Role.APPLICATION))
    assert room.authenticator.bearer(token).roles == {Role.DATA_OWNER, Role.APPLICATION}
    room.do(c.RevokeRole(principal="ada", role=Role.DATA_OWNER))
    assert room.authenticator.bearer(token).roles == {Role.APPLICATION}
    for command, code in [
        (c.GrantRole(principal="ada", role=Role.APPLICATION), "access.role_held"),
        (c.RevokeRole(principal="ada", role=Role.DATA_OWNER), "access.role_not_held"),
        (c.GrantRole(principal="ada", role=Role.CUSTODIAN), "access.separation_of_duties"),
    ]:
        with pytest.raises(Conflict) as raised:
            room.do(command)
        assert raised.value.code == code


def test_domains_change_at_once(room: AccessRoom) -> None:
    room.new("till", Role.APPLICATION, domains=("retail",))
    token = room.token("till")
    key = Resource(type="key", id="cards/pan", domain="cards")
    assert not room.decider.decide(room.authenticator.bearer(token), "data.encrypt", key).allow
    assert room.do(c.AssignDomains(principal="till", domains=("retail", "cards"))).domains == ("cards", "retail")
    assert room.decider.decide(room.authenticator.bearer(token), "data.encrypt", key).allow
    with pytest.raises(InvalidInput):
        room.do(c.AssignDomains(principal="till", domains=("No Domain",)))


def test_nobody_begins_with_roles_kept_apart(room: AccessRoom) -> None:
    with pytest.raises(Conflict) as raised:
        room.new("both", Role.CUSTODIAN, Role.DATA_OWNER)
    assert raised.value.code == "access.separation_of_duties"
    with pytest.raises(NotFound):
        room.do(c.ShowPrincipal(principal="both"))


def test_an_administrator_cannot_become_more(room: AccessRoom) -> None:
    room.new("ada", Role.ADMINISTRATOR)
    ada = room.authenticator.bearer(room.token("ada"))
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(Conflict) as raised:
            room.do(c.GrantRole(principal="ada", role=role), ada)
        assert raised.value.code == "access.separation_of_duties"
    assert room.authenticator.bearer(room.token("ada")).roles == {Role.ADMINISTRATOR}


def test_roles_at_birth_need_the_right_to_give_roles(room: AccessRoom) -> None:
    room.new("ada", Role.AUDITOR)
    with pytest.raises(Denied):
        room.do(c.CreatePrincipal(name="eve", roles=(Role.CUSTODIAN,)), room.authenticator.bearer(room.token("ada")))


def test_the_last_administrator_stays(room: AccessRoom) -> None:
    room.new("ada", Role.ADMINISTRATOR)
    room.new("bob", Role.ADMINISTRATOR)
    room.do(c.DisablePrincipal(principal="bob"))
    for command in [
        c.DisablePrincipal(principal="ada"),
        c.RevokeRole(principal="ada", role=Role.ADMINISTRATOR),
    ]:
        with pytest.raises(Conflict) as raised:
            room.do(command)
        assert raised.value.code == "access.last_administrator"
    room.new("carl", Role.ADMINISTRATOR)
    room.do(c.RevokeRole(principal="ada", role=Role.ADMINISTRATOR))


def test_a_disabled_principal_is_out_at_once_and_for_good(room: AccessRoom) -> None:
    room.new("ada", Role.AUDITOR)
    token = room.token("ada")
    session = room.do(c.SignIn(token=token)).cookie
    code = room.do(c.CreateEnrolment(principal="ada")).code
    room.authenticator.bearer(token)
    room.authenticator.session(session)
    view = room.do(c.DisablePrincipal(principal="ada"))
    assert view.disabled_ms == room.clock.now_ms()
    assert refused(room, token) == "access.token_revoked"
    assert refused(room, session, session=True) == "access.token_revoked"
    with pytest.raises(Unauthenticated):
        room.do(c.Enrol(code=code), ANONYMOUS)
    for command in [
        c.DisablePrincipal(principal="ada"),
        c.GrantRole(principal="ada", role=Role.CUSTODIAN),
        c.RevokeRole(principal="ada", role=Role.AUDITOR),
        c.AssignDomains(principal="ada", domains=()),
        c.IssueToken(principal="ada"),
        c.CreateEnrolment(principal="ada"),
    ]:
        with pytest.raises(Conflict) as raised:
            room.do(command)
        assert raised.value.code == "access.principal_disabled"


# Tokens


def test_a_token_proves_its_principal_until_it_expires(room: AccessRoom) -> None:
    made = room.new("ada", Role.AUDITOR)
    issued = room.do(c.IssueToken(principal="ada", days=1))
    assert re.fullmatch(r"swl_[a-z2-7]{16}_[A-Za-z0-9_-]{43}", issued.token)
    principal = room.authenticator.bearer(issued.token)
    assert (principal.id, principal.proof, principal.session) == (made, Proof.TOKEN, issued.id)
    assert room.authenticator.bearer(issued.token) is principal
    room.clock.advance(DAY - 1)
    room.authenticator.bearer(issued.token)
    room.clock.advance(1)
    assert refused(room, issued.token) == "access.token_expired"


def test_secrets_are_shown_once_and_kept_nowhere(room: AccessRoom) -> None:
    room.new("ada")
    issued = room.do(c.IssueToken(principal="ada"))
    enrolment = room.do(c.CreateEnrolment(principal="ada"))
    enrolled = room.do(c.Enrol(code=enrolment.code), ANONYMOUS)
    signed_in = room.do(c.SignIn(token=issued.token), ANONYMOUS)
    secrets = [issued.token, enrolment.code, enrolled.token, enrolled.cookie, signed_in.cookie]
    said = repr([issued, enrolment, enrolled, signed_in, c.Enrol(code="swe_x"), c.SignIn(token="swl_x")])
    kept = repr(room.do(c.ShowPrincipal(principal="ada"))) + repr(room.identities.credentials(enrolled.principal.id))
    assert "swe_x" not in said
    assert "swl_x" not in said
    for secret in secrets:
        assert secret[-43:] not in said + kept


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_lasts_a_bounded_time(room: AccessRoom, days: int) -> None:
    room.new("ada")
    with pytest.raises(InvalidInput) as raised:
        room.token("ada", days)
    assert raised.value.field == "days"


def test_a_wrong_secret_tells_nothing_of_the_token_it_names(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    credential = room.do(c.ShowPrincipal(principal="ada")).credentials[0].id
    room.do(c.RevokeToken(id=credential))
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert refused(room, other) == "access.token_unknown"
    assert refused(room, token) == "access.token_revoked"


@pytest.mark.parametrize("change", ["", "x", "swl_", "\x00", "é" * 64, "\ud800", "swl_" + "a" * 16 + "_" + "b" * 43])
def test_what_is_no_token_proves_nothing(room: AccessRoom, change: str) -> None:
    assert refused(room, change) == "access.token_unknown"


def test_one_kind_of_credential_does_not_pass_for_another(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    cookie = room.do(c.SignIn(token=token), ANONYMOUS).cookie
    code = room.do(c.CreateEnrolment(principal="ada")).code
    room.authenticator.session(cookie)
    room.authenticator.bearer(token)
    for credential in [cookie, code]:
        assert refused(room, credential) == "access.token_unknown"
        assert refused(room, "swl" + credential[3:]) == "access.token_unknown"
    for credential in [token, code]:
        assert refused(room, credential, session=True) == "access.token_unknown"
        assert refused(room, "sws" + credential[3:], session=True) == "access.token_unknown"


def test_a_revoked_token_ends_at_once_with_its_sessions(room: AccessRoom) -> None:
    room.new("ada")
    first, second = room.token("ada"), room.token("ada")
    cookie = room.do(c.SignIn(token=first), ANONYMOUS).cookie
    room.authenticator.session(cookie)
    identifier = room.authenticator.bearer(first).session
    assert identifier is not None
    room.do(c.RevokeToken(id=identifier))
    assert refused(room, first) == "access.token_revoked"
    assert refused(room, cookie, session=True) == "access.token_revoked"
    room.authenticator.bearer(second)
    with pytest.raises(Conflict):
        room.do(c.RevokeToken(id=identifier))
    with pytest.raises(NotFound):
        room.do(c.RevokeToken(id="unknown"))


def test_a_token_that_leaked_is_revoked_as_it_was_found(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    room.do(c.RevokeToken(id=token))
    assert refused(room, token) == "access.token_revoked"


def test_a_change_that_no_epoch_told_of_is_seen_within_half_a_minute(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    identifier = room.authenticator.bearer(token).session
    with room.identities.begin() as tx:
        tx.end_credential(identifier, room.clock.now_ms())
    room.clock.advance(30)
    assert refused(room, token) == "access.token_revoked"


def test_a_clock_that_goes_back_has_the_store_asked_again(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    identifier = room.authenticator.bearer(token).session
    with room.identities.begin() as tx:
        tx.end_credential(identifier, room.clock.now_ms())
    room.clock.advance(-HOUR)
    assert refused(room, token) == "access.token_revoked"


# Enrolment and sessions


def test_an_enrolment_code_works_once(room: AccessRoom) -> None:
    made = room.new("ada", Role.ADMINISTRATOR)
    code = room.do(c.CreateEnrolment(principal="ada")).code
    enrolled = room.do(c.Enrol(code=code), ANONYMOUS)
    ((_, facts, resource),) = room.turn.records
    assert facts["principal"] == made
    assert code not in repr(facts) + repr(resource)
    assert room.authenticator.session(enrolled.cookie).id == made
    assert room.authenticator.bearer(enrolled.token).id == made
    with pytest.raises(Unauthenticated) as raised:
        room.do(c.Enrol(code=code), ANONYMOUS)
    assert raised.value.code == "access.token_revoked"


def test_of_two_who_come_at_once_with_one_code_one_is_late(room: AccessRoom) -> None:
    room.new("ada")
    code = room.do(c.CreateEnrolment(principal="ada")).code
    # The second looks the code up before the first has used it up.
    looked_up = room.authenticator.look_up(CredentialKind.ENROLMENT, code, room.clock.now_ms())
    room.do(c.Enrol(code=code), ANONYMOUS)
    room.authenticator.look_up = lambda *_: looked_up  # type: ignore[method-assign]
    with pytest.raises(Unauthenticated):
        room.do(c.Enrol(code=code), ANONYMOUS)
    sessions = [v for v in room.do(c.ShowPrincipal(principal="ada")).credentials if v.kind is CredentialKind.SESSION]
    assert len(sessions) == 1


def test_an_enrolment_code_lasts_72_hours(room: AccessRoom) -> None:
    room.new("ada")
    room.new("bob")
    early, late = (room.do(c.CreateEnrolment(principal=name)).code for name in ("ada", "bob"))
    room.clock.advance(72 * HOUR - 1)
    room.do(c.Enrol(code=early), ANONYMOUS)
    room.clock.advance(1)
    with pytest.raises(Unauthenticated) as raised:
        room.do(c.Enrol(code=late), ANONYMOUS)
    assert raised.value.code == "access.token_expired"


def test_who_has_begun_leaves_no_code_behind_for_somebody_else(room: AccessRoom) -> None:
    room.new("ada")
    hers, kept_back = (room.do(c.CreateEnrolment(principal="ada")).code for _ in range(2))
    room.do(c.Enrol(code=hers), ANONYMOUS)
    with pytest.raises(Unauthenticated) as raised:
        room.do(c.Enrol(code=kept_back), ANONYMOUS)
    assert raised.value.code == "access.token_revoked"


def test_a_session_ends_unused_after_half_an_hour(room: AccessRoom) -> None:
    room.new("ada")
    cookie = room.do(c.SignIn(token=room.token("ada")), ANONYMOUS).cookie
    for _ in range(5):
        room.clock.advance(29 * 60)
        room.authenticator.session(cookie)
    room.clock.advance(30 * 60)
    assert refused(room, cookie, session=True) == "access.token_expired"


def test_another_process_sees_that_a_session_is_used(room: AccessRoom) -> None:
    room.new("ada")
    cookie = room.do(c.SignIn(token=room.token("ada")), ANONYMOUS).cookie
    other = type(room.authenticator)(room.identities, room.epoch, room.clock)
    other.session(cookie)
    for _ in range(2):
        room.clock.advance(20 * 60)
        room.authenticator.session(cookie)
    assert other.session(cookie).name == "ada"


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(room: AccessRoom) -> None:
    room.new("ada")
    cookie = room.do(c.SignIn(token=room.token("ada")), ANONYMOUS).cookie
    for _ in range(12 * 3 - 1):
        room.clock.advance(20 * 60)
        room.authenticator.session(cookie)
    room.clock.advance(20 * 60)
    assert refused(room, cookie, session=True) == "access.token_expired"


def test_a_session_does_not_outlive_its_token(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada", days=1)
    room.clock.advance(23 * HOUR)
    assert room.do(c.SignIn(token=token), ANONYMOUS).expires_ms == room.clock.now_ms() + HOUR * 1000


def test_signing_out_ends_the_session_at_once(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada")
    cookie = room.do(c.SignIn(token=token), ANONYMOUS).cookie
    room.do(c.SignOut(), room.authenticator.session(cookie))
    assert refused(room, cookie, session=True) == "access.token_revoked"
    for principal in [room.authenticator.bearer(token), SYSTEM]:
        with pytest.raises(NotFound):
            room.do(c.SignOut(), principal)


def test_a_csrf_token_belongs_to_its_session(room: AccessRoom) -> None:
    room.new("ada")
    one, other = (room.do(c.SignIn(token=room.token("ada")), ANONYMOUS).cookie for _ in range(2))
    token = room.authenticator.csrf(one)
    room.authenticator.check_csrf(one, token)
    assert one[-43:] not in token
    for wrong in [room.authenticator.csrf(other), "", token[:-1], "é", "\ud800"]:
        with pytest.raises(Denied) as raised:
            room.authenticator.check_csrf(one, wrong)
        assert raised.value.code == "access.csrf"


def test_what_expired_long_ago_is_forgotten_and_tokens_are_not(room: AccessRoom) -> None:
    room.new("ada")
    token = room.token("ada", days=1)
    room.do(c.SignIn(token=token), ANONYMOUS)
    room.do(c.CreateEnrolment(principal="ada"))
    room.clock.advance(10 * DAY)
    room.do(c.SignIn(token=room.token("ada")), ANONYMOUS)
    kinds = [view.kind for view in room.do(c.ShowPrincipal(principal="ada")).credentials]
    assert sorted(kinds) == [CredentialKind.SESSION, CredentialKind.TOKEN, CredentialKind.TOKEN]


# Policies

PERMIT = PolicyFile(
    name="b.cedar",
    text='@id("auditors.encrypt") permit(principal in Role::"custodian", action == Action::"data.encrypt", resource);',
)


def test_policies_are_in_force_at_once_when_loaded(room: AccessRoom) -> None:
    room.new("ada", Role.CUSTODIAN)
    ada = room.authenticator.bearer(room.token("ada"))
    key = Resource(type="key", id="retail/pan", domain="retail")
    assert not room.decider.decide(ada, "data.encrypt", key).allow
    room.folder.files.append(PERMIT)
    assert room.do(c.ShowPolicies()).pending
    assert not room.decider.decide(ada, "data.encrypt", key).allow
    shown = room.do(c.LoadPolicies())
    assert [(view.name, view.builtin) for view in shown.policies] == [("builtin.cedar", True), ("b.cedar", False)]
    assert not room.do(c.ShowPolicies()).pending
    assert room.decider.decide(ada, "data.encrypt", key).reasons == ("auditors.encrypt",)
    room.folder.files.clear()
    room.do(c.LoadPolicies())
    assert not room.decider.decide(ada, "data.encrypt", key).allow


def test_a_wrong_file_leaves_all_policies_as_they_were(room: AccessRoom) -> None:
    room.folder.files.append(PERMIT)
    room.do(c.LoadPolicies())
    before = room.do(c.ShowPolicies()).policies
    room.folder.files.append(PolicyFile(name="z.cedar", text="permit(principal"))
    with pytest.raises(InvalidInput) as raised:
        room.do(c.LoadPolicies())
    assert (raised.value.code, raised.value.field) == ("access.policy_invalid", "z.cedar")
    assert room.do(c.ShowPolicies()).policies == before
    assert room.do(c.ShowPolicies()).pending


# What only a store has


@pytest.fixture
def stored(store: Store, row_mac: RowMac) -> AccessRoom:
    with store.begin() as tx:
        Meta(store).found(tx, Installation(id=UUID(int=1), integrity_key=b"", created_ms=0))
    return AccessRoom(StoreIdentities(store, row_mac))


def test_other_nodes_are_told_in_the_same_transaction(stored: AccessRoom, store: Store) -> None:
    row = EpochRow(store)
    stored.new("ada")
    before = row.read()
    stored.do(c.GrantRole(principal="ada", role=Role.AUDITOR))
    assert row.read() == before + 1


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (t.principals, {"name": "eve"}),
        (t.principals, {"domains": ["*"]}),
        (t.principals, {"disabled_ms": None}),
        (t.role_grants, {"role": "custodian"}),
        (t.role_grants, {"granted_by": "other"}),
        (t.credentials, {"expires_ms": 9_999_999_999_999}),
        (t.credentials, {"ended_ms": None}),
        (t.credentials, {"digest": b"\x00" * 32}),
        (t.credentials, {"kind": "session"}),
    ],
)
def test_an_edited_row_shows(stored: AccessRoom, store: Store, table: t.Table, change: dict[str, object]) -> None:
    stored.new("ada", Role.DATA_OWNER, domains=("retail",))
    token = stored.token("ada")
    stored.do(c.DisablePrincipal(principal="ada"))
    with store.begin() as tx:
        tx.connection.execute(update(table).values(change))
    with pytest.raises(Corrupt) as raised:
        stored.authenticator.bearer(token)
    assert raised.value.code == "store.row_mac"


def test_a_role_written_into_the_database_shows(stored: AccessRoom, store: Store) -> None:
    ada, bob = stored.new("ada", Role.AUDITOR), stored.new("bob", Role.CUSTODIAN)
    token = stored.token("ada")
    with store.begin() as tx:
        row = dict(
            tx.connection.execute(select(t.role_grants).where(t.role_grants.c.principal_id == bob)).mappings().one()
        )
        tx.connection.execute(insert(t.role_grants).values({**row, "principal_id": ada}))
    with pytest.raises(Corrupt):
        stored.authenticator.bearer(token)
    with pytest.raises(Corrupt):
        stored.do(c.ListPrincipals())


def test_edited_policies_show_and_nothing_is_decided_by_them(stored: AccessRoom, store: Store) -> None:
    stored.folder.files.append(PERMIT)
    stored.do(c.LoadPolicies())
    with store.begin() as tx:
        tx.connection.execute(update(t.policies_in_force).values(files=[]))
    stored.epoch.bump()
    with pytest.raises(Corrupt):
        stored.decider.decide(SYSTEM, "system.status", Resource(type="platform", id="seawall"))


def test_a_disabled_principals_grants_end(stored: AccessRoom, store: Store, row_mac: RowMac) -> None:
    ada = stored.new("ada", Role.SECURITY_ENGINEER)
    scan = Resource(type="scan", id="1")
    grants = Grants(store, row_mac)
    grants.issue(
        Grant(id="g", principal_id=ada, action="discover.scan", resource=scan, expires_ms=1 << 50),
        1,
        Record(uid="g", body=b""),
    )
    stored.do(c.DisablePrincipal(principal="ada"))
    with pytest.raises(Denied) as raised:
        grants.check("g", "discover.scan", scan, 5)
    assert raised.value.code == "grant.revoked"


def test_principals_stay_while_the_store_knows_of_their_roles(stored: AccessRoom, store: Store) -> None:
    stored.new("ada", Role.AUDITOR)
    with pytest.raises(Conflict), store.begin() as tx:
        tx.connection.execute(delete(t.principals))
