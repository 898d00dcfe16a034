"""Replace the root key while everything goes on; also where the new one lies in another place than the old.

1. A new root key is made beside the old ones. From then on every process seals under it, and opens by any.
2. Every token that stands by must have it, before anything rests on it.
3. What the store holds under older root keys is opened and sealed anew, some at a time. A value takes the old one's
   place only where that is still there.
4. Each home wraps the signing keys of its own ledger again, and tells the store.
5. An older root key is retired in a transaction that finds nothing under it, and after which nothing can be stored
   under it any more. Only then it is destroyed where it lies.

Every step finds out by itself what was done. A process may die anywhere; the same slice is then done again.
"""

import os
from typing import Final, Protocol
from uuid import UUID

import msgspec

from seawall.capabilities.keys.commands_work import RotateRoot, RotateRootSlice, WorkView
from seawall.capabilities.keys.long_work import begin, one_at_a_time, one_version
from seawall.capabilities.keys.ports_root_work import RootCargo, RootHomes
from seawall.capabilities.keys.ports_work import Fleet, LongWork
from seawall.capabilities.keys.reconcile import Difference, Expected, compare
from seawall.capabilities.keys.root import RootGeneration, RootKind
from seawall.capabilities.keys.root_ports import RootKeys, RootSealing, RootTokens
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.jobs import Job, Slice

KIND: Final = "root.rotate"
_VALUES = 50  # of one slice; a token takes some milliseconds for each


class _Spec(msgspec.Struct, frozen=True, kw_only=True):
    after: int
    to: RootKind | None
    keep_old: bool
    lost_nodes: tuple[str, ...]


class RootJob:
    """The kind of work that replaces the root key."""

    name = KIND

    def step(self, job: Job) -> RotateRootSlice:
        """Make the command of the next slice."""
        spec = msgspec.json.decode(job.spec, type=_Spec)
        return RotateRootSlice(
            after=spec.after, to=spec.to, keep_old=spec.keep_old, lost_nodes=spec.lost_nodes, done=job.done
        )


class Root(RootKeys, RootSealing, RootTokens, Protocol):
    """Everything that a root of trust can do for whoever replaces its key."""


class RootRotation:
    """Replaces the root key.

    Args:
        root: every root key.
        cargo: what the store holds under them.
        homes: what homes hold under them.
        work: starts jobs.
        fleet: who else works on the store.
        entropy: random bytes for ids.
        values: how many values a slice wraps again.
    """

    def __init__(
        self,
        root: Root,
        cargo: RootCargo,
        homes: RootHomes,
        *,
        work: LongWork,
        fleet: Fleet,
        entropy: Entropy = os.urandom,
        values: int = _VALUES,
    ) -> None:
        self._root = root
        self._cargo = cargo
        self._homes = homes
        self._work = work
        self._fleet = fleet
        self._entropy = entropy
        self._values = values

    def start(self, turn: Turn, command: RotateRoot) -> WorkView:
        """Start the work.

        Raises:
            Conflict: keys.work_standing, keys.versions_differ, root.other_nodes, or root.needs_stop.
            InvalidInput: ``root.kind``.
            Unavailable: the root or the store.
        """
        one_at_a_time(self._work.newest(KIND, domain=""))
        one_version(self._fleet)
        newest = self._root.current
        self._is_a_place(command.to or newest.kind)
        if (refused := self._out_of_reach(command.to or newest.kind)) is not None:
            raise Conflict(refused.code, refused.text, field="to", remedy=refused.remedy)
        spec = _Spec(
            after=newest.number, to=command.to, keep_old=command.keep_old, lost_nodes=tuple(command.lost_nodes)
        )
        return begin(self._work, turn, KIND, command, spec, entropy=self._entropy)

    def slice(self, turn: Turn, command: RotateRootSlice) -> Slice:
        """Do the next piece.

        Raises:
            Conflict: as the place where the new root key is made.
            Corrupt: a value that no root key opens.
            Unavailable: root.other_nodes, root.needs_stop, root.standby_behind, root.homes_behind; the root or the
                store.
        """
        newest = self._root.current
        if newest.number <= command.after:
            return self._make(turn, command, newest)
        turn.note(root_key=str(newest.key_id), generation=newest.number)
        self._stand_by(newest)
        if moved := self._move(turn, newest.key_id):
            return Slice(checkpoint=b"", done=command.done + moved, what="wrapping anew what the store holds")
        self._homes.settle(newest.key_id)
        if command.keep_old:
            return Slice(checkpoint=b"", done=command.done, what="old root keys stay", over=True)
        self._all_homes(newest.key_id, command.lost_nodes)
        for old in self._root.others:
            if not self._cargo.retire(old.key_id, turn.now_ms):
                return Slice(checkpoint=b"", done=command.done, what="wrapping anew what the store holds")
            self._root.retire(old.key_id, in_use=self._homes.in_use())
            turn.note(retired=str(old.key_id))
            # One of them at a time, so that each has its record.
            return Slice(checkpoint=b"", done=command.done, what=f"root key {old.number} is destroyed")
        return Slice(checkpoint=b"", done=command.done, what="everything is under the newest root key", over=True)

    def _is_a_place(self, kind: RootKind) -> None:
        known = {one.kind for one in (*self._root.others, self._root.current)}
        if kind in known or kind is RootKind.SEALED_FILE or (kind is RootKind.PKCS11 and self._root.describe().tokens):
            return
        raise InvalidInput(
            "root.kind",
            f"no place for root keys of kind {kind} is configured.",
            field="to",
            remedy="Describe the token under [root.pkcs11] in seawall.toml.",
        )

    def _make(self, turn: Turn, command: RotateRootSlice, old: RootGeneration) -> Slice:
        kind = command.to or old.kind
        if (refused := self._out_of_reach(kind)) is not None:
            raise refused
        made = self._root.create(kind)
        turn.note(root_key=str(made.key_id), generation=made.number, kind=made.kind, scheme=made.scheme)
        return Slice(checkpoint=b"", done=command.done, what="a new root key")

    def _out_of_reach(self, kind: RootKind) -> Unavailable | None:
        """Say why processes that are at work now would not get at a root key of this kind."""
        if kind is RootKind.PKCS11:
            return None
        if others := self._fleet.others():
            return Unavailable(
                "root.other_nodes",
                f"other nodes are alive ({', '.join(others)}), and each has a copy of the sealed file of its own.",
                remedy="Stop them, rotate, and put the new root.sealed in the place of theirs.",
            )
        known = {one.kind for one in (*self._root.others, self._root.current)}
        if kind not in known and not self._fleet.alone():
            return Unavailable(
                "root.needs_stop",
                "the node that runs here does not know of a place for root keys that is made now.",
                remedy="Stop it, and rotate on the command line.",
            )
        return None

    def _stand_by(self, newest: RootGeneration) -> None:
        if newest.kind is not RootKind.PKCS11:
            return
        tokens = self._root.describe().tokens
        standbys = [one.label or one.serial for one in tokens if not one.primary]
        if not standbys:
            return
        wanted = [Expected(key_id=newest.key_id, root=True, used_by="all")]
        found = compare(self._root.objects(), wanted, current=newest.key_id, standbys=standbys)
        behind = {one.token for one in found if one.difference is Difference.MISSING_STANDBY}
        if behind:
            raise Unavailable(
                "root.standby_behind",
                f"tokens that stand by do not have the new root key yet: {', '.join(sorted(behind))}.",
                remedy="Clone it into them by their vendor's means; the work goes on by itself.",
            )

    def _move(self, turn: Turn, newest: UUID) -> int:
        found = self._cargo.under_others(newest, limit=self._values)
        for one in found:
            with self._root.unwrap(one.sealed, one.context) as key:
                self._cargo.replace(one, self._root.wrap(key, one.context))
        if found:
            turn.note(moved=len(found))
        return len(found)

    def _all_homes(self, newest: UUID, lost: tuple[str, ...]) -> None:
        behind = [node for node in self._homes.lagging(newest) if node not in lost]
        if behind:
            raise Unavailable(
                "root.homes_behind",
                f"nodes have not wrapped their ledgers' signing keys again yet: {', '.join(behind)}.",
                remedy="Start them; or cancel this, and rotate again naming those that will not come back.",
            )
