"""Replays what happened after a backup on a store that was restored from it, and says what cannot be replayed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from seawall.access.ports import IdentityStore
from seawall.adapters.store.approvals import StoredApprovals
from seawall.app.past import Told
from seawall.capabilities.keys.replay import Act, KeyReplay
from seawall.kernel.terms import Role

_PAGE = 200
#: What was made or loosened after the backup is lost with it; whoever restores is told.
_LOST = frozenset(
    {
        "keys.create", "keys.rotate", "keys.import", "keys.update", "domains.create", "domains.update",
        "access.principal.create", "access.role.grant", "access.token.issue", "access.enrol", "access.policy.load",
        "access.certificate.register", "protect.run", "quorum.set", "ceremony.init", "backup.create",
    }
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What was done again, by action, and what is lost: made after the backup, and in no backup."""

    done: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)


def replay(
    told: Sequence[Told], since_ms: int, *, keys: KeyReplay, people: IdentityStore, approvals: StoredApprovals
) -> Replayed:
    """Do once more what the ledgers tell, in the order of time.

    Args:
        told: what the ledgers tell.
        since_ms: when the backup was begun, Unix milliseconds.
        keys: does the keys' part.
        people: where principals and credentials were restored to.
        approvals: where requests for approval and the keys to vote with were restored to.

    Raises:
        Corrupt, Unavailable: the store.
    """
    found = Replayed()
    acts = sorted((act for one in told for act in one.acts), key=lambda act: act.time_ms)
    for act in acts:
        if act.action == "access.enrol":
            _use_up(people, act)
        if keys.knows(act):
            found.done[act.action] += keys.apply(act)
        elif (
            (act.action.startswith("access.") and _take_away(people, act))
            or (act.action == "access.principal.link" and _link(people, act))
            or (act.action == "access.approver.retire" and _retire(approvals, act))
        ):
            found.done[act.action] += 1
        elif act.action in _LOST and act.time_ms > since_ms:
            found.lost[act.action] += 1
    if found.done:
        keys.scrub()
    found.done += Counter()
    return found


def _take_away(people: IdentityStore, act: Act) -> bool:
    """Take away from people what was taken away after the backup."""
    with people.begin() as tx:
        match act.action, act.resource_type:
            case "access.principal.disable", "principal":
                identity = tx.find(act.resource)
                if identity is None or identity.disabled_ms is not None:
                    return False
                tx.disable(identity.id, act.time_ms)
            case "access.role.revoke", "principal":
                identity = tx.find(act.resource)
                role = str(act.facts.get("role", ""))
                if identity is None or role not in {one.value for one in identity.roles}:
                    return False
                tx.take(identity.id, Role(role))
            case "access.role.grant", "principal" if "domains" in act.facts:
                identity = tx.find(act.resource)
                if identity is None:
                    return False
                tx.assign(identity.id, frozenset(map(str, act.facts["domains"])))
            case (("access.token.revoke" | "access.sign_out" | "access.certificate.revoke"), _):
                holder = tx.holder(act.resource)
                if holder is None or holder.credential.ended_ms is not None:
                    return False
                tx.end_credential(holder.credential.id, act.time_ms)
            case _:
                return False
        tx.announce()
    return True


def _link(people: IdentityStore, act: Act) -> bool:
    """Let two who turned out to be one person vote as one."""
    with people.begin() as tx:
        identity, person = tx.find(act.resource), tx.find(str(act.facts.get("person", "")))
        if identity is None or person is None or identity.whose == person.whose:
            return False
        tx.link(identity.id, person.whose)
        tx.announce()
    return True


def _use_up(people: IdentityStore, act: Act) -> None:
    """Let nobody use a one-time code again that was used after the backup."""
    with people.begin() as tx:
        holder = tx.holder(str(act.facts.get("credential", "")))
        if holder is not None and holder.credential.ended_ms is None:
            tx.end_credential(holder.credential.id, act.time_ms)


def _retire(approvals: StoredApprovals, act: Act) -> bool:
    with approvals.begin() as tx:
        key = tx.key(act.resource)
        if key is None or key.retired_ms is not None:
            return False
        tx.save_key(replace(key, retired_ms=act.time_ms, revision=key.revision + 1))
        tx.announce()
    return True


def withdraw_all(approvals: StoredApprovals, now_ms: int) -> int:
    """Withdraw every request for approval that is open: it may have been used after the backup; return how many."""
    withdrawn, cursor = 0, None
    while page := approvals.list(limit=_PAGE, cursor=cursor):
        with approvals.begin() as tx:
            for one in page:
                if one.withdrawn_ms is None and one.consumed_ms is None:
                    tx.save(replace(one, withdrawn_ms=now_ms, revision=one.revision + 1))
                    withdrawn += 1
        cursor = page[-1].id
    return withdrawn
