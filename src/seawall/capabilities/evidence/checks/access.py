"""Checks on who may do what in Seawall itself."""

from datetime import timedelta

from seawall.capabilities.evidence.checks.registry import (
    Registry,
    Values,
    few,
    not_satisfied,
    nothing,
    partial,
    satisfied,
    share,
)
from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.model import Finding
from seawall.capabilities.evidence.values import (
    DenialsValue,
    PopulationsValue,
    SeparationValue,
)

checks = Registry()
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@checks.declare(
    controls=("sec-5c-1", "sec-5c-3", "sec-5a-1"),
    decisive=("sec-5c-1", "sec-5c-3"),
    reads=(FactKind.SEPARATION,),
    max_age=_DAY,
    proves="No set of roles that one principal may hold lets it both read data and manage keys or people.",
)
def control_apart_from_data(values: Values) -> Finding:
    """Judge the exhaustive trial of role sets."""
    seen = values.of(FactKind.SEPARATION, SeparationValue)
    if not seen.sets_assignable:
        return nothing("no role can be held")
    if seen.sets_checked != 2**seen.roles - 1:
        return nothing(f"only {seen.sets_checked} of {2**seen.roles - 1} role sets were tried")
    if seen.violations:
        return not_satisfied(f"roles that may be held together join control and data: {few(seen.violations)}")
    return satisfied(
        f"all {seen.sets_checked} sets of roles were tried against the policy in force: "
        f"none of the {seen.sets_assignable} that may be held reads data and also manages keys or people"
    )


@checks.declare(
    controls=("sec-5c-1",),
    reads=(FactKind.POPULATIONS,),
    max_age=_WEEK,
    proves="No principal holds a forbidden set of roles, reads data of every domain, or has been idle for 90 days.",
)
def principals_bounded(values: Values) -> Finding:
    """Judge the principals that exist."""
    seen = values.of(FactKind.POPULATIONS, PopulationsValue)
    active = seen.people + seen.workloads
    if not active:
        return nothing("there is no principal")
    if seen.forbidden_sets:
        return not_satisfied(f"{seen.forbidden_sets} principals hold roles that may not be held together")
    wrong = [f"{seen.dormant} principals have been idle for 90 days"] if seen.dormant else []
    wrong += [f"{seen.data_everywhere} may use data of every domain"] if seen.data_everywhere else []
    counted = f"{active} principals can act"
    return partial(counted, *wrong) if wrong else satisfied(counted, "each in named domains where it reaches data")


@checks.declare(
    controls=("sec-5c-1",),
    reads=(FactKind.DENIALS,),
    max_age=_WEEK,
    proves="Refusals happen, and each is recorded with its reason.",
)
def denials_explained(values: Values) -> Finding:
    """Judge whether default deny is seen at work."""
    seen = values.of(FactKind.DENIALS, DenialsValue)
    if not seen.total:
        return nothing(f"nothing was refused in {seen.window_days} days, so refusing was not seen at work")
    explained = seen.total - seen.unexplained
    return share(explained, seen.total, [f"{explained:,} of {seen.total:,} recorded denials give their reason code"])


@checks.declare(
    controls=("sec-5c-2",),
    decisive=("sec-5c-2",),
    reads=(FactKind.POPULATIONS,),
    max_age=_WEEK,
    proves="Every person has a phishing-resistant factor.",
)
def phishing_resistant(values: Values) -> Finding:
    """Judge how people sign in."""
    seen = values.of(FactKind.POPULATIONS, PopulationsValue)
    if not seen.people:
        return nothing("no person signs in")
    return share(
        seen.phishing_resistant,
        seen.people,
        [f"{seen.phishing_resistant} of {seen.people} people have a phishing-resistant factor"],
    )
