"""A ledger to test with: plain sealer and keeper, a projection in memory, entries that are events."""

from collections.abc import Iterable, Sequence
from itertools import count

from seawall.adapters.files.os_files import OsFiles
from seawall.kernel.clock import Clock, FixedClock
from seawall.kernel.errors import Corrupt, Unavailable
from seawall.kernel.ids import uuid7
from seawall.kernel.paging import Page
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Principal, Proof, Resource
from seawall.ledger.entry import shape_of, split_entry
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Acted, Query, Row, Tally
from seawall.ledger.ports import Files, Projection

APP = Principal(id="app-1", name="payments", proof=Proof.TOKEN)
KEY = Resource(type="key", id="cards/pan", domain="cards")
ORIGIN = "seawall.test/one"
_numbers = count()


class PlainSealer:
    """Wraps without hiding: the binding to a context is what is tested here."""

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        return context + b"|" + plaintext.expose()

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        if not wrapped.startswith(context + b"|"):
            raise Corrupt("root.tampered", "wrapped for something else, or changed.")
        return Secret(wrapped[len(context) + 1 :])


class MemoryKeeper:
    """Keeps the newest checkpoint, and can be away."""

    def __init__(self) -> None:
        self.note: str | None = None
        self.away = False

    def keep(self, checkpoint: str) -> None:
        if self.away:
            raise Unavailable("store.locked", "the store does not answer.")
        self.note = checkpoint

    def kept(self) -> str | None:
        return self.note


class MemoryProjection:
    """A projection in a list."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def size(self) -> int:
        return len(self._rows)

    def feed(self, first_index: int, entries: Sequence[bytes]) -> None:
        if first_index > len(self._rows):
            raise Corrupt("ledger.projection_damaged", "a gap.")
        for entry in entries[len(self._rows) - first_index :]:
            time_ms, uid, rest = split_entry(entry)
            shape = {name: getattr(shape_of(rest), name) for name in shape_of(rest).__struct_fields__}
            self._rows.append(Row(index=len(self._rows), uid=uid, time_ms=time_ms, **shape))

    def query(self, query: Query, cursor: str | None, limit: int) -> Page[Row]:
        def wanted(row: Row) -> bool:
            return (
                (cursor is None or row.index < int(cursor))
                and (not query.action or row.action == query.action)
                and (not query.principal or row.principal == query.principal)
                and (not query.resource or row.resource == query.resource)
                and (not query.outcome or row.outcome == query.outcome)
                and (query.domains is None or row.domain in query.domains)
                and (query.since_ms is None or row.time_ms >= query.since_ms)
                and (query.until_ms is None or row.time_ms < query.until_ms)
            )

        rows = [row for row in reversed(self._rows) if wanted(row)]
        items = rows[:limit]
        return Page(items=items, next_cursor=str(items[-1].index) if len(rows) > limit else None)

    def tally(self, since_ms: int) -> Sequence[Tally]:
        times: dict[tuple[str, str, str], list[int]] = {}
        for row in self._rows:
            if row.time_ms >= since_ms:
                times.setdefault((row.action, row.outcome, row.code), []).append(row.time_ms)
        return [
            Tally(action=action, outcome=outcome, code=code, count=len(seen), last_ms=max(seen))
            for (action, outcome, code), seen in sorted(times.items())
        ]

    def actors(self, resource, resource_type):
        found = {}
        for row in self._rows:
            if (row.resource, row.resource_type) == (resource, resource_type):
                found.setdefault((row.principal, row.action, row.outcome, row.principal_name), []).append(row.time_ms)
        return [
            Acted(
                principal=principal,
                principal_name=name,
                action=action,
                outcome=outcome,
                count=len(times),
                first_ms=min(times),
                last_ms=max(times),
            )
            for (principal, action, outcome, name), times in sorted(found.items())
        ]

    def index_of(self, uid: str) -> int | None:
        return next((row.index for row in self._rows if row.uid == uid), None)

    def has_uid(self, uid: str) -> bool:
        return self.index_of(uid) is not None

    def rebuild(self, entries: Iterable[bytes]) -> None:
        self._rows.clear()
        self.feed(0, list(entries))

    def close(self) -> None:
        return


def make_event(**changes) -> Event:
    """An event with a uid of its own."""
    number = next(_numbers)
    values = {
        "uid": str(uuid7(1_767_830_400_000 + number, number.to_bytes)),
        "time_ms": 1_767_830_400_000 + number,
        "action": "data.encrypt",
        "activity": 99,
        "principal": APP,
        "resource": KEY,
        "outcome": Outcome.SUCCESS,
        "facts": {"bytes": 32, "version": 1},
        "source": "rest",
    }
    return Event(**(values | changes))


def make_entry(**changes) -> bytes:
    return encode(make_event(**changes))


def make_entries(number: int) -> list[bytes]:
    return [make_entry() for _ in range(number)]


def make_ledger(
    home: str,
    *,
    files: Files | None = None,
    projection: Projection | None = None,
    keeper: MemoryKeeper | None = None,
    clock: Clock | None = None,
    create: bool = True,
    **options,
) -> Ledger:
    """A ledger below ``home``, made if it is not there."""
    ledger = Ledger(
        directory=f"{home}/ledger",
        runtime=f"{home}/run",
        files=files or OsFiles(),
        projection=projection or MemoryProjection(),
        keeper=keeper or MemoryKeeper(),
        clock=clock or FixedClock(),
        **options,
    )
    if create and not ledger.exists:
        ledger.create(ORIGIN, PlainSealer())
    return ledger


def sign(ledger: Ledger) -> None:
    assert ledger.sign_now(PlainSealer())
