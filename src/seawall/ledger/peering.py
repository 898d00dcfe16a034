"""The exchange between the ledgers of one store, and with others by their address: one turn, asked every few seconds.

1. Whoever wants to be shown this ledger is shown it, from the size that they keep.
2. What others show is taken, cosigned and kept; what does not hold is recorded as a conflict.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Conflict, Corrupt, SeawallError
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import SYSTEM, Resource
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.ledger import Ledger
from seawall.ledger.peer_ports import Mailbox
from seawall.ledger.peers import Offer, PeerBook, Witness

_log = logging.getLogger("seawall.ledger.peers")
_UPDATE: Final = 3


def offer_of(ledger: Ledger, old_size: int) -> Offer:
    """Show a ledger to somebody who knows it up to a size; one that was set back shows what it has.

    Raises:
        Conflict: no checkpoint was signed yet, with code ``ledger.not_signed``.
    """
    newest = ledger.checkpoint()
    proof = ledger.prove_consistency(min(old_size, newest.size) if newest else old_size)
    return Offer(vkeys=ledger.verifiers.encode(), proof=proof)


class Remote(Protocol):
    """A ledger somewhere else."""

    def show(self, old_size: int) -> Offer:
        """Ask it to show itself from a size on.

        Raises:
            SeawallError: it does not answer, or not so.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePeer:
    """A ledger by its address, with its name in the settings, its origin and its public keys from elsewhere."""

    name: str
    origin: str
    vkeys: str
    remote: Remote


class Peering:
    """Exchanges checkpoints for one ledger.

    Args:
        ledger: this one.
        book: what it keeps of others.
        witness: takes what others show.
        mailbox: where the ledgers of this store show themselves; None where it is alone.
        remotes: ledgers somewhere else.
        clock: the time.
        entropy: randomness of identifiers.
    """

    def __init__(
        self,
        ledger: Ledger,
        book: PeerBook,
        witness: Witness,
        *,
        mailbox: Mailbox | None,
        remotes: Sequence[RemotePeer],
        clock: Clock,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._witness = witness
        self._mailbox = mailbox
        self._remotes = remotes
        self._clock = clock
        self._entropy = entropy
        self._silent: set[str] = set()

    def turn(self) -> None:
        """Do what is to be done now; what fails is logged and tried again, and stops nothing."""
        if self._mailbox is not None:
            self._try("the store", partial(self._exchange, self._mailbox))
        for peer in self._remotes:
            self._try(peer.name, partial(self._ask, peer))

    def _exchange(self, mailbox: Mailbox) -> None:
        mine = self._ledger.verifiers.origin
        newest = self._ledger.checkpoint()
        for witness, size in mailbox.wanted(mine) if newest else ():
            if newest is not None and newest.size != size:
                self._show(mailbox, witness, size)
        for origin in mailbox.others(mine):
            kept = self._book.find(origin)
            if kept is not None and kept.closed_ms is not None:
                continue
            offer = mailbox.shown(origin, mine)
            if offer is not None:
                self._take(origin, offer, None)
                kept = self._book.find(origin)
            held = (kept.size, kept.note) if kept else (0, "")
            mailbox.want(origin, mine, *held, self._clock.now_ms())

    def _show(self, mailbox: Mailbox, witness: str, size: int) -> None:
        mailbox.show(self._ledger.verifiers.origin, witness, offer_of(self._ledger, size))

    def _ask(self, peer: RemotePeer) -> None:
        kept = self._book.find(peer.origin)
        if kept is None or kept.closed_ms is None:
            self._take(peer.origin, peer.remote.show(kept.size if kept else 0), peer.vkeys)

    def _take(self, origin: str, offer: Offer, trusted: str | None) -> None:
        try:
            kept, first = self._witness.take(offer, trusted=trusted)
        except Conflict:
            return  # shown for another size than what is kept by now
        except Corrupt as error:
            if self._witness.object_to(origin, error):
                _log.error("the ledger %s shows what does not hold: %s", origin, error.text)
                self._record("ledger.peer_conflict", origin, Outcome.FAILURE, {"code": error.code}, error.code)
            return
        if first:
            vkeys = kept.vkeys.split()
            self._record("ledger.peer_met", origin, Outcome.SUCCESS, {"size": kept.size, "vkeys": vkeys})

    def _record(self, action: str, origin: str, outcome: Outcome, facts: Mapping[str, Any], code: str = "") -> None:
        now_ms = self._clock.now_ms()
        event = Event(
            uid=str(uuid7(now_ms, self._entropy)),
            time_ms=now_ms,
            action=action,
            activity=_UPDATE,
            principal=SYSTEM,
            resource=Resource(type="ledger", id=origin),
            outcome=outcome,
            code=code,
            facts=facts,
            source="system",
        )
        self._ledger.journal.append([encode(event)])

    def _try(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except SeawallError as error:
            if name not in self._silent:
                _log.warning("no checkpoints are exchanged with %s now: %s", name, error.text)
            self._silent.add(name)
        except Exception as error:  # noqa: BLE001 - keeping others' checkpoints must never stop our own
            _log.error("exchanging checkpoints with %s failed inside with %s", name, type(error).__name__)
        else:
            self._silent.discard(name)
