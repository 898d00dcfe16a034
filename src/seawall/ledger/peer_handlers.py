"""Carry out what is asked about the checkpoints of other ledgers."""

from hashlib import sha256

from seawall.kernel.command import Turn
from seawall.ledger.commands_peers import ClosePeer, Peers, ShowOffer, ShowPeers
from seawall.ledger.ledger import Ledger
from seawall.ledger.peering import offer_of
from seawall.ledger.peers import KeptPeer, Offer, PeerBook


class PeerHandlers:
    """One handler for each command."""

    def __init__(self, ledger: Ledger, book: PeerBook) -> None:
        self._ledger = ledger
        self._book = book

    def show(self, turn: Turn, command: ShowPeers) -> Peers:
        """Show what is kept."""
        del command
        kept = self._book.all()
        turn.note(peers=len(kept))
        return Peers(peers=kept)

    def offer(self, turn: Turn, command: ShowOffer) -> Offer:
        """Show this ledger.

        Raises:
            Conflict: no checkpoint was signed yet, with code ``ledger.not_signed``.
        """
        offer = offer_of(self._ledger, command.old_size)
        turn.note(old_size=command.old_size, size=offer.proof.size)
        return offer

    def close(self, turn: Turn, command: ClosePeer) -> KeptPeer:
        """Close a lost ledger.

        Raises:
            NotFound: ``peer.unknown``.
            Conflict: ``peer.closed``.
        """
        kept = self._book.close(command.origin, turn.now_ms)
        turn.note(
            origin=kept.origin, size=kept.size, note_sha256=sha256(kept.note.encode()).hexdigest(), kept_ms=kept.kept_ms
        )
        return kept
