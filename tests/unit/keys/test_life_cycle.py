"""The life cycle: every legal transition, every illegal one, and what each state may be used for."""

from dataclasses import replace
from uuid import UUID

import pytest

from seawall.capabilities.keys.domain import DAY_MS, Domain, DomainPolicy
from seawall.capabilities.keys.model import GONE, LEGAL, Key, KeyState, KeyVersion, LifeCycle, Purpose, Transition, Use
from seawall.kernel.errors import Conflict, InvalidInput

S, T = KeyState, Transition
# SP 800-57 part 1 rev. 5, section 7.2, written out by hand as the independent table.
BOOK = {
    (S.PRE_ACTIVE, T.ACTIVATE): S.ACTIVE,
    (S.PRE_ACTIVE, T.COMPROMISE): S.COMPROMISED,
    (S.PRE_ACTIVE, T.DESTROY): S.DESTROYED,
    (S.ACTIVE, T.SUSPEND): S.SUSPENDED,
    (S.ACTIVE, T.DEACTIVATE): S.DEACTIVATED,
    (S.ACTIVE, T.COMPROMISE): S.COMPROMISED,
    (S.ACTIVE, T.DESTROY): S.DESTROYED,
    (S.SUSPENDED, T.RESUME): S.ACTIVE,
    (S.SUSPENDED, T.DEACTIVATE): S.DEACTIVATED,
    (S.SUSPENDED, T.COMPROMISE): S.COMPROMISED,
    (S.SUSPENDED, T.DESTROY): S.DESTROYED,
    (S.DEACTIVATED, T.COMPROMISE): S.COMPROMISED,
    (S.DEACTIVATED, T.DESTROY): S.DESTROYED,
    (S.COMPROMISED, T.DESTROY): S.DESTROYED_COMPROMISED,
    (S.DESTROYED, T.COMPROMISE): S.DESTROYED_COMPROMISED,
}
# What stands beside a state, in every state that lives: the kill switch; and the archive after operation.
BESIDE = {(state, T.BLOCK) for state in S if state not in GONE} | {
    (S.DEACTIVATED, T.ARCHIVE),
    (S.COMPROMISED, T.ARCHIVE),
}


def _take(life: LifeCycle, transition: Transition, now_ms: int = 50, after_ms: int = 60) -> LifeCycle:
    if transition is T.DESTROY:
        return life.destroy(now_ms, after_ms)
    if transition is T.BLOCK:
        return life.block(now_ms, "stolen laptop")
    return getattr(life, transition.value)(now_ms)


def test_the_table_is_the_books():
    assert {(state, step): to for state, steps in LEGAL.items() for step, to in steps.items()} == BOOK


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("transition", Transition)
def test_every_pair_is_legal_or_refused_by_name(state, transition):
    life = LifeCycle(created_ms=1, state=state)
    target = state if (state, transition) in BESIDE else BOOK.get((state, transition))
    if target is None:
        with pytest.raises(Conflict) as caught:
            _take(life, transition)
        assert caught.value.code == "keys.illegal_transition"
        legal = [step for (at, step) in {*BOOK, *BESIDE} if at is state]
        assert all(step in caught.value.text for step in legal)
        assert legal or "nothing is legal any more" in caught.value.text
    elif transition is T.DESTROY:
        asked = _take(life, transition)
        assert (asked.state, asked.destroy_requested_ms, asked.destroy_after_ms) == (state, 50, 60)
        assert asked.finish_destroy(60).state is target
    else:
        assert _take(life, transition).state is target


@pytest.mark.parametrize("state", [state for state in KeyState if state not in GONE])
def test_while_destruction_is_pending_little_else_is_legal(state):
    asked = LifeCycle(created_ms=1, state=state).destroy(50, 60)
    assert asked.pending_destruction
    expected = {T.CANCEL_DESTROY, T.FINISH_DESTROY, T.BLOCK} | ({T.COMPROMISE} if state is not S.COMPROMISED else set())
    assert set(asked.legal()) == expected
    for transition in set(Transition) - expected:
        with pytest.raises(Conflict) as caught:
            _take(asked, transition)
        assert "destruction pending" in caught.value.text
    assert asked.cancel_destroy(55) == LifeCycle(created_ms=1, state=state)
    with pytest.raises(Conflict) as early:
        asked.finish_destroy(59)
    assert early.value.code == "keys.not_due"
    gone = asked.finish_destroy(60)
    assert gone.state in GONE
    assert gone.destroyed_ms == 60
    assert not gone.pending_destruction


@pytest.mark.parametrize("state", [state for state in KeyState if state not in GONE])
def test_a_block_leaves_the_state_and_every_other_transition_as_they_were(state):
    life = LifeCycle(created_ms=1, state=state)
    blocked = life.block(5, "stolen laptop")
    assert (blocked.state, blocked.blocked, blocked.blocked_reason) == (state, True, "stolen laptop")
    assert set(blocked.legal()) == set(life.legal()) - {T.BLOCK} | {T.UNBLOCK}
    with pytest.raises(Conflict) as twice:
        blocked.block(6, "again")
    assert f"{state}, blocked" in twice.value.text
    assert blocked.unblock(7) == life


@pytest.mark.parametrize("state", [S.DEACTIVATED, S.COMPROMISED])
def test_what_is_archived_is_recovered_destroyed_or_compromised_and_nothing_else(state):
    life = LifeCycle(created_ms=1, state=state)
    kept = life.archive(5)
    assert (kept.state, kept.archived_ms) == (state, 5)
    compromise = {T.COMPROMISE} if state is S.DEACTIVATED else set()
    assert set(kept.legal()) == {T.RECOVER, T.DESTROY, T.BLOCK} | compromise
    assert kept.recover(6) == life
    gone = kept.destroy(6, 7).finish_destroy(7)
    assert gone.state in GONE
    assert gone.archived


def test_every_transition_leaves_its_time():
    life = LifeCycle(created_ms=1).activate(2).suspend(3).resume(4).deactivate(5).compromise(6).destroy(7, 8)
    gone = life.finish_destroy(9)
    assert gone == LifeCycle(
        created_ms=1,
        state=S.DESTROYED_COMPROMISED,
        activated_ms=2,
        suspended_ms=3,
        deactivated_ms=5,
        compromised_ms=6,
        destroy_requested_ms=7,
        destroy_after_ms=8,
        destroyed_ms=9,
    )


def test_a_compromise_is_recorded_while_destruction_is_pending_and_after_it():
    pending = LifeCycle(created_ms=1, state=S.ACTIVE).destroy(2, 9).compromise(3)
    assert (pending.state, pending.pending_destruction) == (S.COMPROMISED, True)
    assert pending.finish_destroy(9).state is S.DESTROYED_COMPROMISED
    assert LifeCycle(created_ms=1).shred(5).compromise(6).state is S.DESTROYED_COMPROMISED


def test_a_shred_takes_every_state_and_keeps_a_tombstone_as_it_was():
    for state in KeyState:
        life = LifeCycle(created_ms=1, state=state)
        assert life.shred(5).state in GONE
        assert (life.shred(5) == life) == (state in GONE)


def _key(state=S.ACTIVE, **life) -> Key:
    return Key(
        id=UUID(int=1),
        domain_id=UUID(int=2),
        domain="d",
        name="k",
        purpose=Purpose.ENCRYPT,
        life=LifeCycle(created_ms=1, state=state, **life),
        versions=(KeyVersion(number=1, created_ms=1, key_check_value="00"),),
    )


USES = {
    S.PRE_ACTIVE: (False, False),
    S.ACTIVE: (True, True),
    S.SUSPENDED: (False, False),
    S.DEACTIVATED: (False, True),
    S.COMPROMISED: (False, False),
}


@pytest.mark.parametrize(("state", "allowed"), USES.items())
def test_what_each_state_may_be_used_for(state, allowed):
    for use, may in zip((Use.PROTECT, Use.PROCESS), allowed, strict=True):
        if may:
            DomainPolicy().allows(_key(state), use, now_ms=1)
        else:
            with pytest.raises(Conflict) as caught:
                DomainPolicy().allows(_key(state), use, now_ms=1)
            assert caught.value.code == f"keys.{state}"


def test_policy_decides_what_deactivated_and_compromised_keys_still_read():
    strict = DomainPolicy(deactivated_decrypts=False)
    with pytest.raises(Conflict):
        strict.allows(_key(S.DEACTIVATED), Use.PROCESS, now_ms=1)
    rescue = DomainPolicy(compromised_decrypts=True)
    rescue.allows(_key(S.COMPROMISED), Use.PROCESS, now_ms=1)
    for state in (S.COMPROMISED, S.DEACTIVATED):
        with pytest.raises(Conflict):
            rescue.allows(_key(state), Use.PROTECT, now_ms=1)


def test_pending_and_destroyed_keys_say_when():
    with pytest.raises(Conflict) as pending:
        DomainPolicy().allows(_key(destroy_after_ms=86_400_000), Use.PROCESS, now_ms=1)
    assert pending.value.code == "keys.pending_destruction"
    assert "1970-01-02" in pending.value.text
    with pytest.raises(Conflict) as gone:
        DomainPolicy().allows(_key(S.DESTROYED, destroyed_ms=86_400_000), Use.PROCESS, now_ms=1)
    assert gone.value.code == "keys.destroyed"
    assert "1970-01-02" in gone.value.text


@pytest.mark.parametrize(("days", "trial", "good"), [
    (7, False, True), (30, False, True), (90, False, True), (6, False, False), (91, False, False),
    (0, False, False), (0, True, True), (3, True, False), (-1, True, False), (7, True, True),
])  # fmt: skip
def test_only_a_trial_domain_may_do_without_a_waiting_period(days, trial, good):
    policy = DomainPolicy(waiting_days=days, trial=trial)
    if good:
        assert policy.check() is policy
    else:
        with pytest.raises(InvalidInput) as caught:
            policy.check()
        assert caught.value.code == "keys.waiting_days"


def test_a_domain_waits_can_be_spared_and_ends():
    domain = Domain(id=UUID(int=1), name="d", policy=DomainPolicy(waiting_days=7), created_ms=0)
    asked = domain.request_shred(10)
    assert asked.shred_after_ms == 10 + 7 * DAY_MS
    for refused in (asked.usable, lambda: asked.request_shred(11), lambda: asked.shred(10 + 7 * DAY_MS - 1)):
        with pytest.raises(Conflict):
            refused()
    assert asked.cancel_shred() == replace(domain, revision=3)
    with pytest.raises(Conflict) as caught:
        domain.shred(10**15)
    assert caught.value.code == "keys.not_pending"
    gone = asked.shred(10 + 7 * DAY_MS)
    for refused in (gone.usable, gone.cancel_shred, lambda: gone.request_shred(1), lambda: gone.shred(1)):
        with pytest.raises(Conflict) as ended:
            refused()
        assert ended.value.code == "keys.destroyed"


@pytest.mark.parametrize("state", [state for state in KeyState if state is not S.ACTIVE])
def test_only_an_active_key_takes_a_version(state):
    fresh = KeyVersion(number=2, created_ms=2, key_check_value="01")
    assert _key().rotated(fresh).version == 2
    for key in (_key(state), replace(_key(), life=_key().life.destroy(1, 2))):
        with pytest.raises(Conflict) as caught:
            key.rotated(fresh)
        assert caught.value.code == "keys.not_active"
