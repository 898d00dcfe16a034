"""Checkpoints of other ledgers: taken when they extend what is kept, and never otherwise."""

import shutil

import msgspec
import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.crypto.note import verify_note
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, Unavailable
from seawall.ledger.checkpoints import open_checkpoint
from seawall.ledger.keys import load_signers
from seawall.ledger.ledger import Ledger
from seawall.ledger.peering import Peering, RemotePeer, offer_of
from seawall.ledger.peers import Offer, PeerBook, Witness, cosign
from support.ledgers import MemoryKeeper, MemoryProjection, PlainSealer, make_entries, make_ledger, sign

NOW = 1_767_830_400_000


class MemoryMailbox:
    """What ledgers of one store show each other, in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[int, Offer | None]] = {}
        self.known: list[str] = []
        self.away = False

    def others(self, origin: str):
        if self.away:
            raise Unavailable("store.unreachable", "away.")
        return [one for one in self.known if one != origin]

    def wanted(self, origin: str):
        return [(witness, size) for (log, witness), (size, _) in self.rows.items() if log == origin]

    def show(self, origin: str, witness: str, offer: Offer) -> None:
        self.rows[origin, witness] = (self.rows[origin, witness][0], offer)

    def shown(self, origin: str, witness: str):
        return self.rows.get((origin, witness), (0, None))[1]

    def want(self, origin: str, witness: str, size: int, note: str, now_ms: int) -> None:
        self.rows[origin, witness] = (size, None)


class Node:
    def __init__(self, path, origin: str, mailbox=None, remotes=()) -> None:
        self.path = path
        self.clock = FixedClock(NOW)
        self.ledger = Ledger(
            directory=f"{path}/ledger",
            runtime=f"{path}/run",
            files=OsFiles(),
            projection=MemoryProjection(),
            keeper=MemoryKeeper(),
            clock=self.clock,
        )
        if not self.ledger.exists:
            self.ledger.create(origin, PlainSealer())
        self.book = PeerBook(f"{path}/ledger", OsFiles())
        signers = load_signers(OsFiles(), f"{path}/ledger", PlainSealer())
        self.witness = Witness(self.book, signers, self.clock)
        self.peering = Peering(self.ledger, self.book, self.witness, mailbox=mailbox, remotes=remotes, clock=self.clock)
        if mailbox is not None and origin not in mailbox.known:
            mailbox.known.append(origin)

    def record(self, count: int) -> None:
        self.ledger.journal.append(make_entries(count))
        sign(self.ledger)

    def actions(self) -> list[str]:
        sign(self.ledger)
        return [msgspec.json.decode(entry)["api"]["operation"] for entry in self.ledger.entries()]


@pytest.fixture
def pair(tmp_path):
    mailbox = MemoryMailbox()
    one, two = Node(tmp_path / "1", "seawall/x", mailbox), Node(tmp_path / "2", "seawall/x/two", mailbox)
    yield one, two, mailbox
    one.ledger.close()
    two.ledger.close()


def turns(*nodes: Node, times: int = 3) -> None:
    for _ in range(times):
        for node in nodes:
            node.peering.turn()


def test_ledgers_of_one_store_keep_and_cosign_each_others_checkpoints(pair):
    one, two, _ = pair
    one.record(300)
    two.record(3)
    turns(one, two)
    kept = two.book.find("seawall/x")
    assert kept.size == 301
    assert open_checkpoint(kept.note, one.ledger.verifiers).size == 301
    # The cosignature verifies under the witness's own public key, beside those of the log.
    (cosigner,) = (key for key in two.ledger.verifiers.keys if key.type == 6)
    cosigned = verify_note(kept.note.encode(), [cosigner], require_all=True)
    assert cosigned.signatures[0].timestamp_s == NOW // 1000
    assert one.book.find("seawall/x/two").size >= 4
    one.record(500)
    turns(one, two)
    assert two.book.find("seawall/x").size == one.ledger.checkpoint().size
    assert two.actions().count("ledger.peer_met") == 1
    # What a peer keeps is what a ledger is held against.
    assert one.ledger.verify(two.book.find("seawall/x").note).kept_size == two.book.find("seawall/x").size


def test_a_ledger_that_was_set_back_is_seen_and_recorded_once(pair, tmp_path):
    one, two, mailbox = pair
    one.record(10)
    shutil.copytree(one.path, tmp_path / "old")
    one.record(90)
    turns(one, two)
    known = two.book.find("seawall/x").size
    old = Node(tmp_path / "old", "seawall/x", mailbox)
    old.record(1)
    turns(old, two)
    kept = two.book.find("seawall/x")
    assert (kept.size, kept.conflict) == (known, "peer.set_back")
    assert two.actions().count("ledger.peer_conflict") == 1
    old.ledger.close()


def test_a_fork_of_the_same_length_and_more_is_seen(pair, tmp_path):
    one, two, mailbox = pair
    one.record(10)
    shutil.copytree(one.path, tmp_path / "fork")
    one.record(90)
    turns(one, two)
    fork = Node(tmp_path / "fork", "seawall/x", mailbox)
    fork.record(200)
    turns(fork, two)
    assert two.book.find("seawall/x").conflict == "merkle.not_consistent"
    assert two.book.find("seawall/x").size <= 102
    # The one that did not fork is taken again.
    turns(one, two)
    one.record(5)
    turns(one, two)
    assert two.book.find("seawall/x").conflict == ""
    fork.ledger.close()


def test_the_keys_of_the_first_meeting_hold_for_good(pair, tmp_path):
    one, two, mailbox = pair
    one.record(1)
    turns(one, two)
    impostor = Node(tmp_path / "impostor", "seawall/x", mailbox)
    impostor.record(50)
    with pytest.raises(Corrupt) as raised:
        two.witness.take(offer_of(impostor.ledger, two.book.find("seawall/x").size))
    assert raised.value.code == "ledger.checkpoint"
    trusted = impostor.ledger.verifiers.encode()
    three = Node(tmp_path / "three", "seawall/x/three")
    with pytest.raises(Corrupt):
        three.witness.take(offer_of(one.ledger, 0), trusted=trusted)
    impostor.ledger.close()
    three.ledger.close()


def test_a_lost_ledger_is_closed_and_nothing_more_of_it_is_taken(pair):
    one, two, _ = pair
    one.record(7)
    turns(one, two)
    ended = two.book.close("seawall/x", NOW)
    assert ended.size == two.book.find("seawall/x").size
    one.record(7)
    turns(one, two)
    assert two.book.find("seawall/x") == ended
    with pytest.raises(Conflict) as raised:
        two.witness.take(offer_of(one.ledger, ended.size))
    assert raised.value.code == "peer.closed"
    with pytest.raises(Conflict):
        two.book.close("seawall/x", NOW)
    with pytest.raises(NotFound):
        two.book.close("seawall/y", NOW)


def test_a_peer_by_its_address_is_asked_and_one_that_does_not_answer_stops_nothing(tmp_path):
    one = Node(tmp_path / "1", "elsewhere/x")
    one.record(20)

    class Near:
        def show(self, old_size: int) -> Offer:
            return offer_of(one.ledger, old_size)

    class Away:
        def show(self, old_size: int) -> Offer:
            raise Unavailable("peer.unreachable", "away.")

    class Broken:
        def show(self, old_size: int) -> Offer:
            raise ValueError("secret")

    peers = [
        RemotePeer(name=name, origin=origin, vkeys=one.ledger.verifiers.encode(), remote=remote)
        for name, origin, remote in (("a", "a/x", Away()), ("b", "b/x", Broken()), ("c", "elsewhere/x", Near()))
    ]
    two = Node(tmp_path / "2", "here/x", remotes=peers)
    turns(two)
    assert two.book.find("elsewhere/x").size == one.ledger.checkpoint().size
    one.record(3)
    turns(two)
    assert two.book.find("elsewhere/x").size == one.ledger.checkpoint().size
    one.ledger.close()
    two.ledger.close()


def test_a_store_that_is_away_stops_nothing(pair):
    one, two, mailbox = pair
    mailbox.away = True
    turns(one, two)
    mailbox.away = False
    one.record(3)
    turns(one, two)
    assert two.book.find("seawall/x").size > 3


def test_a_damaged_file_is_not_taken_for_a_first_meeting(pair):
    one, two, _ = pair
    one.record(3)
    turns(one, two)
    (file,) = (two.path / "ledger" / "peers").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(Corrupt) as raised:
        two.witness.take(offer_of(one.ledger, 0))
    assert raised.value.code == "peer.damaged"


def test_only_a_checkpoint_is_cosigned(tmp_path):
    ledger = make_ledger(str(tmp_path))
    (_, signer) = load_signers(OsFiles(), f"{tmp_path}/ledger", PlainSealer())
    with pytest.raises(InvalidInput):
        cosign("anything else\n\n", signer, 1)
    ledger.close()
