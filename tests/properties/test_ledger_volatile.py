"""Whatever a machine loses that was not synced, and whenever a process dies: what was acknowledged is there, once."""

from contextlib import contextmanager
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seawall.adapters.files.volatile import Killed, VolatileFiles
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Unavailable
from seawall.ledger.recovery import Recovery
from seawall.ledger.report import Finding
from support.ledgers import MemoryKeeper, MemoryProjection, PlainSealer, make_entries, make_ledger


class Home(RuleBasedStateMachine):
    """Three processes of one home append and sign; they die, power fails, the disk fills up and refuses to sync."""

    def __init__(self) -> None:
        super().__init__()
        self.files, self.entropy = VolatileFiles(), Random(1)
        self.keeper, self.projection = MemoryKeeper(), MemoryProjection()
        self.processes = []
        self.offered: set[bytes] = set()
        self.acknowledged: list[bytes] = []
        self.poisoned = False
        self.start()
        self.files.crash(Random(0))
        self.start()

    def start(self) -> None:
        # Looking at the ledger is not what is tested here: it happens without faults.
        with self.no_faults():
            self.begin()

    @contextmanager
    def no_faults(self):
        room, failing = self.files.room, self.files.fail_syncs
        self.files.room, self.files.fail_syncs = None, 0
        yield
        self.files.room, self.files.fail_syncs = room, failing

    def begin(self) -> None:
        self.processes = [
            make_ledger(
                "/h",
                files=self.files,
                keeper=self.keeper,
                projection=self.projection,
                create=number == 0,
                entropy=self.entropy.randbytes,
            )
            for number in range(3)
        ]
        for process in self.processes:
            process.journal._writer._segment_bytes, process.journal._writer._chunk_bytes = 6144, 2048

    def end(self, random: Random | None) -> None:
        if random is None:
            self.files.die()
        else:
            self.files.crash(random)
        self.start()

    def attempt(self, doing, fate: int | None, random: Random | None) -> bool:
        """Do something in a process that may die after ``fate`` operations; say whether it was done."""
        self.files.steps_to_live = fate
        try:
            doing()
        except Killed:
            self.end(random)
            return False
        except Unavailable as error:
            refused = error.code
        else:
            refused = ""
        self.files.steps_to_live = None
        assert refused in {"", "ledger.full", "ledger.sync_failed"}
        self.poisoned |= refused == "ledger.sync_failed"
        return not refused

    @rule(
        who=st.integers(0, 2),
        number=st.integers(1, 12),
        fate=st.none() | st.integers(0, 12),
        random=st.none() | st.randoms(use_true_random=False),
    )
    def append(self, who, number, fate, random):
        entries = make_entries(number)
        self.offered.update(entries)
        if self.attempt(lambda: self.processes[who].journal.append(entries), fate, random):
            self.acknowledged += entries

    @rule(
        who=st.integers(0, 2),
        fate=st.none() | st.integers(0, 60),
        random=st.none() | st.randoms(use_true_random=False),
    )
    def sign(self, who, fate, random):
        self.attempt(lambda: self.processes[who].sign_now(PlainSealer()), fate, random)

    @rule(random=st.randoms(use_true_random=False))
    def lose_power(self, random):
        self.end(random)

    @rule(room=st.integers(0, 40_000))
    def fill_the_disk(self, room):
        self.files.room = room

    @rule()
    def free_the_disk(self):
        self.files.room = None

    @rule()
    def fail_a_sync(self):
        self.files.fail_syncs = 1

    @precondition(lambda self: self.poisoned)
    @rule(who=st.integers(0, 2))
    def look_after_the_disk(self, who):
        self.files.fail_syncs, self.files.room = 0, None
        self.processes[who].recover()
        self.poisoned = False

    @invariant()
    def what_was_acknowledged_is_there_once(self):
        with self.no_faults():
            ledger = make_ledger("/h", files=self.files, keeper=self.keeper, projection=self.projection)
            newest = ledger.checkpoint()
            begin = Recovery("/h/ledger", self.files, clock=FixedClock()).position().index
            held = list(ledger.entries())[:begin] + list(ledger._unconsumed())
        assert len(held) == len(set(held)) == ledger.size()
        assert newest is None or newest.size <= ledger.size()
        acknowledged = set(self.acknowledged)
        assert [entry for entry in held if entry in acknowledged] == self.acknowledged

    def teardown(self):
        self.files.room, self.files.fail_syncs = None, 0
        self.files.steps_to_live = None
        self.end(None)
        ledger = self.processes[0]
        ledger.recover()
        assert ledger.sign_now(PlainSealer())
        report = ledger.verify()
        assert report.finding is Finding.WHOLE, report
        assert report.size == ledger.size() == self.projection.size()
        held = list(ledger.entries())
        assert all(b"ledger." in entry for entry in held if entry not in self.offered)


Home.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_home = Home.TestCase
