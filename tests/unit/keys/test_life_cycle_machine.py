"""The room of keys under Hypothesis: whatever is asked in whatever order, it does what a small model says."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from seawall.capabilities.keys.commands import (
    ActivateKey,
    CancelDestroyKey,
    CompromiseKey,
    CreateDomain,
    CreateKey,
    DeactivateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    FinishDestroy,
    GetKey,
    ResumeKey,
    RotateKey,
    ShredDomain,
    SuspendKey,
)
from seawall.kernel.errors import Conflict
from support.keyroom import KeyRoom

DAY = 86_400
WAITING_DAYS = 7
ALIVE = {"pre_active", "active", "suspended", "deactivated", "compromised"}
STEPS = {
    ActivateKey: ({"pre_active"}, "active"),
    SuspendKey: ({"active"}, "suspended"),
    ResumeKey: ({"suspended"}, "active"),
    DeactivateKey: ({"active", "suspended"}, "deactivated"),
}


@dataclass
class Modelled:
    """What the model knows of a key; it shares no code with the room."""

    state: str
    due: float | None = None
    versions: int = 1
    sealed: list[tuple[bytes, bytes]] = field(default_factory=list)

    def end(self) -> None:
        if self.state in ALIVE:
            self.state = "destroyed_compromised" if self.state == "compromised" else "destroyed"
        self.due = None


class KeyMachine(RuleBasedStateMachine):
    """Two processes of one home on one store, and the model of what they must answer."""

    names = Bundle("names")

    @initialize()
    def begin(self) -> None:
        self.room = KeyRoom()
        self.others = [self.room.keys, self.room.another()]
        self.room.do(CreateDomain(name="d", waiting_days=WAITING_DAYS))
        self.model: dict[str, Modelled] = {}
        self.shredded = False
        self.shred_due: float | None = None
        self.time = 0.0

    def _do(self, command, which: int):
        return self.room.do(command, self.others[which])

    def _try(self, command, which: int, *, legal: bool) -> bool:
        try:
            self._do(command, which)
        except Conflict:
            assert not legal, f"{command} was refused"
            return False
        assert legal, f"{command} was let pass"
        return True

    # Few keys, so that each goes through much.
    @precondition(lambda self: len(self.model) < 3)
    @rule(target=names, active=st.booleans(), which=st.integers(0, 1))
    def create(self, active: bool, which: int) -> str:
        name = f"k{len(self.model)}"
        legal = not self.shredded and self.shred_due is None
        if self._try(CreateKey(domain="d", name=name, activate=active), which, legal=legal):
            self.model[name] = Modelled("active" if active else "pre_active")
            return name
        return ""

    @rule(name=names, step=st.sampled_from(sorted(STEPS, key=str)), which=st.integers(0, 1))
    def take_a_step(self, name: str, step, which: int) -> None:
        if name:
            before, after = STEPS[step]
            key = self.model[name]
            if self._try(step(domain="d", key=name), which, legal=key.state in before and key.due is None):
                key.state = after

    @rule(name=names, which=st.integers(0, 1), sure=st.integers(0, 2))
    def compromise(self, name: str, which: int, sure: int) -> None:
        if name and sure == 0:
            key = self.model[name]
            legal = key.state in ALIVE - {"compromised"} or key.state == "destroyed"
            if self._try(CompromiseKey(domain="d", key=name), which, legal=legal):
                key.state = "destroyed_compromised" if key.state == "destroyed" else "compromised"

    @rule(name=names, which=st.integers(0, 1))
    def destroy(self, name: str, which: int) -> None:
        if name:
            key = self.model[name]
            if self._try(DestroyKey(domain="d", key=name), which, legal=key.state in ALIVE and key.due is None):
                key.due = self.time + WAITING_DAYS * DAY

    @rule(name=names, which=st.integers(0, 1))
    def cancel(self, name: str, which: int) -> None:
        if name:
            key = self.model[name]
            if self._try(CancelDestroyKey(domain="d", key=name), which, legal=key.due is not None):
                key.due = None

    @rule(name=names, which=st.integers(0, 1))
    def rotate(self, name: str, which: int) -> None:
        if name:
            key = self.model[name]
            legal = key.state == "active" and key.due is None and self.shred_due is None and not self.shredded
            if self._try(RotateKey(domain="d", key=name), which, legal=legal):
                key.versions += 1

    @rule(name=names, value=st.binary(max_size=20), which=st.integers(0, 1))
    def encrypt(self, name: str, value: bytes, which: int) -> None:
        if name:
            key = self.model[name]
            legal = key.state == "active" and key.due is None and self.shred_due is None and not self.shredded
            try:
                done = self._do(Encrypt(domain="d", key=name, plaintext=value), which)
            except Conflict:
                assert not legal
            else:
                assert legal
                assert done.version == key.versions
                key.sealed.append((done.ciphertext, value))

    @rule(name=names, which=st.integers(0, 1), data=st.data())
    def decrypt(self, name: str, which: int, data) -> None:
        if name and self.model[name].sealed:
            key = self.model[name]
            ciphertext, value = data.draw(st.sampled_from(key.sealed))
            usable = key.due is None and self.shred_due is None and not self.shredded
            legal = key.state in {"active", "deactivated"} and usable
            try:
                done = self._do(Decrypt(domain="d", key=name, ciphertext=ciphertext), which)
            except Conflict:
                assert not legal
            else:
                assert legal
                assert done.plaintext == value

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.time += days * DAY
        self.room.clock.advance(days * DAY)

    @rule(which=st.integers(0, 1))
    def finish(self, which: int) -> None:
        done = self._do(FinishDestroy(), which)
        shreds = self.shred_due is not None and self.shred_due <= self.time
        assert done.domains == (["d"] if shreds else [])
        due = {name for name, key in self.model.items() if key.due is not None and key.due <= self.time}
        assert set(done.keys) == (set() if shreds else {f"d/{name}" for name in due})
        if shreds:
            self._shred()
        else:
            for name in due:
                self.model[name].end()

    @rule(which=st.integers(0, 1), sure=st.integers(0, 15))
    def shred(self, which: int, sure: int) -> None:
        if sure == 0:
            legal = not self.shredded and (self.shred_due is None or self.shred_due <= self.time)
            if self._try(ShredDomain(domain="d"), which, legal=legal):
                if self.shred_due is None:
                    self.shred_due = self.time + WAITING_DAYS * DAY
                else:
                    self._shred()

    def _shred(self) -> None:
        self.shredded, self.shred_due = True, None
        for key in self.model.values():
            key.end()

    @invariant()
    def every_key_stands_where_the_model_says(self) -> None:
        for name, key in getattr(self, "model", {}).items():
            shown = self.room.do(GetKey(domain="d", key=name))
            assert (shown.state, shown.version) == (key.state, key.versions)
            assert (shown.destroy_after_ms is not None and shown.destroyed_ms is None) == (key.due is not None)
            gone = key.state not in ALIVE
            from uuid import UUID

            assert (self.room.store.remaining(key_id=UUID(shown.id)) == 0) == gone


KeyMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestKeyMachine = KeyMachine.TestCase
