"""Which rules hold for what somebody asks.

1. Every rule that names the action, in the scope, for the thing, holds; all of them must be met.
2. A change of the rules is itself under the quorum once there is a rule: those that name it hold, and the rule that is
   to be changed; where neither is, the rule that asks for most.
3. A rule that holds by labels holds for a change of them: nobody takes a thing from under it alone.
4. What only looks, what votes, and what proves who somebody is cannot be put under a quorum: nobody could vote.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from seawall.access.approvals.model import InForce, Rule
from seawall.access.approvals.ports import Labels
from seawall.access.vocabulary import actions
from seawall.kernel.terms import Resource

SET: Final = "quorum.set"
#: No action of its own: what a change of a thing's labels concerns beside its action.
RELABEL: Final = "keys.relabel"
_LOOKS: Final = frozenset({"list", "get", "show", "verify", "proof", "status", "doctor"})
_FREE: Final = frozenset({"access.enrol", "access.sign_in", "access.sign_out", "access.approver.offer"})


def governable(action: str) -> bool:
    """Whether an action may be put under a quorum."""
    return (
        action in actions()
        and action not in _FREE
        and not action.startswith("approvals.")
        and action.rpartition(".")[2] not in _LOOKS
    )


def governed(rule: Rule) -> frozenset[str]:
    """List the actions that a rule names, by themselves or by a group they are in."""
    named = set(rule.actions)
    return frozenset(
        action
        for action, groups in actions().items()
        if (action in named or named & set(groups)) and governable(action)
    )


def all_governed(rules: InForce) -> frozenset[str]:
    """List the actions that any rule names."""
    if not rules.rules:
        return frozenset()
    relabelled = {RELABEL} if any(rule.labels for rule in rules.rules) else frozenset()
    return frozenset({SET, *relabelled}).union(*(governed(rule) for rule in rules.rules))


def holding(rules: InForce, concerns: Iterable[str], resource: Resource, labels: Labels | None) -> tuple[Rule, ...]:
    """Return the rules that hold."""
    asked = frozenset(concerns)
    found = {
        rule.id: rule
        for rule in rules.rules
        if (asked & governed(rule) or (rule.labels and RELABEL in asked)) and _guards(rule, resource, labels)
    }
    if SET in asked and rules.rules:
        present = next((rule for rule in rules.rules if rule.id == resource.id), None)
        if present is not None:
            found[present.id] = present
        if not found:
            strictest = max(rules.rules, key=lambda rule: (rule.approvals, rule.id))
            found[strictest.id] = strictest
    return tuple(found[name] for name in sorted(found))


def glass_roles(rules: Sequence[Rule], concerns: Iterable[str]) -> frozenset[str]:
    """Return the roles that may do without all of these rules; none for a change of the rules."""
    if SET in set(concerns) or not rules:
        return frozenset()
    return frozenset.intersection(*(frozenset(role.value for role in rule.glass) for rule in rules))


def _guards(rule: Rule, resource: Resource, labels: Labels | None) -> bool:
    if rule.scope not in {"*", resource.domain}:
        return False
    if rule.name and not fnmatchcase(_name(resource), rule.name):
        return False
    if not rule.labels:
        return True
    # Where labels cannot be read, the thing may have them: the rule holds.
    written = labels(resource) if labels is not None else rule.labels
    return all(written.get(name) == value for name, value in rule.labels.items())


def _name(resource: Resource) -> str:
    inside = f"{resource.domain}/"
    return resource.id.removeprefix(inside) if resource.domain else resource.id
