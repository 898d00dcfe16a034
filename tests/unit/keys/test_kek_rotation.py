"""A domain's key-encryption key is replaced: at work, after any death, and nothing that was made is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.keys_memory import MemoryKeys
from seawall.adapters.targets.open import FileTargets
from seawall.capabilities.keys.aids import Aids
from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    RotateKey,
    ShredDomain,
)
from seawall.capabilities.keys.commands_care import CreateKeys, NewKey
from seawall.capabilities.keys.commands_use import MakeMac, VerifyMac
from seawall.capabilities.keys.commands_work import RotateKek
from seawall.capabilities.keys.kek_rotation import KekJob, KekRotation
from seawall.capabilities.keys.model import Purpose
from seawall.kernel.errors import Conflict, Corrupt, SeawallError, Unavailable
from seawall.kernel.jobs import JobState
from support.crashing import CrashingStore, Died, MemoryFleet, MemoryWork, Moments, NoHoldings, NoTraces
from support.keyroom import KeyRoom
from support.stores import row_mac, store, store_url  # noqa: F401 - fixtures

BANK = "bank"


class Rotating:
    """A room whose store can die, and the work of replacing a key-encryption key in it, two keys a slice."""

    def __init__(self, kept=None, lists=None):
        kept = MemoryKeys() if kept is None else kept
        self.moments = Moments()
        self.store = CrashingStore(kept, self.moments)
        self.room = KeyRoom(self.store, kept if lists is None else lists)
        self.work, self.fleet = MemoryWork(), MemoryFleet()
        self.sealed: dict[str, list[bytes]] = {}
        self.room.do(CreateDomain(name=BANK, trial=True, waiting_days=0))
        self.begin()

    def begin(self):
        """Begin as a process of its own: nothing is held in memory."""
        self.keys = self.room.another()
        aids = Aids(
            work=self.work,
            fleet=self.fleet,
            holdings=NoHoldings(),
            copies=FileTargets(),
            traces=NoTraces(),
        )
        self.handlers = self.keys.long_work(aids)
        self.rotation = KekRotation(
            self.store,
            self.room.root,
            self.keys._ring,
            self.keys._revocation,
            work=self.work,
            fleet=self.fleet,
            keys=2,
        )

    def do(self, command):
        return self.room.do(command, self.keys)

    def make(self, name, versions=1):
        self.do(CreateKey(domain=BANK, name=name))
        for number in range(versions):
            if number:
                self.do(RotateKey(domain=BANK, key=name))
            self.protect(name)

    def protect(self, name):
        value = f"{name} {len(self.sealed.get(name, []))}".encode()
        made = self.do(Encrypt(domain=BANK, key=name, plaintext=value)).ciphertext
        self.sealed.setdefault(name, []).append(made)

    def check(self):
        """Decrypt everything that was ever made, in a process that holds nothing."""
        fresh = self.room.another()
        for name, values in self.sealed.items():
            for at, sealed in enumerate(values):
                opened = self.room.do(Decrypt(domain=BANK, key=name, ciphertext=sealed), fresh).plaintext
                assert opened == f"{name} {at}".encode()
        fresh._ring.close()

    def start(self):
        return self.rotation.start(self.room.turn(), RotateKek(domain=BANK)).job

    def slice(self, command):
        return self.rotation.slice(self.room.turn(), command)

    def finish(self, job):
        return self.work.carry_on(job, KekJob(), self.slice)

    def generations(self):
        with self.store.read() as reads:
            domain = reads.domain(BANK)
            return domain.kek_generation, sorted(reads.keks(domain.id)), reads.behind(domain)


@pytest.fixture
def rotating():
    return Rotating()


def test_everything_comes_under_the_new_key_and_the_old_one_is_gone(rotating):
    for name in "abcde":
        rotating.make(name, 3)
    with rotating.store.read() as reads:
        old = reads.kek(reads.domain(BANK).id)
        before = {name: reads.material(reads.key(BANK, name).id, 2) for name in "abcde"}
    job = rotating.finish(rotating.start())
    assert (job.state, job.done, job.total) == (JobState.SUCCEEDED, 15, 15)
    assert rotating.generations() == (2, [2], 0)
    with rotating.store.read() as reads:
        assert reads.kek(reads.domain(BANK).id) != old
        assert all(reads.material(reads.key(BANK, name).id, 2) != sealed for name, sealed in before.items())
        assert {one.kek_generation for one in reads.key(BANK, "c").versions} == {2}
    rotating.check()
    rotating.protect("a")
    rotating.check()
    assert rotating.finish(rotating.start()).state is JobState.SUCCEEDED
    assert rotating.generations() == (3, [3], 0)
    rotating.check()


def test_material_of_the_old_generation_opens_under_no_key_that_is_left(rotating):
    rotating.make("a")
    with rotating.store.read() as reads:
        key = reads.key(BANK, "a")
        sealed = reads.material(key.id, 1)
    rotating.finish(rotating.start())
    # Somebody brings the old page back: what it was sealed under is gone.
    rotating.store._store._state.materials[key.id, 1] = sealed
    with pytest.raises(Corrupt) as refused:
        rotating.check()
    assert refused.value.code == "keys.material_corrupt"


def test_readers_and_writers_go_on_between_every_two_slices(rotating):
    for name in "abcdef":
        rotating.make(name, 2)
    mac = rotating.do(CreateKey(domain=BANK, name="m", purpose=Purpose.MAC))
    tag = rotating.do(MakeMac(domain=BANK, key=mac.name, message=b"x")).mac
    made = iter(range(100))

    def slice_(command):
        number = next(made)
        rotating.check()
        rotating.make(f"z{number:02}")
        rotating.make(f"0{number:02}")  # behind what was swept already
        rotating.do(RotateKey(domain=BANK, key="a"))
        rotating.do(CreateKeys(domain=BANK, keys=(NewKey(name=f"1{number:02}"), NewKey(name=f"2{number:02}"))))
        rotating.protect("a")
        assert rotating.do(VerifyMac(domain=BANK, key="m", message=b"x", mac=tag)).valid
        reached = rotating.slice(command)
        rotating.check()
        return reached

    job = rotating.work.carry_on(rotating.start(), KekJob(), slice_)
    assert job.state is JobState.SUCCEEDED
    assert rotating.generations() == (2, [2], 0)
    rotating.check()


def test_a_death_at_any_moment_loses_nothing_and_the_work_comes_to_its_end():
    deaths = 0
    while True:
        rotating = Rotating()
        for name in "abc":
            rotating.make(name, 2)
        rotating.do(CreateKey(domain=BANK, name="gone"))
        rotating.do(DestroyKey(domain=BANK, key="gone"))
        job = rotating.start()
        rotating.moments.at, rotating.moments.die_at = 0, deaths + 1
        try:
            rotating.finish(job)
        except Died:
            deaths += 1
        else:
            break
        rotating.moments.die_at = None
        rotating.begin()
        rotating.check()
        rotating.protect("b")
        assert rotating.finish(job).state is JobState.SUCCEEDED
        assert rotating.generations() == (2, [2], 0)
        rotating.check()
    assert deaths > 30, "the moments were not found"


@pytest.mark.usefixtures("store")
@given(deaths=st.lists(st.integers(1, 25), max_size=6), data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deaths_and_other_work_in_any_order_on_either_database(store, row_mac, deaths, data):  # noqa: F811
    with store.begin() as tx:
        from seawall.adapters.store.tables import keys as tables

        for table in (tables.key_labels, tables.key_versions, tables.keys, tables.domain_keks, tables.domains):
            tx.connection.execute(table.delete())
    rotating = Rotating(StoredKeys(store, row_mac), StoredKeyLists(store, row_mac))
    for name in "abcd":
        rotating.make(name, data.draw(st.integers(1, 3)))
    job = rotating.start()
    for after in deaths:
        rotating.moments.at, rotating.moments.die_at = 0, after
        try:
            rotating.finish(job)
        except Died:
            rotating.moments.die_at = None
            rotating.begin()
        rotating.moments.die_at = None
        match data.draw(st.sampled_from(["make", "rotate", "read"])):
            case "make":
                rotating.make(f"k{len(rotating.sealed)}")
            case "rotate":
                rotating.do(RotateKey(domain=BANK, key="b"))
                rotating.protect("b")
            case _:
                rotating.check()
    assert rotating.finish(job).state is JobState.SUCCEEDED
    assert rotating.generations() == (2, [2], 0)
    rotating.check()


def test_whoever_sealed_under_the_old_key_in_that_moment_seals_again(rotating):
    rotating.make("a")
    begin, moved = rotating.store.begin, []

    def slow():
        # Between sealing and storing the key-encryption key is replaced, and the work comes to its very end.
        if not moved:
            moved.append(True)
            rotating.finish(rotating.start())
        return begin()

    rotating.store.begin = slow
    rotating.make("late")
    rotating.store.begin = begin
    assert moved
    assert rotating.generations() == (2, [2], 0)
    rotating.check()


def test_what_is_erased_while_it_is_moved_stays_erased(rotating):
    for name in "ab":
        rotating.make(name)
    job = rotating.start()
    reseal = rotating.rotation._sealed

    def destroyed_meanwhile(domain, keks, one):
        moved = reseal(domain, keks, one)
        if one.key.name == "b":
            rotating.do(DestroyKey(domain=BANK, key="b"))
        return moved

    rotating.rotation._sealed = destroyed_meanwhile
    assert rotating.finish(job).state is JobState.SUCCEEDED
    with rotating.store.read() as reads:
        assert reads.material(reads.key(BANK, "b").id, 1) is None
    del rotating.sealed["b"]
    rotating.check()


def test_what_it_refuses(rotating):
    rotating.make("a")
    job = rotating.start()
    with pytest.raises(Conflict) as twice:
        rotating.start()
    assert twice.value.code == "keys.work_standing"
    rotating.finish(job)
    rotating.fleet.old = ["node 7"]
    with pytest.raises(Conflict) as older:
        rotating.start()
    assert older.value.code == "keys.versions_differ"
    rotating.fleet.old = []
    job = rotating.start()
    rotating.do(ShredDomain(domain=BANK))
    with pytest.raises(Conflict) as gone:
        rotating.finish(job)
    assert gone.value.code == "keys.destroyed"
    with pytest.raises(SeawallError) as again:
        rotating.start()
    assert again.value.code == "keys.destroyed"


def test_a_root_that_does_not_answer_holds_the_work_up_and_spoils_nothing(rotating):
    rotating.make("a")
    job, wrap = rotating.start(), rotating.room.root.wrap

    def lost(*_):
        raise Unavailable("root.token_lost", "the token does not answer.")

    rotating.room.root.wrap = lost
    with pytest.raises(Unavailable):
        rotating.finish(job)
    assert rotating.generations() == (1, [1], 0)
    rotating.check()
    rotating.room.root.wrap = wrap
    assert rotating.finish(job).state is JobState.SUCCEEDED
    rotating.check()
