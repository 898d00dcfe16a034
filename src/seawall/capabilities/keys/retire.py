"""Retire a version: its material is erased while the key lives on.

1. Nothing known may use it: it is not the current one, nothing that Seawall knows of holds what it protected, and
   nothing was processed with it for as long as the asker says.
2. Its material is erased in the transaction that records it, and every process drops it.
3. What was erased is overwritten, as far as the database can, and then looked for; finding it is an error.
"""

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.commands import key_resource
from seawall.capabilities.keys.commands_rewrap import RetireVersion
from seawall.capabilities.keys.destroy import READ_BACK
from seawall.capabilities.keys.domain import DAY_MS
from seawall.capabilities.keys.model import Key, Origin
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.ports_rewrap import Holdings
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.uses import UseLog
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import KeyView
from seawall.kernel.clock import iso
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput

_MOST_DAYS = 36_525


class Retiring:
    """Retires versions.

    Args:
        store: where keys are kept.
        holdings: what holds what they protected.
        revocation: has every process drop what it holds.
        log: how often each version was used.
    """

    def __init__(self, store: KeyStore, holdings: Holdings, revocation: Revocation, log: UseLog | None) -> None:
        self._store = store
        self._holdings = holdings
        self._revocation = revocation
        self._log = log

    def __call__(self, turn: Turn, command: RetireVersion) -> KeyView:
        """Retire a version.

        Raises:
            InvalidInput: ``keys.unused_days``.
            NotFound: keys.domain_unknown, keys.unknown, or keys.version_unknown.
            Conflict: keys.version_current, keys.version_in_use, keys.version_retired, keys.undeletable, keys.destroyed
                or keys.pending_destruction.
            Corrupt: ``keys.erase_incomplete``.
            Unavailable: the store.
        """
        if not 0 <= command.unused_days <= _MOST_DAYS:
            raise InvalidInput("keys.unused_days", f"days are 0 to {_MOST_DAYS}.", field="unused_days")
        with self._store.read() as reads:
            key = find_key(reads, command.domain, command.key)
        self._confirm(key, command, turn.now_ms)
        with self._store.begin() as tx:
            find_domain(tx, command.domain).usable()
            key = find_key(tx, command.domain, command.key)
            _may_go(key, command.version)
            if not tx.retire_version(key, command.version, turn.now_ms):
                raise errors.material_missing(key.domain, key.name, command.version)
            facts = {
                "key_id": str(key.id),
                "version": command.version,
                "algorithm": key.at(command.version).algorithm,
                "key_check_value": key.at(command.version).key_check_value,
                "retired": True,
            }
            tx.outbox(turn.record(facts))
            tx.announce()
        self._revocation.wait()
        self._store.scrub()
        if self._store.remaining(key_id=key.id, version=command.version):
            raise errors.erase_incomplete(f"version {command.version} of key {key.domain}/{key.name}")
        found = {"id": str(key.id), "version": command.version, "remaining": 0}
        with self._store.begin() as tx:
            resource = key_resource(key.domain, key.name)
            tx.outbox(turn.record(found, resource=resource, action=READ_BACK))
            return KeyView.of(find_key(tx, command.domain, command.key))

    def _confirm(self, key: Key, command: RetireVersion, now_ms: int) -> None:
        _may_go(key, command.version)
        held = self._holdings.of(key.domain, key.name)
        if using := [one for one in held if one.current and one.version == command.version]:
            raise _in_use(key, command.version, f"{using[0].kind} {using[0].what} holds {using[0].values} values of it")
        if self._log is None:
            return
        since_ms = now_ms - command.unused_days * DAY_MS
        for one in self._log.of_key(key.id):
            last_ms = one.last_processed_ms
            if command.unused_days and one.version == command.version and last_ms is not None and last_ms > since_ms:
                raise _in_use(key, command.version, f"it was last used at {iso(last_ms)}")


def _may_go(key: Key, number: int) -> None:
    version = key.at(number)
    if key.life.destroyed_ms is not None:
        raise errors.key_destroyed(key.domain, key.name, key.life.destroyed_ms)
    if key.life.destroy_after_ms is not None:
        raise errors.pending_destruction(key.domain, key.name, key.life.destroy_after_ms)
    if version.retired_ms is not None:
        raise errors.version_retired(key.domain, key.name, number, version.retired_ms)
    if version.origin is Origin.HSM:
        raise errors.stays_in_token(f"version {number} of key {key.domain}/{key.name} stays in its token.")
    if key.attributes.undeletable:
        raise errors.undeletable(key.domain, key.name)
    if number == key.version:
        raise Conflict(
            "keys.version_current",
            f"version {number} of key {key.domain}/{key.name} is the current one.",
            field="version",
            remedy="Rotate the key first, or destroy it.",
        )


def _in_use(key: Key, number: int, why: str) -> Conflict:
    return Conflict(
        "keys.version_in_use",
        f"version {number} of key {key.domain}/{key.name} is in use: {why}.",
        field="version",
        remedy="Move what it protected to the current version: seawall keys rewrap; then wait, or name fewer days.",
    )
