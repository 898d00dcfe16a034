"""Rotate what is due, and tell what still uses a version."""

from collections.abc import Iterable, Iterator, Sequence

from seawall.capabilities.keys.commands import RotateKey, key_resource
from seawall.capabilities.keys.commands_rotation import KeyUses, Rotated, RotateDue, ShowUses, VersionUses
from seawall.capabilities.keys.create_key import KeyMaker
from seawall.capabilities.keys.lists import leads_to
from seawall.capabilities.keys.model import KeyVersion
from seawall.capabilities.keys.ports import KeyDues, KeyStore
from seawall.capabilities.keys.ports_rewrap import Holding, Holdings
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.uses import UseLog, VersionUse
from seawall.capabilities.keys.vault import find_key
from seawall.kernel.clock import Clock, iso
from seawall.kernel.command import Turn
from seawall.kernel.errors import SeawallError, Unavailable

_BATCH = 500


class Rotation:
    """Looks after versions.

    Args:
        store: where keys are kept.
        dues: what is due by age and date.
        maker: gives new versions.
        ring: counts uses.
        log: keeps the counts; without it nothing is due by uses.
        clock: the time.

    Attributes:
        holdings: what holds what keys protected, where that is known.
    """

    def __init__(
        self, store: KeyStore, dues: KeyDues, maker: KeyMaker, ring: KeyRing, *, log: UseLog | None, clock: Clock
    ) -> None:
        self.holdings: Holdings | None = None
        self._store = store
        self._dues = dues
        self._maker = maker
        self._ring = ring
        self._log = log
        self._now_ms = clock.now_ms

    def due(self, turn: Turn, command: RotateDue) -> Rotated:
        """Rotate every key that is due. One that cannot be rotated does not keep the others.

        Those that the principal may not rotate so, or not without approvals, are left to others, and not told.

        Raises:
            Unavailable: when the store or the root does not answer; what was rotated by then is.
        """
        rotated: list[str] = []
        refused: dict[str, str] = {}
        for domain, name in self._due(turn, command.domain):
            resource = key_resource(domain, name)
            try:
                self._maker.rotate(turn, RotateKey(domain=domain, key=name), resource=resource)
            except Unavailable:
                raise
            except SeawallError as error:
                refused[f"{domain}/{name}"] = error.code
            else:
                rotated.append(f"{domain}/{name}")
        return Rotated(rotated=rotated, refused=refused)

    def anything_due(self) -> bool:
        """Say whether there is something to rotate, so that who asks every minute leaves no record."""
        if self._dues.due_rotations(self._now_ms(), domain=None, limit=1):
            return True
        return self._log is not None and bool(self._log.due(limit=1))

    def uses(self, turn: Turn, command: ShowUses) -> KeyUses:  # noqa: ARG002 - a handler is given its turn
        """Say how often each version was used.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Unavailable: the store.
        """
        with self._store.read() as reads:
            key = find_key(reads, command.domain, command.key)
        self.tell()
        counted = {one.version: one for one in self._log.of_key(key.id)} if self._log is not None else {}
        held = self.holdings.of(key.domain, key.name) if self.holdings is not None else ()
        none = {"protected": 0, "processed": 0, "last_protected_ms": None, "last_processed_ms": None}
        versions = []
        for version in key.versions:
            used = counted.get(version.number, VersionUse(version=version.number, **none))  # type: ignore[arg-type]
            versions.append(
                VersionUses(
                    version=version.number,
                    algorithm=version.algorithm,
                    protected=used.protected,
                    processed=used.processed,
                    last_protected_ms=used.last_protected_ms,
                    last_processed_ms=used.last_processed_ms,
                    held_by=(by := [f"{one.kind} {one.what} {one.part}" for one in _current(held, version.number)]),
                    verdict=_verdict(version, key.version, used, by),
                )
            )
        return KeyUses(key=f"{key.domain}/{key.name}", version=key.version, versions=versions)

    def tell(self) -> None:
        """Tell the store what this process counted; call it every few seconds, and at the end.

        Raises:
            Unavailable: the store; the counts of this time are lost.
        """
        if self._log is not None and (uses := self._ring.uses()):
            self._log.add(uses, self._now_ms())

    def _due(self, turn: Turn, domain: str) -> Iterator[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        while fresh := set(self._asked(turn.now_ms, domain)) - seen:
            yield from sorted(one for one in fresh if leads_to(turn, RotateDue.action, key_resource(*one)))
            seen |= fresh

    def _asked(self, now_ms: int, domain: str) -> Iterator[tuple[str, str]]:
        yield from self._dues.due_rotations(now_ms, domain=domain or None, limit=_BATCH)
        if self._log is not None:
            yield from (one for one in self._log.due(limit=_BATCH) if domain in {"", one[0]})


def _current(held: Iterable[Holding], version: int) -> list[Holding]:
    return [one for one in held if one.current and one.version == version]


def _verdict(version: KeyVersion, current: int, used: VersionUse, held_by: Sequence[str]) -> str:
    number = version.number
    if version.retired_ms is not None:
        return f"version {number}: retired at {iso(version.retired_ms)}"
    if number == current:
        return f"version {number}: the current one"
    if held_by:
        return f"version {number}: {len(held_by)} known holding(s) use it"
    last_ms = max(filter(None, (used.last_protected_ms, used.last_processed_ms)), default=None)
    since = f"since {iso(last_ms)}" if last_ms is not None else "and no use of it was counted"
    return f"version {number}: nothing known uses it {since}"
