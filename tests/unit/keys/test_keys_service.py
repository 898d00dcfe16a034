"""The use cases together, on the memory store: what can be done with keys, and what is refused how."""

import pytest

from seawall.capabilities.keys.commands import (
    ActivateKey,
    CancelDestroyKey,
    CancelShred,
    CompromiseKey,
    CreateDomain,
    CreateKey,
    DeactivateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    FinishDestroy,
    GetKey,
    ListDomains,
    ListKeys,
    ResumeKey,
    Rewrap,
    RotateKey,
    ShredDomain,
    SuspendKey,
)
from seawall.capabilities.keys.model import KeyState, Purpose
from seawall.crypto.envelope import parse
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, Unavailable
from seawall.kernel.terms import Principal, Role
from support.keyroom import KeyRoom

DAY = 86_400


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    room.do(CreateKey(domain="bank", name="k"))
    return room


def _encrypt(room, value=b"value", key="k", **more):
    return room.do(Encrypt(domain="bank", key=key, plaintext=value, **more)).ciphertext


def _decrypt(room, ciphertext, key="k", **more):
    return room.do(Decrypt(domain="bank", key=key, ciphertext=ciphertext, **more)).plaintext


def _refused(code, act, kind=Conflict):
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("value", [b"", b"x", bytes(range(256)) * 40])
def test_what_was_encrypted_decrypts(room, value):
    assert _decrypt(room, _encrypt(room, value)) == value


def test_an_answer_names_the_version_and_so_does_the_record(room):
    answer = room.do(Encrypt(domain="bank", key="k", plaintext=b"x"))
    assert answer.version == parse(answer.ciphertext).version == room.last.facts["version"] == 1


def test_a_context_is_needed_again(room):
    sealed = _encrypt(room, context="row 7")
    assert _decrypt(room, sealed, context="row 7") == b"value"
    for wrong in ("row 8", "", "row 7 "):
        _refused("keys.not_opened", lambda wrong=wrong: _decrypt(room, sealed, context=wrong), InvalidInput)


def test_a_key_opens_its_own_alone(room):
    room.do(CreateKey(domain="bank", name="other"))
    room.do(CreateDomain(name="shop"))
    room.do(CreateKey(domain="shop", name="k"))
    sealed = _encrypt(room)
    _refused("envelope.other_key", lambda: _decrypt(room, sealed, key="other"), InvalidInput)
    _refused("envelope.other_key", lambda: room.do(Decrypt(domain="shop", key="k", ciphertext=sealed)), InvalidInput)


def test_a_changed_ciphertext_is_refused_wherever_it_was_changed(room):
    sealed = _encrypt(room)
    for i in range(len(sealed)):
        changed = bytearray(sealed)
        changed[i] ^= 1
        with pytest.raises((InvalidInput, Corrupt)):
            _decrypt(room, bytes(changed))
    for cut in (b"", sealed[:10], sealed[:-1], b"\0" * 100):
        with pytest.raises((InvalidInput, Corrupt)):
            _decrypt(room, cut)


def test_old_versions_decrypt_after_a_rotation_and_rewrap_moves_on(room):
    old = _encrypt(room)
    assert room.do(RotateKey(domain="bank", key="k")).version == 2
    assert parse(_encrypt(room)).version == 2
    assert _decrypt(room, old) == b"value"
    moved = room.do(Rewrap(domain="bank", key="k", ciphertext=old))
    assert (moved.version, parse(moved.ciphertext).version) == (2, 2)
    assert room.last.facts == {"version": 2, "old_version": 1}
    assert _decrypt(room, moved.ciphertext) == b"value"
    checks = {version.key_check_value for version in room.do(GetKey(domain="bank", key="k")).versions}
    assert len(checks) == 2
    assert all(len(check) == 10 for check in checks)


def test_unknown_names_say_which(room):
    _refused("keys.domain_unknown", lambda: room.do(Encrypt(domain="no", key="k", plaintext=b"")), NotFound)
    _refused("keys.unknown", lambda: _encrypt(room, key="no"), NotFound)
    _refused("keys.unknown", lambda: room.do(RotateKey(domain="bank", key="no")), NotFound)
    _refused("keys.domain_unknown", lambda: room.do(GetKey(domain="no", key="k")), NotFound)
    _refused("keys.domain_unknown", lambda: room.do(CreateKey(domain="no", name="k")), NotFound)
    _refused("keys.domain_unknown", lambda: room.do(ListKeys(domain="no")), NotFound)


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a/b", "x" * 65, "é"])
def test_names_are_checked(room, name):
    _refused("name.invalid", lambda: room.do(CreateKey(domain="bank", name=name)), InvalidInput)
    _refused("name.invalid", lambda: room.do(CreateDomain(name=name)), InvalidInput)


def test_names_are_taken_once(room):
    _refused("keys.exists", lambda: room.do(CreateKey(domain="bank", name="k")))
    _refused("keys.domain_exists", lambda: room.do(CreateDomain(name="bank")))


def test_a_key_made_without_activation_waits_for_it(room):
    made = room.do(CreateKey(domain="bank", name="later", activate=False))
    assert made.state is KeyState.PRE_ACTIVE
    assert made.legal == ["activate", "compromise", "destroy", "block"]
    _refused("keys.pre_active", lambda: _encrypt(room, key="later"))
    room.do(ActivateKey(domain="bank", key="later"))
    assert _encrypt(room, key="later")


def test_a_suspended_key_does_nothing_until_it_is_resumed(room):
    sealed = _encrypt(room)
    assert room.do(SuspendKey(domain="bank", key="k")).state is KeyState.SUSPENDED
    assert room.lease.waits == 1
    for act in (
        lambda: _encrypt(room),
        lambda: _decrypt(room, sealed),
        lambda: room.do(Rewrap(domain="bank", key="k", ciphertext=sealed)),
    ):
        assert _refused("keys.suspended", act).remedy
    room.do(ResumeKey(domain="bank", key="k"))
    assert _decrypt(room, sealed) == b"value"


def test_a_deactivated_key_reads_where_policy_allows_it(room):
    room.do(CreateDomain(name="strict", deactivated_decrypts=False))
    room.do(CreateKey(domain="strict", name="k"))
    lax, strict = _encrypt(room), room.do(Encrypt(domain="strict", key="k", plaintext=b"v")).ciphertext
    for domain in ("bank", "strict"):
        room.do(DeactivateKey(domain=domain, key="k"))
    assert _decrypt(room, lax) == b"value"
    _refused("keys.deactivated", lambda: _encrypt(room))
    _refused("keys.deactivated", lambda: room.do(Rewrap(domain="bank", key="k", ciphertext=lax)))
    _refused("keys.deactivated", lambda: room.do(Decrypt(domain="strict", key="k", ciphertext=strict)))


def test_a_compromised_key_reads_only_under_a_policy_that_says_so(room):
    room.do(CreateDomain(name="rescue", compromised_decrypts=True))
    room.do(CreateKey(domain="rescue", name="k"))
    plain, rescued = _encrypt(room), room.do(Encrypt(domain="rescue", key="k", plaintext=b"v")).ciphertext
    for domain in ("bank", "rescue"):
        room.do(CompromiseKey(domain=domain, key="k"))
    _refused("keys.compromised", lambda: _decrypt(room, plain))
    assert room.do(Decrypt(domain="rescue", key="k", ciphertext=rescued)).plaintext == b"v"


def test_destruction_blocks_at_once_can_be_cancelled_and_is_carried_out_when_due(room):
    sealed = _encrypt(room)
    asked = room.do(DestroyKey(domain="bank", key="k"))
    assert asked.destroy_after_ms == room.clock.now_ms() + 7 * DAY * 1000
    assert asked.state is KeyState.ACTIVE
    _refused("keys.pending_destruction", lambda: _decrypt(room, sealed))
    assert room.do(FinishDestroy()).keys == []
    room.do(CancelDestroyKey(domain="bank", key="k"))
    assert _decrypt(room, sealed) == b"value"
    room.do(RotateKey(domain="bank", key="k"))
    room.do(DestroyKey(domain="bank", key="k"))
    room.clock.advance(7 * DAY)
    done = room.do(FinishDestroy())
    assert (done.keys, done.domains, done.erased_versions) == (["bank/k"], [], 2)
    assert [resource.id for _, _, resource in room.last.records] == ["bank/k"]
    gone = _refused("keys.destroyed", lambda: _decrypt(room, sealed))
    assert "was destroyed at 2026-01-" in gone.text
    _refused("keys.exists", lambda: room.do(CreateKey(domain="bank", name="k")))
    _refused("keys.illegal_transition", lambda: room.do(CancelDestroyKey(domain="bank", key="k")))
    assert room.do(CompromiseKey(domain="bank", key="k")).state is KeyState.DESTROYED_COMPROMISED
    assert room.do(FinishDestroy()).keys == []


def test_a_clock_that_goes_back_destroys_nothing_early(room):
    room.do(DestroyKey(domain="bank", key="k"))
    room.clock.advance(-400 * DAY)
    assert room.do(FinishDestroy()).keys == []
    assert room.do(CancelDestroyKey(domain="bank", key="k")).state is KeyState.ACTIVE


def test_finishing_one_domain_leaves_the_others(room):
    room.do(CreateDomain(name="shop", waiting_days=7))
    room.do(CreateKey(domain="shop", name="k"))
    for domain in ("bank", "shop"):
        room.do(DestroyKey(domain=domain, key="k"))
    room.clock.advance(8 * DAY)
    assert room.do(FinishDestroy(domain="shop")).keys == ["shop/k"]
    assert room.do(FinishDestroy()).keys == ["bank/k"]


def test_who_acts_in_one_domain_finishes_nothing_of_another_and_hears_nothing_of_it(room):
    room.do(CreateDomain(name="shop", waiting_days=7))
    room.do(CreateDomain(name="gone", waiting_days=7))
    room.do(CreateKey(domain="shop", name="k"))
    for domain in ("bank", "shop"):
        room.do(DestroyKey(domain=domain, key="k"))
    room.do(ShredDomain(domain="gone"))
    room.clock.advance(8 * DAY)
    of_shop = Principal(id="s", name="s", roles=frozenset({Role.CUSTODIAN}), domains=frozenset({"shop"}))
    mine = room.do(FinishDestroy(), principal=of_shop)
    assert (mine.keys, mine.domains) == (["shop/k"], [])
    everything = room.do(FinishDestroy())
    assert (everything.keys, everything.domains) == (["bank/k"], ["gone"])


def test_a_trial_domain_destroys_at_once(room):
    room.do(CreateDomain(name="trial", waiting_days=0, trial=True))
    room.do(CreateKey(domain="trial", name="k"))
    assert room.do(DestroyKey(domain="trial", key="k")).state is KeyState.DESTROYED
    room.do(CreateKey(domain="trial", name="other"))
    sealed = room.do(Encrypt(domain="trial", key="other", plaintext=b"x")).ciphertext
    done = room.do(ShredDomain(domain="trial"))
    assert (done.domain.state, done.erased_versions) == ("destroyed", 1)
    gone = _refused("keys.destroyed", lambda: room.do(Decrypt(domain="trial", key="other", ciphertext=sealed)))
    assert "domain trial was crypto-shredded at 2026" in gone.text
    assert room.do(GetKey(domain="trial", key="other")).state is KeyState.DESTROYED
    _refused("keys.destroyed", lambda: room.do(CreateKey(domain="trial", name="new")))
    _refused("keys.destroyed", lambda: room.do(RotateKey(domain="trial", key="other")))
    _refused("keys.destroyed", lambda: room.do(ShredDomain(domain="trial")))
    _refused("keys.domain_exists", lambda: room.do(CreateDomain(name="trial")))
    assert _decrypt(room, _encrypt(room)) == b"value"


def test_an_ordinary_domain_waits_to_be_shredded(room):
    sealed = _encrypt(room)
    asked = room.do(ShredDomain(domain="bank"))
    assert (asked.domain.state, asked.erased_versions) == ("active", 0)
    assert asked.domain.shred_after_ms == room.clock.now_ms() + 7 * DAY * 1000
    for act in (
        lambda: _decrypt(room, sealed),
        lambda: _encrypt(room),
        lambda: room.do(CreateKey(domain="bank", name="n")),
        lambda: room.do(RotateKey(domain="bank", key="k")),
    ):
        _refused("keys.pending_destruction", act)
    _refused("keys.not_due", lambda: room.do(ShredDomain(domain="bank")))
    room.do(CancelShred(domain="bank"))
    assert _decrypt(room, sealed) == b"value"
    _refused("keys.not_pending", lambda: room.do(CancelShred(domain="bank")))
    room.do(ShredDomain(domain="bank"))
    room.clock.advance(7 * DAY)
    assert room.do(FinishDestroy()).domains == ["bank"]
    _refused("keys.destroyed", lambda: _decrypt(room, sealed))


def test_an_erasure_that_did_not_take_is_an_error(room, monkeypatch):
    room.do(CreateDomain(name="trial", waiting_days=0, trial=True))
    room.do(CreateKey(domain="trial", name="k"))
    monkeypatch.setattr(room.store, "remaining", lambda **_: 1)
    _refused("keys.erase_incomplete", lambda: room.do(ShredDomain(domain="trial")), Corrupt)


def test_purposes_are_not_mixed(room):
    room.do(CreateKey(domain="bank", name="tokens", purpose=Purpose.TOKENISE))
    _refused("keys.purpose", lambda: _encrypt(room, key="tokens"), InvalidInput)
    _refused("keys.purpose", lambda: _decrypt(room, _encrypt(room), key="tokens"), InvalidInput)


def test_each_change_leaves_one_record_in_its_transaction(room):
    before = len(room.store.records)
    room.do(RotateKey(domain="bank", key="k"))
    assert len(room.store.records) == before + 1
    ((_, facts, _),) = room.last.records
    assert facts["version"] == 2
    assert len(facts["key_check_value"]) == 10
    with pytest.raises(Conflict):
        room.do(ResumeKey(domain="bank", key="k"))
    assert len(room.store.records) == before + 1


def test_lists_show_what_there_is(room):
    room.do(CreateKey(domain="bank", name="b", purpose=Purpose.TOKENISE))
    first = room.do(ListKeys(limit=1))
    assert ([key.name for key in first.items], first.next_cursor) == (["b"], "bank/b")
    assert [key.name for key in room.do(ListKeys(cursor=first.next_cursor)).items] == ["k"]
    assert [domain.name for domain in room.do(ListDomains()).items] == ["bank"]
    for limit in (0, 1001):
        _refused("page.limit", lambda limit=limit: room.do(ListKeys(limit=limit)), InvalidInput)


def test_the_inventory_says_root_domains_and_keys(room):
    room.clock.advance(3 * DAY)
    room.do(RotateKey(domain="bank", key="k"))
    room.clock.advance(2 * DAY)
    facts = {fact.kind: fact for fact in room.keys.inventory(room.clock.now_ms())}
    assert set(facts) == {"keys.root", "keys.domain", "keys.inventory"}
    value = facts["keys.inventory"].value
    assert (value["state"], value["versions"], value["purpose"]) == ("active", 2, "encrypt")
    assert value["age_ms"] == 5 * DAY * 1000
    assert value["since_rotation_ms"] == 2 * DAY * 1000
    assert facts["keys.inventory"].subject == "bank/k"
    assert facts["keys.domain"].value["waiting_days"] == 7
    assert facts["keys.root"].value["kind"] == "memory"


def test_a_material_row_put_in_another_place_opens_nothing(room):
    room.do(CreateKey(domain="bank", name="other"))
    state = room.store._state
    mine, other = (state.keys["bank", name].id for name in ("k", "other"))
    state.materials[mine, 1] = state.materials[other, 1]
    _refused("keys.material_corrupt", lambda: _encrypt(room), Corrupt)
    del state.materials[mine, 1]
    _refused("keys.material_missing", lambda: _encrypt(room), Corrupt)


def test_a_kek_row_of_another_domain_opens_nothing(room):
    room.do(CreateDomain(name="shop"))
    state = room.store._state
    state.keks[state.domains["bank"].id, 1] = state.keks[state.domains["shop"].id, 1]
    # A process that has not unwrapped the right one yet.
    _refused(
        "root.unwrap_failed",
        lambda: room.do(Encrypt(domain="bank", key="k", plaintext=b"x"), room.another()),
        Corrupt,
    )


def test_a_closed_room_does_nothing(room):
    room.keys.close()
    _refused("root.closed", lambda: _encrypt(room), Unavailable)
