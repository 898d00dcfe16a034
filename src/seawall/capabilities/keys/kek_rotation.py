"""Replace a domain's key-encryption key while everything goes on.

1. A new key-encryption key is made and wrapped by the root. From that transaction on new material is sealed under it;
   whoever sealed under the old one in that moment is refused, and seals again. Both can be opened.
2. Key after key, in the order of their names, material is opened under the old key and sealed under the new. It takes
   the old one's place only where that is still there: what was erased meanwhile stays erased.
3. When nothing is under an older key any more, those keys are erased, every process drops what it held of them, the
   database overwrites them, and they are looked for. Material that was under them, in old pages or old copies of the
   store, opens no more; in a backup it does, for the backup holds its own copy of the key.

Every step finds out from the store what was done. A process may die anywhere; the same slice is then done again.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from seawall.capabilities.keys import errors, sealing
from seawall.capabilities.keys.commands_work import RotateKek, RotateKekSlice, WorkView
from seawall.capabilities.keys.create_key import unchanged
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.long_work import begin, one_at_a_time, one_version
from seawall.capabilities.keys.ports import KeyStore, RootOfTrust
from seawall.capabilities.keys.ports_sealed import SealedKey
from seawall.capabilities.keys.ports_work import Fleet, LongWork
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.vault import find_domain
from seawall.kernel.command import Turn
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.jobs import Job, Slice
from seawall.kernel.secret import Secret

KIND: Final = "domains.rotate_kek"
#: What the record is called that says that older key-encryption keys are gone and were not found again.
ERASED: Final = "domains.kek_erased"
_KEYS = 100  # of one slice
_SEALING = "sealing material anew"


class _Spec(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    generation: int


class _At(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sweep came: the last name, and whether there is none behind it."""

    after: str = ""
    swept: bool = False


@dataclass(frozen=True, slots=True)
class _Moved:
    key: SealedKey
    fresh: Mapping[int, bytes]


class KekJob:
    """The kind of work that replaces key-encryption keys."""

    name = KIND

    def step(self, job: Job) -> RotateKekSlice:
        """Make the command of the next slice."""
        spec = msgspec.json.decode(job.spec, type=_Spec)
        return RotateKekSlice(
            domain=spec.domain,
            generation=spec.generation,
            checkpoint=job.checkpoint,
            done=job.done,
            total=job.total,
        )


class KekRotation:
    """Replaces key-encryption keys.

    Args:
        store: where domains and keys are kept.
        root: wraps the new key.
        ring: opens the old ones.
        revocation: has every process drop what it holds.
        work: starts jobs.
        fleet: who else works on the store.
        entropy: random bytes for keys, ids and nonces.
        keys: how many keys a slice moves.
    """

    def __init__(
        self,
        store: KeyStore,
        root: RootOfTrust,
        ring: KeyRing,
        revocation: Revocation,
        *,
        work: LongWork,
        fleet: Fleet,
        entropy: Entropy = os.urandom,
        keys: int = _KEYS,
    ) -> None:
        self._store = store
        self._root = root
        self._ring = ring
        self._revocation = revocation
        self._work = work
        self._fleet = fleet
        self._entropy = entropy
        self._keys = keys

    def start(self, turn: Turn, command: RotateKek) -> WorkView:
        """Start the work.

        Raises:
            NotFound: ``keys.domain_unknown``.
            Conflict: keys.destroyed, keys.pending_destruction, keys.work_standing, or keys.versions_differ.
            Unavailable: the store.
        """
        with self._store.read() as reads:
            domain = find_domain(reads, command.domain).usable()
        one_at_a_time(self._work.newest(KIND, domain=domain.name))
        one_version(self._fleet)
        spec = _Spec(domain=domain.name, generation=domain.kek_generation + 1)
        return begin(self._work, turn, KIND, command, spec, entropy=self._entropy)

    def slice(self, turn: Turn, command: RotateKekSlice) -> Slice:
        """Do the next piece.

        Raises:
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.destroyed`` or ``keys.pending_destruction``.
            Corrupt: keys.kek_missing, keys.material_corrupt, or keys.erase_incomplete.
            Unavailable: the store or the root; what was moved by then is.
        """
        at = msgspec.json.decode(command.checkpoint, type=_At) if command.checkpoint else _At()
        with self._store.read() as reads:
            domain = find_domain(reads, command.domain).usable()
        total = command.total
        if domain.kek_generation < command.generation:
            self._replace(turn, domain)
            return _slice(_At(), 0, total, "a new key-encryption key")
        if at.swept:
            self._erase(turn, domain)
            return _slice(at, command.done, total, "the old key-encryption key is gone", over=True)
        with self._store.read() as reads:
            found = reads.sealed_keys(domain, after=at.after, limit=self._keys)
            # One that was added by a process that did not know of the new key yet is found by a sweep more.
            behind = reads.behind(domain) if not found or not total else 0
            keks = reads.keks(domain.id)
        if found:
            moved = self._move(domain, keks, found)
            turn.note(moved=moved, generation=domain.kek_generation)
            return _slice(_At(after=found[-1].key.name), command.done + moved, total or behind, _SEALING)
        if behind:
            return _slice(_At(), 0, total, _SEALING)
        return _slice(_At(swept=True), command.done, total, "erasing the old key-encryption key")

    def _replace(self, turn: Turn, old: Domain) -> None:
        domain = old.changed(kek_generation=old.kek_generation + 1)
        with Secret(self._entropy(sealing.KEY_BYTES)) as kek:
            wrapped = sealing.wrap_kek(self._root, kek, domain)
        with self._store.begin() as tx:
            now = find_domain(tx, old.name).usable()
            unchanged(now, old)
            tx.add_kek(now.changed(kek_generation=domain.kek_generation), wrapped)
            tx.outbox(turn.record({"domain_id": str(old.id), "kek_generation": domain.kek_generation}))
            tx.announce()
        self._revocation.announce()

    def _move(self, domain: Domain, keks: Mapping[int, bytes], found: Sequence[SealedKey]) -> int:
        moved = [self._sealed(domain, keks, one) for one in found]
        count = 0
        with self._store.begin() as tx:
            unchanged(find_domain(tx, domain.name).usable(), domain)
            for one in moved:
                for number, fresh in one.fresh.items():
                    old = one.key.materials[number]
                    count += tx.reseal(one.key.key, number, old, fresh, domain.kek_generation)
        return count

    def _sealed(self, domain: Domain, keks: Mapping[int, bytes], one: SealedKey) -> _Moved:
        key, fresh = one.key, {}
        with self._kek(domain, keks, domain.kek_generation) as new:
            for number, sealed in one.materials.items():
                version = key.at(number)
                with self._kek(domain, keks, version.kek_generation) as old:
                    try:
                        material = sealing.open_material(old, sealed, key, number)
                    except (Corrupt, InvalidInput):
                        raise errors.material_corrupt(key.domain, key.name, number) from None
                with material:
                    fresh[number] = sealing.seal_material(new, material, key, version, self._entropy)
        return _Moved(one, fresh)

    def _kek(self, domain: Domain, keks: Mapping[int, bytes], generation: int) -> Secret:
        if generation not in keks:
            raise errors.kek_missing(domain.name)
        return self._ring.kek_at(domain, keks[generation], generation)

    def _erase(self, turn: Turn, domain: Domain) -> None:
        with self._store.begin() as tx:
            unchanged(find_domain(tx, domain.name).usable(), domain)
            if tx.erase_keks(domain.id, below=domain.kek_generation):
                tx.announce()
        self._revocation.wait()
        self._store.scrub()
        with self._store.read() as reads:
            left = [one for one in reads.keks(domain.id) if one < domain.kek_generation]
        if left:
            raise errors.erase_incomplete(f"domain {domain.name}, under an older key-encryption key,")
        facts = {"domain_id": str(domain.id), "below": domain.kek_generation, "remaining": 0}
        with self._store.begin() as tx:
            tx.outbox(turn.record(facts, action=ERASED))


def _slice(at: _At, done: int, total: int, what: str, *, over: bool = False) -> Slice:
    return Slice(checkpoint=msgspec.json.encode(at), done=done, total=total, what=what, over=over)
