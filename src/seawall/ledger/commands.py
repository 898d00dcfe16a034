"""What can be asked of the ledger, and what comes back."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from seawall.kernel.command import Command
from seawall.kernel.terms import Resource
from seawall.ledger.model import Row

LEDGER = Resource(type="ledger", id="ledger")
_READ = 2


class ShowLedger(Command, frozen=True, kw_only=True):
    """Find entries, newest first.

    An empty filter takes all: ``of_action`` a dotted action, ``by`` a principal's id, ``on`` a resource's id,
    ``within`` a domain, ``outcome`` one of success, failure, denied and intent. Who acts in some domains alone sees
    what was done in those. Times are Unix milliseconds; ``until_ms`` is excluded.
    """

    action: ClassVar[str] = "ledger.show"
    activity: ClassVar[int] = _READ

    of_action: str = ""
    by: str = ""
    on: str = ""
    within: str = ""
    outcome: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries. ``size`` entries stand under the newest checkpoint, signed at ``signed_s`` (Unix seconds)."""

    rows: Sequence[Row]
    next_cursor: str | None
    size: int
    signed_s: int


class VerifyLedger(Command, frozen=True, kw_only=True):
    """Verify the whole ledger of this home.

    ``checkpoint`` is the text of a signed checkpoint kept elsewhere; without it, the one that the store keeps is used.
    ``vkeys`` are the public keys, one a line, from a place that is not this home; without them, the home's own.
    """

    action: ClassVar[str] = "ledger.verify"
    activity: ClassVar[int] = _READ

    checkpoint: str | None = None
    vkeys: str | None = None

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER


class ProveEntry(Command, frozen=True, kw_only=True):
    """Prove an entry, named by its index or its uid, under the newest checkpoint."""

    action: ClassVar[str] = "ledger.proof"
    activity: ClassVar[int] = _READ

    index: int | None = None
    uid: str | None = None

    def resource(self) -> Resource:
        """The ledger."""
        return LEDGER
