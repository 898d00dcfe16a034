"""What the store holds that the ledger must have told: the cross-check that shows a lost entry.

Every change of state leaves its record in the outbox of its own transaction. A thing that is in the store, whose record
neither waits in the outbox nor is in the ledger, was told to nobody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from seawall.access.ports import IdentityStore
from seawall.app.bridges.paging import every
from seawall.capabilities.discover.ports import ScanStore
from seawall.capabilities.keys.ports import KeyLists
from seawall.capabilities.protect.ports import Protections
from seawall.kernel.command import Record
from seawall.ledger.entry import shape_of, split_entry
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query

_PAGE: Final = 500
_ROWS: Final = 1000
_SUCCESS: Final = "success"
_MADE: Final = "made"
_ROTATED: Final = "rotated"
#: What each action does to what it names. A protection may make a scan of its own on its way.
_ACTS: Final = {
    "domains.create": _MADE,
    "keys.create": _MADE,
    "keys.rotate": _ROTATED,
    "discover.scan": _MADE,
    "protect.run": _MADE,
    "protect.retokenise": _MADE,
    "access.principal.create": _MADE,
}
_Act = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was done to a thing so many times, for the last time at ``time_ms``."""

    act: str
    kind: str
    id: str
    times: int
    time_ms: int


class StoredChanges:
    """Lists the changes of state that the store's own rows prove: what was made, and how often keys were rotated."""

    def __init__(self, keys: KeyLists, scans: ScanStore, protections: Protections, identities: IdentityStore) -> None:
        self._keys = keys
        self._scans = scans
        self._protections = protections
        self._identities = identities

    def __call__(self) -> Iterator[Change]:
        """List them."""
        for domain in every(lambda cursor: self._keys.domains(limit=_PAGE, cursor=cursor)):
            yield _made("domain", domain.name, domain.created_ms)
        for key in every(lambda cursor: self._keys.keys(domain=None, limit=_PAGE, cursor=cursor)):
            name = f"{key.domain}/{key.name}"
            yield _made("key", name, key.life.created_ms)
            if (times := len(key.versions) - 1) > 0:
                last_ms = key.versions[-1].created_ms
                yield Change(act=_ROTATED, kind="key", id=name, times=times, time_ms=last_ms)
        for scan in every(lambda cursor: self._scans.page(_PAGE, cursor)):
            yield _made("scan", scan.scan_id, scan.started_ms)
        for protection in every(lambda cursor: self._protections.page(None, _PAGE, cursor)):
            yield _made("protection", protection.id, protection.created_ms)
        for identity in every(lambda cursor: self._identities.list(limit=_PAGE, cursor=cursor)):
            yield _made("principal", identity.id, identity.created_ms)


def count_lost(changes: Iterable[Change], waiting: Sequence[Record], ledger: Ledger, until_ms: int | None) -> int:
    """Count the changes that nobody was told of.

    Args:
        changes: what the store proves.
        waiting: the records that wait in the outbox; read after the changes.
        ledger: where the others are.
        until_ms: later changes are not judged, because the ledger's projection does not know them yet; None for all.
    """
    told: Counter[_Act] = Counter()
    for action, act in _ACTS.items():
        query = Query(action=action, outcome=_SUCCESS)
        for row in every(partial(ledger.query, query, limit=_ROWS)):
            told[act, row.resource_type, row.resource] += 1
    for record in waiting:
        shape = shape_of(split_entry(record.body)[2])
        if shape.outcome == _SUCCESS and shape.action in _ACTS:
            told[_ACTS[shape.action], shape.resource_type, shape.resource] += 1
    return sum(
        max(0, change.times - told[change.act, change.kind, change.id])
        for change in changes
        if until_ms is None or change.time_ms <= until_ms
    )


def _made(kind: str, thing: str, time_ms: int) -> Change:
    return Change(act=_MADE, kind=kind, id=thing, times=1, time_ms=time_ms)
