"""Issue certificates of erasure.

1. Look at the tombstone in the store, and count what is left there.
2. Find in the ledger who asked, who carried it out, and that the store was read back.
3. Ask who approved, and what backups still hold.
4. State it all in an entry of its own; wait until a checkpoint stands over it; prove it.
"""

import os
from collections.abc import Callable
from typing import Final

import msgspec

from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, Corrupt, Unavailable
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import Resource
from seawall.ledger.certificates import (
    METHOD,
    NO_BACKUPS,
    STATED,
    Act,
    Certificate,
    Statement,
    compose,
    digest_inventory,
)
from seawall.ledger.commands_erasure import CertifyDomain, CertifyKey
from seawall.ledger.erasure_ports import ApprovalsOf, Backups, Tombstone, Tombstones
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query, Row

READ_BACK: Final = "keys.read_back"
_ASKING: Final = ("keys.destroy", "domains.shred")
_READ = 2


class ErasureCertifier:
    """Issues certificates.

    Args:
        ledger: where everything is recorded.
        tombstones: what is gone.
        approvals: who approved.
        backups: what could still be restored.
        settle: lets what was recorded come under a checkpoint; returns whether it did.
        entropy: randomness of the statement's identifier.
    """

    def __init__(
        self,
        ledger: Ledger,
        tombstones: Tombstones,
        *,
        approvals: ApprovalsOf,
        backups: Backups,
        settle: Callable[[], bool],
        entropy: Entropy = os.urandom,
    ) -> None:
        self._ledger = ledger
        self._tombstones = tombstones
        self._approvals = approvals
        self._backups = backups
        self._settle = settle
        self._entropy = entropy

    def key(self, turn: Turn, command: CertifyKey) -> Certificate:
        """Certify that a key is gone.

        Raises:
            NotFound: there never was one.
            Conflict: it is not destroyed (``keys.not_destroyed``), or the ledger does not tell of it
                (``certificate.no_record``).
            Corrupt: something of it is left in the store, with code ``certificate.remains``.
        """
        gone = self._tombstones.key(command.domain, command.key)
        resource = command.resource()
        return self._certify(turn, resource, gone, key=command.key)

    def domain(self, turn: Turn, command: CertifyDomain) -> Certificate:
        """Certify that a domain is gone.

        Raises:
            SeawallError: as :meth:`key`.
        """
        gone = self._tombstones.domain(command.domain)
        return self._certify(turn, command.resource(), gone, key="")

    def _certify(self, turn: Turn, resource: Resource, gone: Tombstone, *, key: str) -> Certificate:
        if gone.remaining:
            raise Corrupt(
                "certificate.remains",
                f"the store still holds {gone.remaining} materials of what was destroyed; nothing is certified.",
                remedy="Keep a copy of the store, and see who changed it.",
            )
        self._settle()
        acted_on = resource.domain if gone.domain_shred else resource.id
        asked = None if gone.asked_ms is None else self._at(acted_on, gone.asked_ms, _ASKING)
        done = self._at(acted_on, gone.done_ms, (*_ASKING, "keys.finish_destroy"))
        if done is None:
            raise Conflict(
                "certificate.no_record",
                "this ledger has no record of the destruction.",
                remedy="Ask the node that carried it out: every node has a ledger of its own.",
            )
        read_back = self._since(acted_on, gone.done_ms, READ_BACK)
        made = [version.created_ms for one in gone.inventory for version in one.versions]
        held = self._backups.recoverable(resource.domain, since_ms=min(made, default=0), until_ms=gone.done_ms)
        statement = Statement(
            subject="key" if key else "domain",
            domain=resource.domain,
            key=key,
            id=gone.id,
            state=gone.state,
            inventory_sha256=digest_inventory(gone.inventory),
            keys=len(gone.inventory),
            versions=sum(len(one.versions) for one in gone.inventory),
            kek_generations=gone.kek_generations,
            asked=_act(asked),
            approvals=list(self._approvals.of(asked.action, acted_on, asked.time_ms)) if asked else [],
            done=Act(at_ms=done.time_ms, by=done.principal, name=done.principal_name, index=done.index, uid=done.uid),
            read_back=_act(read_back),
            remaining=gone.remaining,
            method=METHOD,
            recoverable=list(held or ()),
            backups=_in_words(held),
        )
        index = self._state(turn, resource, statement)
        turn.note(index=index, inventory_sha256=statement.inventory_sha256)
        return compose(self._ledger.prove(index), gone.inventory)

    def _state(self, turn: Turn, resource: Resource, statement: Statement) -> int:
        uid = str(uuid7(turn.now_ms, self._entropy))
        event = Event(
            uid=uid,
            time_ms=turn.now_ms,
            action=STATED,
            activity=_READ,
            principal=turn.principal,
            resource=resource,
            outcome=Outcome.SUCCESS,
            facts=msgspec.to_builtins(statement),
            source="system",
        )
        self._ledger.journal.append([encode(event)])
        self._settle()
        index = self._ledger.index_of(uid)
        if index is None:
            raise Unavailable(
                "certificate.unsigned",
                "the statement is recorded, and no checkpoint stands over it yet.",
                remedy="Ask again when the scribe has caught up: seawall doctor.",
            )
        return index

    def _at(self, resource: str, at_ms: int, actions: tuple[str, ...]) -> Row | None:
        """Find the entry of a change that the store dates to that moment."""
        for action in actions:
            query = Query(
                action=action,
                resource=resource,
                outcome=Outcome.SUCCESS.value,
                since_ms=at_ms,
                until_ms=at_ms + 1,
            )
            found = self._ledger.query(query, limit=1).items
            if found:
                return found[0]
        return None

    def _since(self, resource: str, since_ms: int, action: str) -> Row | None:
        query = Query(action=action, resource=resource, outcome=Outcome.SUCCESS.value, since_ms=since_ms)
        return next(iter(self._ledger.query(query, limit=1).items), None)


def _act(row: Row | None) -> Act | None:
    if row is None:
        return None
    return Act(at_ms=row.time_ms, by=row.principal, name=row.principal_name, index=row.index, uid=row.uid)


def _in_words(held: object) -> str:
    if held is None:
        return NO_BACKUPS
    return "some still hold it" if held else "none of those recorded holds it"
