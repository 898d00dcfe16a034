"""A request's life, in any order that people come up with, against a model; on both stores."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import Choice
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.kernel.errors import ApprovalNeeded, Conflict, Denied
from seawall.kernel.secret import Secret
from support import dual, postgres
from support.dual import Chamber, Destroy, custodians

NAMES = ["c1", "c2", "c3", "c4"]
PAN = Destroy(domain="retail", key="pan")
LIFE_S = 72 * 3600


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/store.sqlite"


class Life(RuleBasedStateMachine):
    """c1 asks; the others vote, take back, or let time pass. Whatever runs ran with two standing approvals."""

    database = staticmethod(sqlite)

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.database()
        store = Store(self.opened.__enter__())
        store.create_all()
        self.chamber = Chamber(store, RowMac(Secret(bytes(32))))
        custodians(self.chamber, 4)
        change = self.chamber.ask("c1", dual.rule())
        self.chamber.vote("c2", change)
        self.chamber.do("c1", dual.rule())
        self.current = ""
        self.votes: dict[str, Choice] = {}
        self.asked_ms = 0
        self.over: list[str] = []
        self.runs = 0

    def teardown(self) -> None:
        self.chamber.close()
        self.chamber.store.close()
        self.opened.__exit__(None, None, None)

    @property
    def open(self) -> bool:
        return bool(self.current) and self.chamber.clock.now_ms() < self.asked_ms + LIFE_S * 1000 - 5000

    def ended(self) -> None:
        self.over.append(self.current)
        self.current, self.votes = "", {}

    @rule()
    def ask(self) -> None:
        if self.current and not self.open:
            self.ended()
        enough = list(self.votes.values()).count(Choice.APPROVE) >= 2
        denied = Choice.DENY in self.votes.values()
        said, approval = self.attempt()
        assert said == ("approvals.denied" if denied else "ran" if enough else "needed")
        if said == "ran":
            self.runs += 1
            self.ended()
        elif said == "needed" and not self.current:
            assert approval not in self.over
            self.current, self.asked_ms = approval, self.chamber.clock.now_ms()
        elif said == "needed":
            assert approval == self.current

    def attempt(self) -> tuple[str, str]:
        try:
            self.chamber.do("c1", PAN)
        except ApprovalNeeded as needed:
            return "needed", needed.approval
        except Denied as refused:
            return refused.code, ""
        return "ran", ""

    @precondition(lambda self: self.open)
    @rule(name=st.sampled_from(NAMES), choice=st.sampled_from(Choice))
    def vote(self, name: str, choice: Choice) -> None:
        if name == "c1":
            with pytest.raises(Denied) as raised:
                self.chamber.vote(name, self.current, choice)
            assert raised.value.code == "approvals.own"
        else:
            self.chamber.vote(name, self.current, choice)
            self.votes[name] = choice

    @precondition(lambda self: self.open and self.votes)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.votes)))
        if self.votes[name] is Choice.DENY:
            with pytest.raises(Conflict):
                self.chamber.do(name, c.RevokeVote(approval=self.current))
        else:
            self.chamber.do(name, c.RevokeVote(approval=self.current))
            del self.votes[name]

    @precondition(lambda self: self.open)
    @rule()
    def withdraw(self) -> None:
        self.chamber.do("c1", c.WithdrawApproval(approval=self.current))
        self.ended()

    @precondition(lambda self: self.current)
    @rule()
    def expire(self) -> None:
        self.chamber.clock.advance(LIFE_S)
        with pytest.raises(Denied) as raised:
            self.chamber.do("c1", PAN, approval=self.current)
        assert raised.value.code == "approvals.expired"
        self.ended()
        # Tokens live longer than requests, but not for ever.
        for name in NAMES:
            self.chamber.lend(name)

    @precondition(lambda self: self.over)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        with pytest.raises(Denied):
            self.chamber.do("c1", PAN, approval=data.draw(st.sampled_from(self.over)))

    @precondition(lambda self: self.over)
    @rule(data=st.data(), name=st.sampled_from(NAMES[1:]))
    def vote_too_late(self, data: st.DataObject, name: str) -> None:
        with pytest.raises(Conflict):
            self.chamber.vote(name, data.draw(st.sampled_from(self.over)))

    @rule()
    def begin_again(self) -> None:
        self.chamber.close()
        self.chamber.start()

    @invariant()
    def nothing_ran_that_was_not_approved_and_nothing_twice(self) -> None:
        assert len(self.chamber.ran) == self.runs
        assert len(self.chamber.ledger.told("approvals.consume")) - self.first == self.runs

    @property
    def first(self) -> int:
        """What was used up before: registrations and the rule."""
        if not hasattr(self, "_first"):
            self._first = len(self.chamber.ledger.told("approvals.consume"))
        return self._first


class LifeOnPostgresql(Life):
    database = staticmethod(postgres.database)


QUICK = settings(
    max_examples=5,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    database=None,
)


@pytest.mark.parametrize(
    "machine", [Life, pytest.param(LifeOnPostgresql, marks=pytest.mark.postgresql)], ids=["sqlite", "postgresql"]
)
def test_a_request_s_life_is_as_the_model_says(machine: type[Life]) -> None:
    run_state_machine_as_test(machine, settings=QUICK)
