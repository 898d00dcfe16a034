"""Over what connections people come, as the ledger is told."""

import json

from seawall.desk.arrivals import Arrivals, arrival
from seawall.desk.uids import EventUids
from seawall.kernel.terms import Principal, Proof

ALICE = Principal(id="p-1", name="alice", proof=Proof.CERTIFICATE, session="c-1")
OVER = {"tls_version": "TLSv1.3", "tls_group": "X25519MLKEM768", "tls_cipher": "TLS_AES_256_GCM_SHA384"}


def test_the_same_is_said_again_after_a_while():
    arrivals = Arrivals(again_ms=1000)
    assert [arrivals.admit(ALICE, OVER, "10.0.0.1", now) for now in (0, 1, 999, 1000, 1001)] == [1, 0, 0, 1, 0]
    assert arrivals.admit(ALICE, OVER, "10.0.0.1", 500)  # a clock that went back ends the wait too


def test_what_differs_is_said():
    arrivals = Arrivals()
    other = {**OVER, "tls_group": "X25519"}
    bob = Principal(id="p-2", name="bob", proof=Proof.TOKEN, session="c-2")
    cases = [(ALICE, OVER, "a"), (ALICE, OVER, "b"), (ALICE, other, "a"), (bob, OVER, "a")]
    assert all(arrivals.admit(who, over, origin, 0) for who, over, origin in cases)
    assert not any(arrivals.admit(who, over, origin, 1) for who, over, origin in cases)


def test_memory_is_bounded():
    arrivals = Arrivals(most=10)
    for number in range(1000):
        assert arrivals.admit(ALICE, OVER, str(number), 0)
    assert len(arrivals._said) <= 10


def test_the_entry_says_who_by_what_over_what():
    entry = arrival(ALICE, OVER, source="rest", origin="10.0.0.1", now_ms=5, uids=EventUids())
    event = json.loads(entry)
    assert event["unmapped"]["outcome"] == "success"
    assert event["unmapped"]["facts"] == {"proof": "certificate", **OVER}
    assert event["time"] == 5
