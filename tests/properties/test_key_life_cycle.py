"""A key's life under Hypothesis, on every store: whatever is asked in whatever order, it does what an own table says.

The table is written out by hand after NIST SP 800-57 part 1 rev. 5, section 7, with the kill switch, the archive and a
pending destruction beside it; it shares no code with the room. Two processes of one home take turns.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.keys_memory import MemoryKeys
from seawall.adapters.store.rowmac import RowMac
from seawall.capabilities.keys import commands as c
from seawall.capabilities.keys import commands_care as care
from seawall.capabilities.keys.attributes import DAY_MS, Attributes
from seawall.kernel.errors import Conflict
from seawall.kernel.secret import Secret
from support import postgres
from support.keyroom import KeyRoom

WAITING_DAYS = 7
# From state and step to state. What is not here is refused.
TABLE = {
    ("pre_active", "activate"): "active",
    ("pre_active", "compromise"): "compromised",
    ("pre_active", "destroy"): "pre_active",
    ("active", "suspend"): "suspended",
    ("active", "deactivate"): "deactivated",
    ("active", "compromise"): "compromised",
    ("active", "destroy"): "active",
    ("suspended", "resume"): "active",
    ("suspended", "deactivate"): "deactivated",
    ("suspended", "compromise"): "compromised",
    ("suspended", "destroy"): "suspended",
    ("deactivated", "compromise"): "compromised",
    ("deactivated", "destroy"): "deactivated",
    ("deactivated", "archive"): "deactivated",
    ("compromised", "destroy"): "compromised",
    ("compromised", "archive"): "compromised",
    ("destroyed", "compromise"): "destroyed_compromised",
}
ENDS = {"pre_active": "destroyed", "active": "destroyed", "suspended": "destroyed", "deactivated": "destroyed",
        "compromised": "destroyed_compromised"}  # fmt: skip
STEPS = {
    "activate": c.ActivateKey,
    "suspend": c.SuspendKey,
    "resume": c.ResumeKey,
    "deactivate": c.DeactivateKey,
    "compromise": c.CompromiseKey,
    "destroy": c.DestroyKey,
    "cancel_destroy": c.CancelDestroyKey,
    "unblock": care.UnblockKey,
    "archive": care.ArchiveKey,
    "recover": care.RecoverKey,
}
_names = itertools.count()


@dataclass
class Modelled:
    """What the model knows of a key; times are days since it began."""

    state: str
    made: list[int]
    activated: int | None
    begins: int | None = None
    ends: int | None = None
    protects_days: int | None = None
    due: int | None = None
    blocked: bool = False
    archived: bool = False
    stays: bool = False
    sealed: list[tuple[bytes, bytes]] = field(default_factory=list)

    def legal(self) -> set[str]:
        if self.state not in ENDS:
            return {step for state, step in TABLE if state == self.state}
        switch = "unblock" if self.blocked else "block"
        if self.due is not None:
            return {"cancel_destroy", "finish_destroy", switch} | (
                set() if self.state == "compromised" else {"compromise"}
            )
        if self.archived:
            return {"recover", "destroy", switch} | (set() if self.state == "compromised" else {"compromise"})
        return {step for state, step in TABLE if state == self.state} | {switch}

    def usable(self) -> bool:
        return self.due is None and not self.blocked and not self.archived

    def protects(self, today: int) -> bool:
        over = self.protects_days is not None and today >= max(self.made[-1], self.activated or 0) + self.protects_days
        ended = self.ends is not None and today >= self.ends
        return self.state == "active" and self.usable() and not ended and not over

    def processes(self) -> bool:
        return self.state in {"active", "deactivated"} and self.usable()


class KeyMachine(RuleBasedStateMachine):
    """Two processes on one store, and the model of what they must answer."""

    names = Bundle("names")

    def __init__(self, store, lists) -> None:
        super().__init__()
        self.room = KeyRoom(store, lists)
        self.others = [self.room.keys, self.room.another()]
        self.domain = f"d{next(_names)}"
        self.room.do(c.CreateDomain(name=self.domain, waiting_days=WAITING_DAYS))
        self.model: dict[str, Modelled] = {}
        self.today = 0
        self.began_ms = self.room.clock.now_ms()

    def _ms(self, day: int | None) -> int | None:
        return None if day is None else self.began_ms + day * DAY_MS

    def _try(self, command, which: int, *, legal: bool) -> str | None:
        """Ask, and return the code of the refusal that the model expects too."""
        try:
            self.room.do(command, self.others[which])
        except Conflict as error:
            refused: Conflict | None = error
        else:
            refused = None
        assert (refused is None) == legal, (command, refused)
        return None if refused is None else refused.code

    @precondition(lambda self: len(self.model) < 2)
    @rule(
        target=names,
        active=st.booleans(),
        begins=st.none() | st.integers(1, 4),
        lasts=st.none() | st.integers(1, 9),
        protects_days=st.none() | st.integers(1, 6),
        which=st.integers(0, 1),
    )
    def create(self, active: bool, begins, lasts, protects_days, which: int) -> str:
        name = f"k{len(self.model)}"
        begins = None if begins is None else self.today + begins
        ends = None if lasts is None else (begins or self.today) + lasts
        said = Attributes(activation_ms=self._ms(begins), deactivation_ms=self._ms(ends), originator_days=protects_days)
        self._try(c.CreateKey(domain=self.domain, name=name, activate=active, attributes=said), which, legal=True)
        starts = active and begins is None
        self.model[name] = Modelled(
            state="active" if starts else "pre_active",
            made=[self.today],
            activated=self.today if starts else None,
            begins=begins,
            ends=ends,
            protects_days=protects_days,
        )
        return name

    @rule(name=names, step=st.sampled_from(sorted(STEPS)), which=st.integers(0, 1))
    def take_any_step(self, name: str, step: str, which: int) -> None:
        self._step(name, step, which)

    # What is legal is asked more often than it would come by chance, or keys would hardly move.
    @precondition(lambda self: any(key.legal() & STEPS.keys() for key in self.model.values()))
    @rule(data=st.data(), which=st.integers(0, 1))
    def take_a_legal_step(self, data, which: int) -> None:
        steps = [(n, s) for n, key in sorted(self.model.items()) for s in sorted(key.legal() & STEPS.keys())]
        self._step(*data.draw(st.sampled_from(steps)), which)

    def _step(self, name: str, step: str, which: int) -> None:
        key = self.model[name]
        lets = step in key.legal()
        code = self._try(
            STEPS[step](domain=self.domain, key=name), which, legal=lets and not (step == "destroy" and key.stays)
        )
        if code is not None:
            assert code == ("keys.undeletable" if step == "destroy" and key.stays and key.state in ENDS
                            else "keys.illegal_transition")  # fmt: skip
            return
        key.state = TABLE.get((key.state, step), key.state)
        match step:
            case "activate":
                key.activated = self.today
            case "destroy":
                key.due = self.today + WAITING_DAYS
            case "cancel_destroy":
                key.due = None
            case "unblock":
                key.blocked = False
            case "archive" | "recover":
                key.archived = step == "archive"
        self._use(name, which)

    def _use(self, name: str, which: int) -> None:
        """Protect with one process and process with both, as far as the model says that it goes."""
        key = self.model[name]
        value = bytes([self.today % 256, which])
        protect = c.Encrypt(domain=self.domain, key=name, plaintext=value)
        if key.protects(self.today):
            done = self.room.do(protect, self.others[which])
            assert done.version == len(key.made)
            key.sealed.append((done.ciphertext, value))
        else:
            self._try(protect, which, legal=False)
        # The first and the last: of the oldest version and of the newest.
        for one, (ciphertext, known) in itertools.product(
            (0, 1), {key.sealed[0], key.sealed[-1]} if key.sealed else ()
        ):
            command = c.Decrypt(domain=self.domain, key=name, ciphertext=ciphertext)
            if key.processes():
                assert self.room.do(command, self.others[one]).plaintext == known
            else:
                self._try(command, one, legal=False)

    @rule(name=names, which=st.integers(0, 1))
    def block(self, name: str, which: int) -> None:
        key = self.model[name]
        command = care.BlockKey(domain=self.domain, key=name, reason="why not")
        if self._try(command, which, legal="block" in key.legal()) is None:
            key.blocked = True
        self._use(name, which)

    @rule(name=names, which=st.integers(0, 1), stays=st.booleans())
    def say_that_it_stays(self, name: str, which: int, stays: bool) -> None:
        key = self.model[name]
        changes = care.AttributeChanges(undeletable=stays)
        legal = key.state in ENDS and not (stays and not key.stays and key.due is not None)
        if self._try(care.UpdateKey(domain=self.domain, key=name, attributes=changes), which, legal=legal) is None:
            key.stays = stays

    @rule(name=names, which=st.integers(0, 1))
    def rotate(self, name: str, which: int) -> None:
        key = self.model[name]
        legal = key.state == "active" and key.due is None and not key.blocked
        if self._try(c.RotateKey(domain=self.domain, key=name), which, legal=legal) is None:
            key.made.append(self.today)
        self._use(name, which)

    @rule(name=names, which=st.integers(0, 1))
    def use(self, name: str, which: int) -> None:
        self._use(name, which)

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.today += days
        self.room.clock.advance(days * DAY_MS / 1000)

    @rule(which=st.integers(0, 1))
    def apply_dates(self, which: int) -> None:
        begin, end = set(), set()
        for name, key in self.model.items():
            if key.due is None and key.state == "pre_active" and key.begins is not None and key.begins <= self.today:
                key.state, key.activated = "active", self.today
                begin.add(f"{self.domain}/{name}")
            elif (
                key.due is None and key.state in {"active", "suspended"}
                and key.ends is not None and key.ends <= self.today
            ):  # fmt: skip
                key.state = "deactivated"
                end.add(f"{self.domain}/{name}")
        done = self.room.do(care.ApplyDates(domain=self.domain), self.others[which])
        assert (set(done.activated), set(done.deactivated)) == (begin, end)

    @rule(which=st.integers(0, 1))
    def finish(self, which: int) -> None:
        due = {name for name, key in self.model.items() if key.due is not None and key.due <= self.today}
        for name in due:
            key = self.model[name]
            key.state, key.due = ENDS[key.state], None
        done = self.room.do(c.FinishDestroy(domain=self.domain), self.others[which])
        assert set(done.keys) == {f"{self.domain}/{name}" for name in due}

    @invariant()
    def every_key_stands_where_the_model_says(self) -> None:
        page = self.room.do(c.ListKeys(domain=self.domain, archived=True)).items
        assert [one.name for one in page] == sorted(self.model)
        for shown in page:
            key = self.model[shown.name]
            assert (shown.state, shown.version, shown.archived) == (key.state, len(key.made), key.archived)
            assert set(shown.legal) == key.legal()
            if key.state in ENDS:
                assert (shown.blocked, shown.destroy_after_ms) == (key.blocked, self._ms(key.due))
            assert (self.room.store.remaining(key_id=UUID(shown.id)) == 0) == (key.state not in ENDS)
        listed = {one.name for one in self.room.do(c.ListKeys(domain=self.domain)).items}
        assert listed == {name for name, key in self.model.items() if not key.archived}


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kept(request, tmp_path) -> Iterator[tuple]:
    """A store and its lists; every example has a domain of its own in it."""
    if request.param == "memory":
        memory = MemoryKeys()
        yield memory, memory, 150
        return
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path / 'store.sqlite'}")
    else:
        with postgres.database() as url:
            yield from _opened(url)


def _opened(url):
    store, mac = Store(url), RowMac(Secret(bytes(32)))
    store.create_all()
    try:
        yield StoredKeys(store, mac), StoredKeyLists(store, mac), 30
    finally:
        store.close()


def test_a_key_does_what_the_table_says_whatever_is_asked(kept):
    store, lists, examples = kept
    run_state_machine_as_test(
        lambda: KeyMachine(store, lists),
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
