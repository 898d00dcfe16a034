"""What is known of a key's use beside the store: this node's ledger, and the backups that were made."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from seawall.adapters.store.backups import StoredCeremonies
from seawall.app.bridges.paging import every
from seawall.capabilities.keys.backup_model import BackupState
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports_rewrap import Exchanged, HeldBackup, Used
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query, Row

_PAGE: Final = 500
_MOST: Final = 10_000
_EXCHANGES: Final = ("keys.import", "keys.export", "keys.export_plain")


class _Unmapped(msgspec.Struct, frozen=True):
    facts: dict[str, Any] = {}


class _Entry(msgspec.Struct, frozen=True):
    unmapped: _Unmapped = _Unmapped()


class KeyTraces:
    """Implements the keys' ``Traces``.

    Args:
        ledger: this node's.
        ceremonies: where backups are kept.
    """

    def __init__(self, ledger: Ledger, ceremonies: StoredCeremonies) -> None:
        self._ledger = ledger
        self._ceremonies = ceremonies

    @property
    def ledger(self) -> str:
        """Whose ledger is asked."""
        return self._ledger.verifiers.origin

    def users(self, key: Key) -> Sequence[Used]:
        """Say who did what with a key."""
        return [
            Used(
                principal=one.principal,
                name=one.principal_name,
                action=one.action,
                outcome=one.outcome,
                count=one.count,
                first_ms=one.first_ms,
                last_ms=one.last_ms,
            )
            for one in self._ledger.actors(f"{key.domain}/{key.name}", "key")
        ]

    def exchanges(self, domain: str) -> Sequence[Exchanged]:
        """List the key material of a domain that came in or left, oldest first."""
        rows = [row for action in _EXCHANGES for row in self._rows(action) if row.domain == domain]
        return [self._exchanged(row) for row in sorted(rows, key=lambda row: row.index)]

    def backups(self, key: Key) -> Sequence[HeldBackup]:
        """List the backups that hold a key's domain; one of which nothing is known counts."""
        with self._ceremonies.read() as view:
            found = view.backups(_MOST)
        return [
            HeldBackup(
                id=one.id,
                set_name=one.set_name,
                file=one.file,
                made_ms=one.created_ms,
                ended_ms=one.ended_ms,
                expires_ms=one.expires_ms,
            )
            for one in found
            if one.state is not BackupState.FAILED
            and (one.state is not BackupState.MADE or any(g.domain_id == str(key.domain_id) for g in one.generations))
        ]

    def _rows(self, action: str) -> Iterator[Row]:
        query = Query(action=action, outcome="success")
        return every(lambda cursor: self._ledger.query(query, cursor, _PAGE))

    def _exchanged(self, row: Row) -> Exchanged:
        facts = self._facts(row.index)
        version = facts.get("version")
        return Exchanged(
            action=row.action,
            key=row.resource,
            version=version if isinstance(version, int) else None,
            form=str(facts.get("form", "")),
            under=str(facts.get("wrapping_key", "")),
            by=row.principal,
            at_ms=row.time_ms,
        )

    def _facts(self, index: int) -> dict[str, Any]:
        entry = next(iter(self._ledger.entries(index)), b"{}")
        try:
            return msgspec.json.decode(entry, type=_Entry).unmapped.facts
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return {}
