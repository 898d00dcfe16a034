"""What can be asked about the checkpoints of other ledgers."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.terms import Resource
from seawall.ledger.commands import LEDGER
from seawall.ledger.peers import KeptPeer

_READ, _UPDATE = 2, 3


class ShowPeers(Command, frozen=True, kw_only=True):
    """Show what this node keeps of other ledgers: their newest checkpoints, cosigned."""

    action: ClassVar[str] = "ledger.peers"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, by origin."""

    peers: Sequence[KeptPeer]


class ShowOffer(Command, frozen=True, kw_only=True):
    """Show this node's ledger to another: public keys, and a proof that it begins with ``old_size`` entries."""

    action: ClassVar[str] = "ledger.consistency"
    activity: ClassVar[int] = _READ

    old_size: int = 0

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER


class ClosePeer(Command, frozen=True, kw_only=True):
    """Close the ledger of a node that is lost: its last known size is recorded, and nothing more of it is taken."""

    action: ClassVar[str] = "ledger.close_peer"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True

    origin: str

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER
