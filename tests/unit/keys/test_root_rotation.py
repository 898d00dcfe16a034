"""The root key is replaced: at work, after any death, from place to place, and nothing that was sealed is lost."""

from uuid import uuid4

import pytest

from seawall.adapters.roots.keyset import Keyset
from seawall.adapters.roots.memory import memory_root
from seawall.adapters.roots.sealed_file import SealedFileRoot
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.core import Installation, Meta
from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.root_cargo import StoredRootCargo, StoredRootHomes
from seawall.adapters.store.root_sealed import INSTALLATION_KEY, INTEGRITY
from seawall.adapters.store.root_uses import StoredRootUses
from seawall.capabilities.keys.backup_model import InstallationKey
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, Decrypt, Encrypt
from seawall.capabilities.keys.commands_work import RotateRoot
from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.root import RootGeneration, RootKind, TokenHealth, TokenState, sealed_by
from seawall.capabilities.keys.root_rotation import RootJob, RootRotation
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, Unavailable
from seawall.kernel.jobs import JobState
from seawall.kernel.secret import Secret
from support.crashing import Died, MemoryFleet, MemoryWork, Moments
from support.keyroom import KeyRoom
from support.stores import row_mac, store, store_url  # noqa: F401 - fixtures

SIGNING = INSTALLATION_KEY + b"signing"


class Dying:
    """Passes a moment before and after each call of what stands behind it."""

    def __init__(self, behind, moments, *names):
        self._behind, self._moments, self._names = behind, moments, names

    def __getattr__(self, name):
        found = getattr(self._behind, name)
        if name not in self._names:
            return found

        def passed(*given, **named):
            self._moments.pass_()
            done = found(*given, **named)
            self._moments.pass_()
            return done

        return passed


class Homes:
    """This home, and others that tell or do not."""

    def __init__(self, kept_in, root):
        self.told, self.uses, self.root = StoredRootHomes(kept_in), StoredRootUses(kept_in), root
        self.members, self.ledger = ["mine"], root.wrap(Secret(b"ledger key"), b"ledger")

    def settle(self, newest):
        if sealed_by(self.ledger) != newest:
            with self.root.unwrap(self.ledger, b"ledger") as key:
                self.ledger = self.root.wrap(key, b"ledger")
        self.told.tell("mine", newest, 1)

    def lagging(self, newest):
        return sorted(set(self.members) - self.told.told(newest))

    def in_use(self):
        return {sealed_by(value) for _, value in self.uses.sealed()} | {sealed_by(self.ledger)}


class House:
    """A store with everything in it that a root seals, and the work of replacing the root key, two values a slice."""

    def __init__(self, kept_in, mac, root=None, domains=5):
        self.store, self.mac = kept_in, mac
        self.root = Keyset([memory_root()]) if root is None else root
        self.moments, self.work, self.fleet = Moments(), MemoryWork(), MemoryFleet()
        self.homes = Homes(kept_in, self.root)
        kept = StoredKeys(kept_in, mac)
        self.room = KeyRoom(kept, StoredKeyLists(kept_in, mac), root=self.root)
        integrity = self.root.wrap(Secret(b"i" * 32), INTEGRITY)
        with kept_in.begin() as tx:
            Meta(kept_in).found(tx, Installation(id=uuid4(), integrity_key=integrity, created_ms=1))
        with StoredCeremonies(kept_in, mac).begin() as tx:
            sealed = self.root.wrap(Secret(b"seed"), SIGNING)
            tx.add_installation_key(InstallationKey(public=b"public", sealed=sealed, created_ms=1))
        self.sealed = {}
        for at in range(domains):
            self.make(f"d{at}")

    def make(self, domain):
        self.room.do(CreateDomain(name=domain))
        self.room.do(CreateKey(domain=domain, name="k"))
        self.sealed[domain] = self.room.do(Encrypt(domain=domain, key="k", plaintext=domain.encode())).ciphertext

    def rotation(self):
        root = Dying(self.root, self.moments, "create", "retire")
        cargo = Dying(StoredRootCargo(self.store), self.moments, "replace", "retire")
        homes = Dying(self.homes, self.moments, "settle")
        return RootRotation(root, cargo, homes, work=self.work, fleet=self.fleet, values=2)

    def start(self, **asked):
        return self.rotation().start(self.room.turn(), RotateRoot(**asked)).job

    def finish(self, job):
        rotation = self.rotation()
        return self.work.carry_on(job, RootJob(), lambda command: rotation.slice(self.room.turn(), command))

    def check(self):
        """Open everything that the root ever sealed, in a process that holds nothing."""
        fresh = self.room.another()
        for domain, sealed in self.sealed.items():
            asked = Decrypt(domain=domain, key="k", ciphertext=sealed)
            assert self.room.do(asked, fresh).plaintext == domain.encode()
        fresh._ring.close()
        assert self.root.unwrap(Meta(self.store).installation().integrity_key, INTEGRITY).expose() == b"i" * 32
        with StoredCeremonies(self.store, self.mac).read() as view:
            assert self.root.unwrap(view.installation_key().sealed, SIGNING).expose() == b"seed"
        assert self.root.unwrap(self.homes.ledger, b"ledger").expose() == b"ledger key"


@pytest.fixture
def sqlite(tmp_path):
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    opened.create_all()
    yield opened
    opened.close()


@pytest.fixture
def house(sqlite, row_mac):  # noqa: F811
    return House(sqlite, row_mac)


def test_everything_comes_under_the_new_root_key_and_the_old_one_is_gone(store, row_mac):  # noqa: F811
    house = House(store, row_mac)
    old = house.root.current
    assert house.finish(house.start()).state is JobState.SUCCEEDED
    assert house.root.others == ()
    assert house.root.current.number == old.number + 1
    assert house.homes.in_use() == {house.root.current.key_id}
    house.check()
    house.make("later")
    assert house.finish(house.start()).state is JobState.SUCCEEDED
    house.check()


def test_a_death_at_any_moment_loses_nothing_and_the_work_comes_to_its_end(store, row_mac):  # noqa: F811
    from sqlalchemy import delete

    from seawall.adapters.store.tables.all import metadata

    deaths = 0
    while True:
        house = House(store, row_mac, domains=2)
        job = house.start()
        house.moments.at, house.moments.die_at = 0, deaths + 1
        try:
            house.finish(job)
        except Died:
            deaths += 1
        else:
            break
        house.moments.die_at = None
        house.check()
        assert house.finish(job).state is JobState.SUCCEEDED
        assert house.root.others == ()
        house.check()
        with store.begin() as tx:
            for table in reversed(metadata.sorted_tables):
                tx.connection.execute(delete(table))
    assert deaths > 15, "the moments were not found"


def test_domains_are_made_and_read_between_every_two_slices(house):
    rotation, job, made = house.rotation(), house.start(), iter(range(100))

    def slice_(command):
        house.check()
        house.make(f"n{next(made)}")
        return rotation.slice(house.room.turn(), command)

    assert house.work.carry_on(job, RootJob(), slice_).state is JobState.SUCCEEDED
    house.check()
    assert house.homes.in_use() == {house.root.current.key_id}


def test_what_was_sealed_a_moment_before_a_root_key_is_retired_is_sealed_again(house):
    wrap, done = house.root.wrap, []

    def slow(plaintext, context):
        sealed = wrap(plaintext, context)
        if context.startswith(b"seawall domain kek") and not done:
            done.append(True)
            house.finish(house.start())
        return sealed

    house.root.wrap = slow
    house.make("late")
    assert done
    house.check()


def test_an_old_root_key_stays_where_that_is_asked(house):
    old = house.root.current
    assert house.finish(house.start(keep_old=True)).state is JobState.SUCCEEDED
    assert [one.key_id for one in house.root.others] == [old.key_id]
    assert old.key_id not in house.homes.in_use()
    house.check()


def test_it_waits_for_homes_that_have_not_told_but_not_for_lost_ones(house):
    house.homes.members = ["mine", "other"]
    job = house.start()
    with pytest.raises(Unavailable) as waits:
        house.finish(job)
    assert (waits.value.code, len(house.root.others)) == ("root.homes_behind", 1)
    assert "other" in waits.value.text
    house.check()
    house.homes.told.tell("other", house.root.current.key_id, 2)
    assert house.finish(job).state is JobState.SUCCEEDED
    house.homes.members.append("lost")
    assert house.finish(house.start(lost_nodes=("lost", "other"))).state is JobState.SUCCEEDED
    assert house.root.others == ()
    house.check()


def test_a_root_of_files_moves_to_another_place_only_where_everybody_finds_it(sqlite, row_mac, tmp_path):  # noqa: F811
    path = tmp_path / "root.sealed"

    def sealed_file(number):
        return SealedFileRoot.create(path, Secret(b"a passphrase of some length"), number=number)

    root = Keyset([memory_root()], makers={RootKind.SEALED_FILE: sealed_file})
    house = House(sqlite, row_mac, root)
    house.fleet.runs = True
    with pytest.raises(Conflict) as stop:
        house.start(to=RootKind.SEALED_FILE)
    assert stop.value.code == "root.needs_stop"
    house.fleet.runs, house.fleet.alive = False, ["b"]
    with pytest.raises(Conflict) as others:
        house.start()
    assert others.value.code == "root.other_nodes"
    house.fleet.alive = []
    assert house.finish(house.start(to=RootKind.SEALED_FILE)).state is JobState.SUCCEEDED
    assert (root.current.kind, root.others) == (RootKind.SEALED_FILE, ())
    house.check()
    assert sealed_by(Meta(sqlite).installation().integrity_key) == root.current.key_id
    # A node that began in the meantime does not make it where others would not find it.
    job = house.start()
    house.fleet.alive = ["b"]
    with pytest.raises(Unavailable) as late:
        house.finish(job)
    assert late.value.code == "root.other_nodes"
    house.check()


class Tokens:
    """A root that claims to lie in two tokens, of which one has only some of the keys."""

    def __init__(self, root):
        self._root, self.cloned = root, set()

    def __getattr__(self, name):
        return getattr(self._root, name)

    @property
    def current(self):
        return self._claimed(self._root.current)

    @property
    def others(self):
        return tuple(map(self._claimed, self._root.others))

    def create(self, kind=None):
        return self._claimed(self._root.create(RootKind.MEMORY))

    def describe(self):
        from dataclasses import replace

        healths = tuple(
            TokenHealth(label=label, serial=label, primary=label == "a", state=TokenState.READY) for label in "ab"
        )
        return replace(self._root.describe(), tokens=healths)

    def objects(self):
        keys = {one.key_id for one in (*self._root.others, self._root.current)}
        held = [("a", True, one) for one in keys] + [("b", False, one) for one in self.cloned]
        return [
            TokenObject(
                token=token, primary=primary, root=True, key_id=key.hex, label="seawall-root", kind="secret",
                algorithm="AES", sensitive=True, extractable=False, never_extractable=True, local=True,
            )
            for token, primary, key in held
        ]  # fmt: skip

    @staticmethod
    def _claimed(one):
        return RootGeneration(
            number=one.number, key_id=one.key_id, kind=RootKind.PKCS11, scheme=one.scheme, extractable=False
        )


def test_it_rests_on_no_key_that_a_token_that_stands_by_does_not_have(sqlite, row_mac):  # noqa: F811
    tokens = Tokens(Keyset([memory_root()]))
    house = House(sqlite, row_mac, tokens)
    job = house.start()
    with pytest.raises(Unavailable) as behind:
        house.finish(job)
    assert (behind.value.code, "b" in behind.value.text) == ("root.standby_behind", True)
    assert house.homes.in_use() == {tokens.others[0].key_id}
    house.check()
    tokens.cloned.add(tokens.current.key_id)
    assert house.finish(job).state is JobState.SUCCEEDED
    house.check()


@pytest.mark.parametrize("kind", [RootKind.PKCS11, RootKind.MEMORY])
def test_a_place_that_is_not_there_is_refused_before_anything_begins(sqlite, row_mac, tmp_path, kind):  # noqa: F811
    path = tmp_path / "root.sealed"
    house = House(sqlite, row_mac, Keyset([SealedFileRoot.create(path, Secret(b"a passphrase of some length"))]))
    with pytest.raises(InvalidInput) as nowhere:
        house.start(to=kind)
    assert (nowhere.value.code, nowhere.value.field) == ("root.kind", "to")
    assert house.work.jobs == {}


def test_one_at_a_time(house):
    house.start()
    with pytest.raises(Conflict) as twice:
        house.start()
    assert twice.value.code == "keys.work_standing"


def test_a_value_that_no_root_key_opens_stops_the_work_before_anything_is_retired(house):
    with house.store.begin() as tx:
        from seawall.adapters.store.tables.keys import domain_keks

        row = tx.connection.execute(domain_keks.select()).mappings().first()
        changed = row["wrapped"][:-1] + bytes([row["wrapped"][-1] ^ 1])
        tx.connection.execute(
            domain_keks.update().where(domain_keks.c.domain_id == row["domain_id"]).values(wrapped=changed)
        )
    with pytest.raises(Corrupt):
        house.finish(house.start())
    assert len(house.root.others) == 1
