import pytest

from seawall.adapters.files.volatile import VolatileFiles
from seawall.kernel.errors import InvalidInput, NotFound
from seawall.kernel.terms import Principal, Proof
from seawall.ledger.commands import ProveEntry, ShowLedger, VerifyLedger
from seawall.ledger.handlers import LedgerHandlers
from seawall.ledger.proofs import verify_entry
from seawall.ledger.report import Finding
from support.ledgers import make_entries, make_entry, make_event, make_ledger, sign


class Notes:
    """A turn that keeps what is noted."""

    def __init__(self, *domains: str) -> None:
        self.facts: dict[str, object] = {}
        self.principal = Principal(id="p", name="p", domains=frozenset(domains or {"*"}), proof=Proof.TOKEN)

    def note(self, **facts: object) -> None:
        self.facts |= facts


@pytest.fixture
def ledger():
    made = make_ledger("/h", files=VolatileFiles())
    made.journal.append(make_entries(10))
    sign(made)
    return made


def test_commands_name_the_ledger_and_their_action():
    for command, action in (
        (ShowLedger(), "ledger.show"),
        (VerifyLedger(), "ledger.verify"),
        (ProveEntry(), "ledger.proof"),
    ):
        assert command.action == action
        assert (command.resource().type, command.resource().id) == ("ledger", "ledger")
        assert not command.inline


def test_show_pages_through_what_is_signed(ledger):
    handlers, turn = LedgerHandlers(ledger), Notes()
    page = handlers.show(turn, ShowLedger(of_action="data.encrypt", limit=4))
    assert [row.index for row in page.rows] == [10, 9, 8, 7]
    assert (page.size, page.signed_s) == (11, ledger.checkpoint().time_s)
    rest = handlers.show(turn, ShowLedger(of_action="data.encrypt", limit=10, cursor=page.next_cursor))
    assert [row.index for row in rest.rows] == [6, 5, 4, 3, 2, 1]
    assert rest.next_cursor is None
    assert turn.facts == {"rows": 6}


def test_verify_reports_and_notes_what_it_found(ledger):
    turn = Notes()
    report = LedgerHandlers(ledger).verify(turn, VerifyLedger(vkeys=ledger.verifiers.encode()))
    assert (report.finding, report.kept_size, report.exit_code) == (Finding.WHOLE, 11, 0)
    assert turn.facts == {"finding": "whole", "size": 11, "kept_size": 11}
    with pytest.raises(InvalidInput):
        LedgerHandlers(ledger).verify(turn, VerifyLedger(vkeys="\n"))


def test_prove_takes_an_index_or_a_uid(ledger):
    handlers, turn = LedgerHandlers(ledger), Notes()
    event = make_event()
    ledger.journal.append([make_entry(uid=event.uid)])
    sign(ledger)
    by_uid = handlers.prove(turn, ProveEntry(uid=event.uid))
    assert by_uid == handlers.prove(turn, ProveEntry(index=11))
    verify_entry(by_uid, ledger.verifiers)
    with pytest.raises(NotFound):
        handlers.prove(turn, ProveEntry(uid=make_event().uid))
    for wrong in (ProveEntry(), ProveEntry(index=1, uid=event.uid)):
        with pytest.raises(InvalidInput) as raised:
            handlers.prove(turn, wrong)
        assert raised.value.code == "ledger.which_entry"


def test_who_acts_in_some_domains_sees_what_was_done_there(ledger):
    handlers = LedgerHandlers(ledger)
    own, other = Notes("cards"), Notes("loans")
    assert len(handlers.show(own, ShowLedger()).rows) == 10
    assert handlers.show(other, ShowLedger()).rows == []
    assert handlers.show(other, ShowLedger(within="cards")).rows == []
    assert len(handlers.show(Notes(), ShowLedger(within="cards")).rows) == 10
    assert handlers.prove(own, ProveEntry(index=1)).index == 1
    with pytest.raises(NotFound) as refused:
        handlers.prove(other, ProveEntry(index=1))
    assert refused.value.code == "ledger.unknown_entry"
    # What belongs to no domain is for those who act in all.
    with pytest.raises(NotFound):
        handlers.prove(own, ProveEntry(index=0))
    assert handlers.prove(Notes(), ProveEntry(index=0)).index == 0
