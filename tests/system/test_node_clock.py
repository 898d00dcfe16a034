"""A clock that goes back: nothing is lost, nothing opens early, and the ledger stays whole."""

from itertools import pairwise

import pytest

from seawall.access.commands import CreateEnrolment, Enrol, IssueToken
from seawall.capabilities.keys.commands import (
    CreateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    FinishDestroy,
    GetKey,
    RotateKey,
)
from seawall.kernel.clock import FixedClock, SystemClock
from seawall.kernel.errors import Conflict, Unauthenticated
from seawall.kernel.terms import ANONYMOUS, SYSTEM
from support.node import TrialHome, entries_of, open_rooms

HOUR, DAY = 3600, 86_400


class Somebody:
    """One person in the rooms of a home."""

    def __init__(self, rooms, home: TrialHome, name: str) -> None:
        self._rooms, self._token, self._name = rooms, home.token(name), name

    def do(self, command):
        return self._rooms.desk.perform(self._rooms.authenticator.bearer(self._token), command, source="cli")


def test_a_clock_that_goes_back(home):
    clock = FixedClock(SystemClock().now_ms() + 60_000)
    with open_rooms(home, clock) as rooms:
        admin, custodian, app = (Somebody(rooms, home, name) for name in ("admin", "custodian", "payments-app"))
        sealed = app.do(Encrypt(domain="harbour", key="fields", plaintext=b"before")).ciphertext
        custodian.do(CreateKey(domain="harbour", name="doomed"))
        custodian.do(DestroyKey(domain="harbour", key="doomed"))
        issued = admin.do(IssueToken(principal="payments-app", days=1))
        code = admin.do(CreateEnrolment(principal="payments-app")).code
        enrolled = rooms.desk.perform(ANONYMOUS, Enrol(code=code), source="rest")
        rooms.ledger.sign_now(rooms.root)

        clock.advance(-5 * DAY)
        # What was issued in what is now the future goes on, and what was done stays done.
        assert rooms.authenticator.bearer(issued.token).name == "payments-app"
        assert rooms.authenticator.session(enrolled.cookie).name == "payments-app"
        assert app.do(Decrypt(domain="harbour", key="fields", ciphertext=sealed)).plaintext == b"before"
        with pytest.raises(Unauthenticated):
            rooms.desk.perform(ANONYMOUS, Enrol(code=code), source="rest")
        custodian.do(RotateKey(domain="harbour", key="fields"))
        again = app.do(Encrypt(domain="harbour", key="fields", plaintext=b"after"))
        assert app.do(Decrypt(domain="harbour", key="fields", ciphertext=again.ciphertext)).plaintext == b"after"
        assert rooms.desk.perform(SYSTEM, FinishDestroy(), source="system").keys == []
        with pytest.raises(Conflict):
            app.do(Encrypt(domain="harbour", key="doomed", plaintext=b"x"))
        rooms.ledger.sign_now(rooms.root)

        clock.advance(5 * DAY + HOUR)
        assert app.do(Decrypt(domain="harbour", key="fields", ciphertext=sealed)).plaintext == b"before"
        assert custodian.do(GetKey(domain="harbour", key="doomed")).destroyed_ms is None
        clock.advance(DAY)
        with pytest.raises(Unauthenticated) as refused:
            rooms.authenticator.bearer(issued.token)
        assert refused.value.code == "access.token_expired"
        rooms.ledger.sign_now(rooms.root)
    # The record says when things were done by the clock of that moment, in the order in which they were done.
    entries = entries_of(home)
    times = [entry.time_ms for entry in entries]
    assert min(b - a for a, b in pairwise(times)) < -4 * DAY * 1000
    verified = home.call("ledger", "verify", "--json")
    assert (verified.code, verified.json["finding"], verified.json["size"]) == (0, "whole", len(entries))
    shown = home.call("ledger", "show", "--json", "--limit", "1000", who="auditor").json
    assert shown["size"] >= len(entries)
