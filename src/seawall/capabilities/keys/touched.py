"""What a key touched: the list that is needed when it is compromised."""

from collections.abc import Iterator

from seawall.capabilities.keys import commands_rewrap as c
from seawall.capabilities.keys.model import Key, KeyVersion, Purpose
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.ports_rewrap import Exchanged, HeldBackup, Holdings, Traces
from seawall.capabilities.keys.rewrap import shown
from seawall.capabilities.keys.uses import UseLog, VersionUse
from seawall.capabilities.keys.vault import find_key
from seawall.kernel.command import Turn


class Touching:
    """Gathers what a key touched; changes nothing.

    Args:
        store: where keys are kept.
        holdings: what holds what they protected.
        traces: what the ledger and the backups tell.
        log: how often each version was used.
    """

    def __init__(self, store: KeyStore, holdings: Holdings, traces: Traces, log: UseLog | None) -> None:
        self._store = store
        self._holdings = holdings
        self._traces = traces
        self._log = log

    def __call__(self, turn: Turn, command: c.ShowTouched) -> c.Touched:
        """Say what a key, or one version of it, touched.

        Raises:
            NotFound: keys.domain_unknown, keys.unknown, or keys.version_unknown.
            Unavailable: the store or the ledger's projection.
        """
        with self._store.read() as reads:
            key = find_key(reads, command.domain, command.key)
        versions = [key.at(command.version)] if command.version is not None else list(key.versions)
        numbers = {one.number for one in versions}
        used = {one.version: one for one in self._log.of_key(key.id)} if self._log is not None else {}
        exchanges = self._traces.exchanges(key.domain)
        named = f"{key.domain}/{key.name}"
        held = self._holdings.of(key.domain, key.name)
        return c.Touched(
            key=named,
            key_id=str(key.id),
            state=str(key.life.state),
            compromised_ms=key.life.compromised_ms,
            versions=[_version(one, used.get(one.number)) for one in versions],
            protections=[shown(one) for one in held if one.version in numbers],
            carried=[_exchange(one) for one in exchanges if one.under == key.name],
            exports=[_exchange(one) for one in exchanges if _left(one, named) and one.version in {None, *numbers}],
            users=[
                c.UserView(
                    principal=one.principal,
                    name=one.name,
                    action=one.action,
                    outcome=one.outcome,
                    count=one.count,
                    first_ms=one.first_ms,
                    last_ms=one.last_ms,
                )
                for one in self._traces.users(key)
            ],
            backups=[_backup(one) for one in self._traces.backups(key) if _holds(one, versions)],
            ledger=self._traces.ledger,
            asked_ms=turn.now_ms,
            unknown=list(_unknown(key)),
        )


def _unknown(key: Key) -> Iterator[str]:
    yield "What the ledgers of other nodes tell of its use: ask each node."
    yield "Which version each single use was of: the ledger's entries tell, versions above are counted for all nodes."
    match key.purpose:
        case Purpose.WRAP:
            yield "Data keys and other material that it wrapped: they were handed out, and nobody kept a list."
        case Purpose.ENCRYPT | Purpose.TOKENISE:
            yield "Values that were protected for others: they were handed out, and nobody kept a list."
        case Purpose.SIGN | Purpose.MAC:
            yield "What was signed or authenticated with it: it was handed in, and nobody kept it."
        case _:
            yield "Secrets that were agreed with it: they were handed out, and nobody kept a list."


def _version(one: KeyVersion, used: VersionUse | None) -> c.TouchedVersion:
    return c.TouchedVersion(
        version=one.number,
        algorithm=one.algorithm,
        origin=str(one.origin),
        created_ms=one.created_ms,
        retired_ms=one.retired_ms,
        protected=used.protected if used else 0,
        processed=used.processed if used else 0,
        last_protected_ms=used.last_protected_ms if used else None,
        last_processed_ms=used.last_processed_ms if used else None,
    )


def _left(one: Exchanged, key: str) -> bool:
    return one.key == key and one.action.startswith("keys.export")


def _exchange(one: Exchanged) -> c.ExchangeView:
    return c.ExchangeView(
        action=one.action,
        key=one.key,
        version=one.version,
        form=one.form,
        under=one.under,
        by=one.by,
        at_ms=one.at_ms,
    )


def _holds(backup: HeldBackup, versions: list[KeyVersion]) -> bool:
    # Its moment lies somewhere between its begin and its end; one that is still being made may hold everything.
    ended = backup.ended_ms
    begun = backup.made_ms
    there = (ended is None or one.created_ms <= ended for one in versions)
    kept = (one.retired_ms is None or one.retired_ms >= begun for one in versions)
    return any(made and stays for made, stays in zip(there, kept, strict=True))


def _backup(one: HeldBackup) -> c.BackupTouched:
    return c.BackupTouched(
        id=one.id, set_name=one.set_name, file=one.file, made_ms=one.made_ms, expires_ms=one.expires_ms
    )
