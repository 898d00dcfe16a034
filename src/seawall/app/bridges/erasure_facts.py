"""What is known beside a tombstone, for certificates of erasure: who approved, and which backups hold what is gone."""

from collections.abc import Sequence

from seawall.access.approvals.model import Choice
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.used_approvals import UsedApprovals
from seawall.capabilities.keys.backup_model import Backup, BackupState
from seawall.capabilities.keys.ports import KeyStore
from seawall.kernel.clock import Clock
from seawall.ledger.certificates import Approval, Recoverable

_MOST = 10_000


class ErasureApprovals:
    """Implements the ledger's ``ApprovalsOf`` over the requests for approval that were used up."""

    def __init__(self, used: UsedApprovals) -> None:
        self._used = used

    def of(self, action: str, resource: str, at_ms: int) -> Sequence[Approval]:
        """Name who approved of what was asked at that time."""
        return [
            Approval(at_ms=vote.cast_ms, by=vote.voter, name=vote.voter_name, request=request.id)
            for request in self._used.used(action, resource, at_ms)
            for vote in request.standing()
            if vote.choice is Choice.APPROVE
        ]


class ErasureBackups:
    """Implements the ledger's ``Backups`` over the backups that this store was asked for.

    A backup that is being made, or that ended without a word, counts: it may have left a file.
    """

    def __init__(self, ceremonies: StoredCeremonies, keys: KeyStore, clock: Clock) -> None:
        self._ceremonies = ceremonies
        self._keys = keys
        self._clock = clock

    def recoverable(self, domain: str, *, since_ms: int, until_ms: int) -> Sequence[Recoverable] | None:
        """Name the backups that hold what was of a domain between two times; None where none is recorded at all."""
        with self._ceremonies.read() as view:
            backups = view.backups(_MOST)
        if not backups:
            return None
        with self._keys.read() as reads:
            owner = reads.domain(domain)
        domain_id = "" if owner is None else str(owner.id)
        now_ms = self._clock.now_ms()
        return [
            Recoverable(backup=one.id, set=one.set_name, made_ms=one.created_ms, until_ms=one.expires_ms)
            for one in backups
            if (one.expires_ms is None or one.expires_ms > now_ms)
            and one.created_ms <= until_ms
            and (one.ended_ms is None or one.ended_ms >= since_ms)
            and _holds(one, domain_id)
        ]


def _holds(backup: Backup, domain_id: str) -> bool:
    if backup.state is BackupState.FAILED:
        return False
    return backup.state is not BackupState.MADE or any(one.domain_id == domain_id for one in backup.generations)
