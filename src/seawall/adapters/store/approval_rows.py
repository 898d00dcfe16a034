"""How rules, requests, keys of approvers and broken glasses stand in their rows; each row carries a MAC."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

from seawall.access.approvals.model import (
    Approval,
    ApproverKey,
    Break,
    Challenge,
    Choice,
    Execution,
    InForce,
    KeyKind,
    Rule,
    Vote,
)
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import approvals as t
from seawall.kernel.terms import Role

_BYTES = ("proof", "authenticator_data", "client_data")
_APPROVAL = tuple(column.name for column in t.approvals.columns if column.name not in {"mac", "votes", "concerns"})
_KEY = tuple(column.name for column in t.approver_keys.columns if column.name not in {"mac", "kind"})
_CHALLENGE = tuple(column.name for column in t.approver_challenges.columns if column.name != "mac")
_BREAK = tuple(column.name for column in t.glass_breaks.columns if column.name != "mac")


class ApprovalRows:
    """Writes values as rows and reads them back, checked."""

    def __init__(self, mac: RowMac) -> None:
        self._mac = mac

    def seal(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        """Add the MAC to a row."""
        return {**values, "mac": self._mac.seal(table.name, values)}

    def check(self, table: Table, row: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """Return a row as it is.

        Raises:
            Corrupt: store.row_mac.
        """
        self._mac.check(table.name, row, row["mac"])
        return row

    def rules(self, row: Mapping[Any, Any]) -> InForce:
        """Read the rules."""
        self.check(t.quorum_in_force, row)
        return InForce(
            rules=tuple(_rule(one) for one in row["rules"]), revision=row["revision"], founded=bool(row["founded"])
        )

    def of_rules(self, rules: InForce, by: str, now_ms: int) -> dict[str, Any]:
        """Write the rules."""
        values = {
            "id": 1,
            "rules": [_of_rule(rule) for rule in rules.rules],
            "revision": rules.revision,
            "founded": rules.founded,
            "set_by": by,
            "set_ms": now_ms,
        }
        return self.seal(t.quorum_in_force, values)

    def approval(self, row: Mapping[Any, Any]) -> Approval:
        """Read a request."""
        self.check(t.approvals, row)
        values = {name: row[name] for name in _APPROVAL}
        if values["command"] is not None:
            values["command"] = bytes(values["command"])
        return Approval(**values, concerns=tuple(row["concerns"]), votes=tuple(_vote(one) for one in row["votes"]))

    def of_approval(self, approval: Approval) -> dict[str, Any]:
        """Write a request."""
        values = {name: getattr(approval, name) for name in _APPROVAL}
        values |= {"concerns": list(approval.concerns), "votes": [_of_vote(vote) for vote in approval.votes]}
        return self.seal(t.approvals, values)

    def key(self, row: Mapping[Any, Any]) -> ApproverKey:
        """Read a key."""
        self.check(t.approver_keys, row)
        values = {name: row[name] for name in _KEY}
        values["public"] = bytes(values["public"])
        if values["certificate"] is not None:
            values["certificate"] = bytes(values["certificate"])
        return ApproverKey(kind=KeyKind(row["kind"]), **values)

    def of_key(self, key: ApproverKey) -> dict[str, Any]:
        """Write a key."""
        return self.seal(t.approver_keys, {name: getattr(key, name) for name in _KEY} | {"kind": key.kind.value})

    def challenge(self, row: Mapping[Any, Any]) -> Challenge:
        """Read a challenge."""
        self.check(t.approver_challenges, row)
        return Challenge(**{name: row[name] for name in _CHALLENGE})

    def of_challenge(self, challenge: Challenge) -> dict[str, Any]:
        """Write a challenge."""
        return self.seal(t.approver_challenges, {name: getattr(challenge, name) for name in _CHALLENGE})

    def broken(self, row: Mapping[Any, Any]) -> Break:
        """Read a broken glass."""
        self.check(t.glass_breaks, row)
        return Break(**{name: row[name] for name in _BREAK})

    def of_broken(self, broken: Break) -> dict[str, Any]:
        """Write a broken glass."""
        return self.seal(t.glass_breaks, {name: getattr(broken, name) for name in _BREAK})


def put_rules(connection: Connection, rows: ApprovalRows, rules: InForce, by: str, now_ms: int) -> None:
    """Store the rules that are in force from now on."""
    connection.execute(delete(t.quorum_in_force))
    connection.execute(insert(t.quorum_in_force).values(rows.of_rules(rules, by, now_ms)))


def _rule(one: Mapping[str, Any]) -> Rule:
    return Rule(
        id=one["id"],
        scope=one["scope"],
        actions=tuple(one["actions"]),
        name=one["name"],
        labels=one["labels"],
        approvals=one["approvals"],
        roles=frozenset(Role(role) for role in one["roles"]),
        expires_ms=one["expires_ms"],
        execution=Execution(one["execution"]),
        glass=frozenset(Role(role) for role in one["glass"]),
    )


def _of_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "scope": rule.scope,
        "actions": list(rule.actions),
        "name": rule.name,
        "labels": dict(rule.labels),
        "approvals": rule.approvals,
        "roles": sorted(role.value for role in rule.roles),
        "expires_ms": rule.expires_ms,
        "execution": rule.execution.value,
        "glass": sorted(role.value for role in rule.glass),
    }


def _vote(one: Mapping[str, Any]) -> Vote:
    values: dict[str, Any] = {name: b64decode(value) if name in _BYTES else value for name, value in one.items()}
    return Vote(**{**values, "choice": Choice(one["choice"])})


def _of_vote(vote: Vote) -> dict[str, Any]:
    values = {name: getattr(vote, name) for name in vote.__dataclass_fields__}
    return {name: b64encode(value).decode() if name in _BYTES else value for name, value in values.items()} | {
        "choice": vote.choice.value
    }
