"""A node that is asked by another for its ledger, and a copy that is verified against what the other keeps."""

import json
import shutil

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.remote_peer import HttpPeer, PeerAddress
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import Unavailable
from seawall.ledger.keys import load_signers
from seawall.ledger.peering import Peering, RemotePeer
from seawall.ledger.peers import PeerBook, Witness
from support.ledgers import PlainSealer, make_ledger
from support.node import TrialHome, running


def vkeys_of(home: TrialHome) -> str:
    return "".join(path.read_text() for path in sorted((home.path / "ledger" / "keys").glob("*.vkey")))


def test_a_node_shows_its_ledger_to_a_peer_that_keeps_it(home, tmp_path):
    """The peer is a ledger of its own, with a scribe's keys and no node around it."""
    ledger = make_ledger(str(tmp_path / "peer"), clock=SystemClock())
    directory = f"{tmp_path}/peer/ledger"
    book = PeerBook(directory, OsFiles())
    witness = Witness(book, load_signers(OsFiles(), directory, PlainSealer()), SystemClock())
    (tmp_path / "token").write_text(home.token("auditor") + "\n")
    with running(home, tmp_path / "log", workers=1) as node:
        address = PeerAddress(
            url=f"http://127.0.0.1:{node.port}", ca_file=None, token_file=tmp_path / "token", timeout_s=5.0
        )
        vkeys = vkeys_of(home)
        origin = vkeys.partition("+")[0]
        remote = RemotePeer(name="one", origin=origin, vkeys=vkeys, remote=HttpPeer(address))
        peering = Peering(ledger, book, witness, mailbox=None, remotes=[remote], clock=SystemClock())
        peering.turn()
        first = book.find(origin)
        assert first is not None
        for _ in range(30):
            assert node.client("payments-app").encrypt().status == 200
        node.stop()
        with running(home, tmp_path / "log2", workers=1) as again:
            moved = PeerAddress(url=f"http://127.0.0.1:{again.port}", ca_file=None, token_file=tmp_path / "token")
            later = RemotePeer(name="one", origin=origin, vkeys=vkeys, remote=HttpPeer(moved))
            Peering(ledger, book, witness, mailbox=None, remotes=[later], clock=SystemClock()).turn()
            kept = book.find(origin)
            assert kept.size > first.size + 30
            assert not kept.conflict
            (tmp_path / "token").write_text(home.token("payments-app"))
            with pytest.raises(Unavailable, match="403"):
                HttpPeer(moved).show(0)
    # The home is held against what the peer keeps; and so is one that was set back to what it was before.
    (tmp_path / "kept").write_text(kept.note)
    assert home.call("ledger", "verify", "--against", tmp_path / "kept").code == 0
    old = tmp_path / "old"
    shutil.copytree(home.path / "ledger", old)
    (old / "checkpoint").write_text(first.note)
    told = home.call("ledger", "verify", "--directory", old, "--against", tmp_path / "kept", "--json")
    assert told.code == 1
    assert "cut back" in told.out
    ledger.close()


def test_a_node_says_what_it_keeps_and_closes_what_is_lost(home, tmp_path):
    lost = make_ledger(str(tmp_path / "lost"), clock=SystemClock())
    from seawall.ledger.peering import offer_of
    from support.ledgers import sign

    sign(lost)
    book = PeerBook(str(home.path / "ledger"), OsFiles())
    other = make_ledger(str(tmp_path / "other"), clock=SystemClock())
    signers = load_signers(OsFiles(), f"{tmp_path}/other/ledger", PlainSealer())
    Witness(book, signers, SystemClock()).take(offer_of(lost, 0))
    shown = home.call("ledger", "peers", "--json", who="auditor")
    assert [one["size"] for one in json.loads(shown.out)["peers"]] == [1]
    assert home.call("ledger", "close-peer", "seawall.test/one", who="auditor").code == 4
    closed = home.call("ledger", "close-peer", "seawall.test/one", who="admin")
    assert closed.code == 0, closed.err
    again = home.call("ledger", "close-peer", "seawall.test/one", "--json", who="admin")
    assert (again.code, again.error["error"]) == (5, "peer.closed")
    recorded = home.call("ledger", "show", "--action", "ledger.close_peer", "--json", who="auditor").json["rows"]
    assert sorted(row["outcome"] for row in recorded) == ["denied", "failure", "intent", "intent", "success"]
    with running(home, tmp_path / "log", workers=1) as node:
        given = ("ledger", "verify", "--against", f"http://127.0.0.1:{node.port}", "--json")
        refused = home.call(*given, who="auditor")
        assert (refused.code, refused.error["error"]) == (5, "peer.unknown")
    lost.close()
    other.close()
