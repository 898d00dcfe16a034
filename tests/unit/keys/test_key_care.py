"""The kill switch, the archive, dates, periods, places, policies of algorithms, and keys that must stay."""

import msgspec
import pytest

from seawall.capabilities.keys.attributes import DAY_MS, Attributes, Rotation, lies_in
from seawall.capabilities.keys.commands import (
    ActivateKey,
    CreateDomain,
    CreateKey,
    DeactivateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    FinishDestroy,
    GetKey,
    ListKeys,
    RotateKey,
    ShredDomain,
)
from seawall.capabilities.keys.commands_care import (
    ApplyDates,
    ArchiveKey,
    AttributeChanges,
    BlockKey,
    RecoverKey,
    UnblockKey,
    UpdateDomain,
    UpdateKey,
)
from seawall.capabilities.keys.commands_rotation import RotateDue
from seawall.capabilities.keys.model import KeyState, Purpose, Usage
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Conflict, Denied, InvalidInput
from support.keyroom import KeyRoom

DAY = 86_400


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    room.do(CreateKey(domain="bank", name="k"))
    return room


def _encrypt(room, key="k", keys=None):
    return room.do(Encrypt(domain="bank", key=key, plaintext=b"value"), keys).ciphertext


def _decrypt(room, sealed, key="k", keys=None):
    return room.do(Decrypt(domain="bank", key=key, ciphertext=sealed), keys).plaintext


def _refused(code, act, kind=Conflict):
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    return caught.value


def _say(room, key="k", **said):
    return room.do(UpdateKey(domain="bank", key=key, attributes=AttributeChanges(**said)))


def test_a_blocked_key_is_used_by_nobody_and_says_why(room):
    sealed = _encrypt(room)
    other = room.another()
    assert _decrypt(room, sealed, keys=other) == b"value"
    waits = room.lease.waits
    blocked = room.do(BlockKey(domain="bank", key="k", reason="a laptop was stolen"))
    assert (blocked.state, blocked.blocked, blocked.blocked_reason) == (KeyState.ACTIVE, True, "a laptop was stolen")
    assert room.lease.waits == waits + 1
    assert room.last.records[-1][1]["reason"] == "a laptop was stolen"
    for keys in (None, other):
        assert "stolen" in _refused("keys.blocked", lambda keys=keys: _encrypt(room, keys=keys)).text
        _refused("keys.blocked", lambda keys=keys: _decrypt(room, sealed, keys=keys))
    _refused("keys.blocked", lambda: room.do(RotateKey(domain="bank", key="k")))
    room.do(UnblockKey(domain="bank", key="k"))
    assert _decrypt(room, sealed, keys=other) == b"value"


def test_a_block_needs_a_reason_that_can_be_shown():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"domain": "d", "key": "k", "reason": ""}, BlockKey)
    room = KeyRoom()
    command = BlockKey(domain="bank", key="k", reason="a\nb")
    _refused("keys.text", lambda: room.do(command), InvalidInput)


def test_an_archived_key_is_neither_listed_nor_used_and_comes_back(room):
    sealed = _encrypt(room)
    _refused("keys.illegal_transition", lambda: room.do(ArchiveKey(domain="bank", key="k")))
    room.do(DeactivateKey(domain="bank", key="k"))
    assert room.do(ArchiveKey(domain="bank", key="k")).archived
    _refused("keys.archived", lambda: _decrypt(room, sealed))
    assert room.do(ListKeys(domain="bank")).items == []
    assert [key.name for key in room.do(ListKeys(domain="bank", archived=True)).items] == ["k"]
    with room.store.read() as reads:
        assert reads.material(reads.key("bank", "k").id, 1) is not None
    room.do(RecoverKey(domain="bank", key="k"))
    assert _decrypt(room, sealed) == b"value"
    room.do(ArchiveKey(domain="bank", key="k"))
    room.do(DestroyKey(domain="bank", key="k"))
    room.clock.advance(7 * DAY)
    assert room.do(FinishDestroy()).keys == ["bank/k"]


def test_dates_begin_and_end_a_key_and_bind_users_before_anybody_looks(room):
    now = room.clock.now_ms()
    said = Attributes(activation_ms=now + DAY_MS, deactivation_ms=now + 3 * DAY_MS)
    made = room.do(CreateKey(domain="bank", name="dated", attributes=said))
    assert made.state is KeyState.PRE_ACTIVE
    assert room.do(ApplyDates()).activated == []
    _refused("keys.pre_active", lambda: _encrypt(room, "dated"))
    room.clock.advance(DAY)
    assert room.do(ApplyDates(domain="bank")).activated == ["bank/dated"]
    assert room.last.records[-1][1]["state"] == "active"
    assert room.last.records[-1][2].id == "bank/dated"
    sealed = _encrypt(room, "dated")
    # The key is held; it expires where its date comes, however long keys are held.
    room.clock.advance(2 * DAY - 0.2)
    assert _encrypt(room, "dated")
    room.clock.advance(0.2)
    _refused("keys.deactivated", lambda: _encrypt(room, "dated"))
    assert _decrypt(room, sealed, "dated") == b"value"
    assert room.do(GetKey(domain="bank", key="dated")).state is KeyState.ACTIVE
    assert room.do(ApplyDates()).deactivated == ["bank/dated"]
    assert room.do(GetKey(domain="bank", key="dated")).state is KeyState.DEACTIVATED
    assert room.do(ApplyDates()) == room.do(ApplyDates())


def test_a_key_that_is_to_end_before_anybody_looked_begins_and_ends(room):
    now = room.clock.now_ms()
    said = Attributes(activation_ms=now + 1000, deactivation_ms=now + 2000)
    room.do(CreateKey(domain="bank", name="short", attributes=said))
    room.clock.advance(9)
    assert room.do(ApplyDates()).activated == ["bank/short"]
    assert room.do(ApplyDates()).deactivated == ["bank/short"]


def test_a_date_that_was_left_alone_does_not_stop_what_people_do(room):
    said = Attributes(activation_ms=room.clock.now_ms() + DAY_MS)
    room.do(CreateKey(domain="bank", name="dated", attributes=said))
    room.do(ActivateKey(domain="bank", key="dated"))
    room.clock.advance(2 * DAY)
    assert room.do(ApplyDates()).activated == []


def test_a_version_protects_and_processes_for_its_periods(room):
    _say(room, originator_days=10, recipient_days=30)
    first = _encrypt(room)
    room.clock.advance(10 * DAY - 1)
    assert _encrypt(room)
    room.clock.advance(1)
    assert "Rotate" in str(_refused("keys.originator_period_over", lambda: _encrypt(room)).remedy)
    assert _decrypt(room, first) == b"value"
    room.do(RotateKey(domain="bank", key="k"))
    second = _encrypt(room)
    room.clock.advance(20 * DAY - 1)
    assert _decrypt(room, first) == _decrypt(room, second) == b"value"
    room.clock.advance(1)
    _refused("keys.recipient_period_over", lambda: _decrypt(room, first))
    assert _decrypt(room, second) == b"value"
    _say(room, recipient_days=60)
    assert _decrypt(room, first) == b"value"


def test_a_node_uses_a_key_where_it_may_be_used(room):
    sealed = _encrypt(room)
    _say(room, jurisdictions=("DE", "CH-ZH"))
    here = {place: room.another(jurisdiction=place) for place in ("", "FR", "CH", "CH-ZH", "DE", "DE-BY", "DEU")}
    for place, keys in here.items():
        if place in {"CH-ZH", "DE", "DE-BY"}:
            assert _decrypt(room, sealed, keys=keys) == b"value"
            assert room.do(RotateKey(domain="bank", key="k"), keys)
        else:
            for act in (
                lambda keys=keys: _decrypt(room, sealed, keys=keys),
                lambda keys=keys: _encrypt(room, keys=keys),
                lambda keys=keys: room.do(RotateKey(domain="bank", key="k"), keys),
            ):
                refused = _refused("keys.jurisdiction", act, Denied)
                assert "CH-ZH, DE alone" in refused.text


def test_a_domain_bounds_the_places_of_its_keys(room):
    room.do(UpdateDomain(domain="bank", jurisdictions=("DE",)))
    _refused("keys.jurisdiction", lambda: _encrypt(room), Denied)
    german = room.another(jurisdiction="DE-BY")
    assert _encrypt(room, keys=german)
    _refused("keys.jurisdiction_outside", lambda: _say(room, jurisdictions=("CH",)))
    _say(room, jurisdictions=("DE-BE",))
    _refused("keys.jurisdiction", lambda: _encrypt(room, keys=german), Denied)
    new = CreateKey(domain="bank", name="new")
    _refused("keys.jurisdiction", lambda: room.do(new), Denied)
    assert room.do(new, german).state is KeyState.ACTIVE


@pytest.mark.parametrize(("place", "places", "inside"), [
    ("DE", ("DE",), True), ("DE-BY", ("DE",), True), ("DE", ("DE-BY",), False), ("DEX", ("DE",), False),
    ("", ("DE",), False), ("", (), False), ("DE-BYX", ("DE-BY",), False),
])  # fmt: skip
def test_a_part_lies_in_the_whole_and_a_prefix_does_not(place, places, inside):
    assert lies_in(place, places) is inside


def test_a_forbidden_algorithm_makes_no_key_and_protects_nothing_but_is_still_read(room):
    room.do(CreateKey(domain="bank", name="old", algorithm=Algorithm.AES_128, mechanisms=(Mechanism.GCM_SIV,)))
    room.do(UpdateDomain(domain="bank", minimum_strength=192))
    weak = CreateKey(domain="bank", name="weak", algorithm=Algorithm.AES_128)
    assert "128 bits" in _refused("keys.algorithm_forbidden", lambda: room.do(weak)).text
    _refused("keys.algorithm_forbidden", lambda: room.do(RotateKey(domain="bank", key="old")))
    assert room.do(RotateKey(domain="bank", key="old", algorithm=Algorithm.AES_256)).version == 2
    sealed = _encrypt(room)
    room.do(UpdateDomain(domain="bank", forbidden_mechanisms=(Mechanism.XAES_256_GCM,)))
    _refused("keys.algorithm_forbidden", lambda: _encrypt(room))
    assert _decrypt(room, sealed) == b"value"
    room.do(UpdateDomain(domain="bank", forbidden_mechanisms=(), forbidden_algorithms=(Algorithm.AES_256,)))
    _refused("keys.algorithm_forbidden", lambda: _encrypt(room))
    _refused("keys.algorithm_forbidden", lambda: room.do(CreateKey(domain="bank", name="n")))
    assert _decrypt(room, sealed) == b"value"


def test_what_a_policy_says_holds_and_the_rest_stays(room):
    before = room.do(UpdateDomain(domain="bank", deactivated_decrypts=False))
    assert (before.revision, before.waiting_days, before.deactivated_decrypts) == (2, 7, False)
    _refused("keys.revision", lambda: room.do(UpdateDomain(domain="bank", waiting_days=9, if_revision=1)))
    assert room.do(UpdateDomain(domain="bank", waiting_days=9, if_revision=2)).revision == 3
    sealed = _encrypt(room)
    room.do(DeactivateKey(domain="bank", key="k"))
    _refused("keys.deactivated", lambda: _decrypt(room, sealed))
    for code, wrong in (
        ("keys.waiting_days", {"waiting_days": 3}),
        ("keys.minimum_strength", {"minimum_strength": 257}),
        ("keys.jurisdiction_name", {"jurisdictions": ("Germany",)}),
        ("keys.nothing_changed", {}),
    ):
        _refused(code, lambda wrong=wrong: room.do(UpdateDomain(domain="bank", **wrong)), InvalidInput)


def test_what_is_said_of_a_key_changes_alone_and_counts(room):
    waits = room.lease.waits
    changed = _say(room, labels={"team": "pay"}, owner="ops", rotation=Rotation(age_days=3))
    assert (changed.revision, changed.attributes.owner) == (2, "ops")
    assert changed.rotate_after_ms == room.clock.now_ms() + 3 * DAY_MS
    assert room.last.records[-1][1]["changed"] == ["labels", "owner", "rotation"]
    assert room.lease.waits == waits, "labels take no use away"
    assert msgspec.to_builtins(_say(room, rotation=Rotation()).attributes) == {
        "labels": {"team": "pay"},
        "owner": "ops",
    }
    again = _say(room, owner="", jurisdictions=("FR", "DE", "DE"))
    assert again.attributes.jurisdictions == ("DE", "FR")
    assert again.attributes.labels == {"team": "pay"}
    assert room.lease.waits == waits + 1
    stale = UpdateKey(domain="bank", key="k", attributes=AttributeChanges(owner="x"), if_revision=3)
    assert _refused("keys.revision", lambda: room.do(stale)).field == "if_revision"
    _refused("keys.nothing_changed", lambda: _say(room), InvalidInput)


@pytest.mark.parametrize(("code", "said"), [
    ("keys.labels", {"labels": {"Team": "x"}}),
    ("keys.labels", {"labels": {f"l{n}": "" for n in range(65)}}),
    ("keys.text", {"labels": {"l": "x" * 257}}),
    ("keys.text", {"owner": "a\x00b"}),
    ("keys.text", {"justification": "x" * 1025}),
    ("keys.jurisdiction_name", {"jurisdictions": ("de",)}),
    ("keys.dates", {"activation_ms": 5, "deactivation_ms": 5}),
    ("keys.dates", {"activation_ms": -5}),
    ("keys.dates", {"rotation": Rotation(at_ms=2**60)}),
    ("keys.periods", {"originator_days": 9, "recipient_days": 8}),
])  # fmt: skip
def test_what_cannot_be_said_is_refused_by_name(room, code, said):
    _refused(code, lambda: _say(room, **said), InvalidInput)
    _refused(code, lambda: room.do(CreateKey(domain="bank", name="n", attributes=Attributes(**said))), InvalidInput)


def test_a_usage_mask_narrows_the_purpose_and_never_widens_it(room):
    made = room.do(CreateKey(domain="bank", name="w", usage=(Usage.ENCRYPT,)))
    assert made.usage == [Usage.ENCRYPT]
    wider = CreateKey(domain="bank", name="x", usage=(Usage.ENCRYPT, Usage.WRAP_KEY))
    assert "wrap_key" in _refused("keys.usage", lambda: room.do(wider), InvalidInput).text
    back = UpdateKey(domain="bank", key="w", usage=(Usage.ENCRYPT, Usage.DECRYPT))
    assert room.do(back).usage == [Usage.DECRYPT, Usage.ENCRYPT]
    _refused("keys.usage", lambda: room.do(UpdateKey(domain="bank", key="w", usage=(Usage.SIGN,))), InvalidInput)


def test_an_undeletable_key_keeps_itself_and_its_domain(room):
    _say(room, undeletable=True)
    _refused("keys.undeletable", lambda: room.do(DestroyKey(domain="bank", key="k")))
    refused = _refused("keys.undeletable", lambda: room.do(ShredDomain(domain="bank")))
    assert "bank/k" in refused.text
    _say(room, undeletable=False)
    room.do(DestroyKey(domain="bank", key="k"))
    _refused("keys.pending_destruction", lambda: _say(room, undeletable=True))
    room.do(CreateKey(domain="bank", name="other", purpose=Purpose.TOKENISE))
    room.do(ShredDomain(domain="bank"))
    _refused("keys.pending_destruction", lambda: _say(room, "other", undeletable=True))


def test_rotation_is_due_by_age_by_date_and_not_twice(room):
    now = room.clock.now_ms()
    _say(room, rotation=Rotation(age_days=5, at_ms=now + 2 * DAY_MS))
    assert room.do(ListKeys(rotation_due=True)).items == []
    room.clock.advance(2 * DAY)
    assert [key.name for key in room.do(ListKeys(rotation_due=True)).items] == ["k"]
    rotated = room.do(RotateKey(domain="bank", key="k"))
    assert rotated.rotate_after_ms == now + 7 * DAY_MS
    assert room.do(ListKeys(rotation_due=True)).items == []
    assert room.do(BlockKey(domain="bank", key="k", reason="x")).rotate_after_ms is None


@pytest.mark.parametrize("command", [FinishDestroy(), ApplyDates(), RotateDue()], ids=lambda one: one.action)
def test_what_needs_others_there_is_not_done_by_naming_no_domain(room, command):
    ends = Attributes(deactivation_ms=room.clock.now_ms() + DAY_MS)
    room.do(CreateKey(domain="bank", name="ends", attributes=ends))
    room.do(CreateKey(domain="bank", name="old", attributes=Attributes(rotation=Rotation(age_days=1))))
    room.do(CreateDomain(name="shop", waiting_days=7))
    room.do(DestroyKey(domain="bank", key="k"))
    room.do(ShredDomain(domain="shop"))
    room.clock.advance(8 * DAY)
    turn = room.turn(deny=frozenset({command.action}))
    done = msgspec.to_builtins(room.keys.handlers()[type(command)](turn, command))
    assert not any(done.values())
    assert turn.records == []
    asked = {
        "keys.finish_destroy": {"shop", "bank/k"},
        "keys.apply_dates": {"bank/ends"},
        "keys.rotate_due": {"bank/old"},
    }
    assert set(turn.checked) == {(command.action, thing) for thing in asked[command.action]}
    assert any(msgspec.to_builtins(room.do(command)).values())
