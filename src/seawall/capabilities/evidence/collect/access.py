"""Turn what access shows into facts: every set of roles is tried against the policy in force."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from seawall.capabilities.evidence.ports import AccessModel
from seawall.capabilities.evidence.seen import (
    ActionSeen,
    PrincipalSeen,
)
from seawall.capabilities.evidence.values import (
    DenialsValue,
    PopulationsValue,
    SeparationValue,
)
from seawall.kernel.terms import Role

DAY_MS = 86_400_000
DORMANT_DAYS = 90
DENIAL_WINDOW_DAYS = 30

READS_DATA = ("data.decrypt", "data.reveal")
MANAGES_KEYS = (
    "keys.create",
    "keys.rotate",
    "keys.activate",
    "keys.suspend",
    "keys.resume",
    "keys.deactivate",
    "keys.compromise",
    "keys.destroy",
    "keys.finish_destroy",
    "domains.create",
    "domains.shred",
)
MANAGES_PEOPLE = ("access.principal.create", "access.role.grant", "access.token.issue", "access.policy.load")
_DATA_ROLES = frozenset({Role.APPLICATION, Role.DATA_OWNER})
_PHISHING_RESISTANT = frozenset({"webauthn", "passkey", "client_certificate"})


def separation(access: AccessModel) -> SeparationValue:
    """Try every set of roles: none that may be held may both read data and manage keys or people."""
    violations: list[str] = []
    checked = assignable = 0
    for roles in _sets():
        checked += 1
        if not access.assignable(roles):
            continue
        assignable += 1
        if not (reads := _first(access, roles, READS_DATA)):
            continue
        if manages := _first(access, roles, (*MANAGES_KEYS, *MANAGES_PEOPLE)):
            named = " + ".join(sorted(role.value for role in roles))
            violations.append(f"{named}: {reads} and {manages}")
    return SeparationValue(
        roles=len(Role), sets_checked=checked, sets_assignable=assignable, violations=tuple(violations)
    )


def populations(access: AccessModel, now_ms: int) -> PopulationsValue:
    """Count principals by what makes them more, or less, than they need to be."""
    seen = list(access.principals())
    active = [who for who in seen if not who.disabled]
    roles = Counter(role.value for who in active for role in who.roles)
    return PopulationsValue(
        people=sum(who.person for who in active),
        workloads=sum(not who.person for who in active),
        disabled=len(seen) - len(active),
        dormant=sum(_dormant(who, now_ms) for who in active),
        forbidden_sets=sum(not access.assignable(frozenset(who.roles)) for who in active),
        data_everywhere=sum(who.everywhere and bool(_DATA_ROLES & set(who.roles)) for who in active),
        phishing_resistant=sum(who.person and bool(_PHISHING_RESISTANT & set(who.proofs)) for who in active),
        by_role=dict(sorted(roles.items())),
    )


def denials(actions: Callable[[int], Sequence[ActionSeen]], now_ms: int) -> DenialsValue:
    """Count what was refused and recorded in the last 30 days."""
    codes: Counter[str] = Counter()
    for seen in actions(now_ms - DENIAL_WINDOW_DAYS * DAY_MS):
        if seen.outcome == "denied":
            codes[seen.code] += seen.count
    return DenialsValue(
        window_days=DENIAL_WINDOW_DAYS,
        total=codes.total(),
        unexplained=codes[""],
        by_code={code: number for code, number in sorted(codes.items()) if code},
    )


def _sets() -> Iterable[frozenset[Role]]:
    for size in range(1, len(Role) + 1):
        for chosen in combinations(Role, size):
            yield frozenset(chosen)


def _first(access: AccessModel, roles: frozenset[Role], actions: Sequence[str]) -> str:
    return next((action for action in actions if access.permits(roles, action)), "")


def _dormant(who: PrincipalSeen, now_ms: int) -> bool:
    return now_ms - max(who.created_ms, who.last_ms or 0) > DORMANT_DAYS * DAY_MS
