"""Where the ledgers of one store show each other their checkpoints, on every database."""

import pytest

from seawall.adapters.store.core import KeptCheckpoint
from seawall.adapters.store.mailbox import StoreMailbox
from seawall.kernel.clock import FixedClock
from seawall.ledger.peers import Offer
from seawall.ledger.proofs import ConsistencyProof

NOW = 1_767_830_400_000
OFFER = Offer(vkeys="k", proof=ConsistencyProof(old_size=3, size=9, hashes=["aA=="], checkpoint="c"))
NOTE = "{}\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\N{EM DASH} x y\n"


@pytest.fixture
def mailbox(store):
    for origin in ("seawall/a", "seawall/b", "seawall/c"):
        KeptCheckpoint(store, origin, FixedClock(NOW)).keep(NOTE.format(origin))
    return StoreMailbox(store)


def test_every_other_ledger_of_the_store_is_known(mailbox):
    assert mailbox.others("seawall/b") == ["seawall/a", "seawall/c"]


def test_what_is_wanted_is_shown_and_taken_once(mailbox):
    assert mailbox.wanted("seawall/a") == []
    assert mailbox.shown("seawall/a", "seawall/b") is None
    mailbox.want("seawall/a", "seawall/b", 3, "note", NOW)
    mailbox.want("seawall/a", "seawall/c", 0, "", NOW)
    assert sorted(mailbox.wanted("seawall/a")) == [("seawall/b", 3), ("seawall/c", 0)]
    mailbox.show("seawall/a", "seawall/b", OFFER)
    assert mailbox.wanted("seawall/a") == [("seawall/c", 0)]
    assert mailbox.shown("seawall/a", "seawall/b") == OFFER
    assert mailbox.shown("seawall/a", "seawall/c") is None
    mailbox.want("seawall/a", "seawall/b", 9, "newer", NOW + 1)
    assert mailbox.shown("seawall/a", "seawall/b") is None
    assert ("seawall/b", 9) in mailbox.wanted("seawall/a")
    mailbox.want("seawall/a", "seawall/b", 9, "newer", NOW + 2)


def test_what_somebody_else_wrote_there_counts_as_nothing_shown(mailbox, store):
    from sqlalchemy import update

    from seawall.adapters.store.tables.witness import witnessed

    mailbox.want("seawall/a", "seawall/b", 3, "note", NOW)
    with store.begin() as tx:
        tx.connection.execute(update(witnessed).values(offer="{not json"))
    assert mailbox.shown("seawall/a", "seawall/b") is None
