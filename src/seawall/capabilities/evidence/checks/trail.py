"""Checks on the ledger, on what this node speaks, and on assessment itself."""

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
    AssessmentsValue,
    CoverageValue,
    LedgerValue,
    NodeValue,
)

MAX_WAITING_SECONDS = 60
MAX_GAP_DAYS = 31
_POST_QUANTUM = "ML-DSA"
checks = Registry()
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@checks.declare(
    controls=("mon-1", "exit-2.1"),
    decisive=("mon-1", "exit-2.1"),
    reads=(FactKind.LEDGER,),
    max_age=_DAY,
    proves="No entry under the signed checkpoint was changed, dropped or moved, nor the ledger rolled back.",
)
def ledger_intact(values: Values) -> Finding:
    """Judge the verification of the ledger."""
    ledger = values.of(FactKind.LEDGER, LedgerValue)
    if not ledger.sound:
        return not_satisfied(f"the ledger fails its verification at {ledger.place or 'a place that is not known'}")
    if not ledger.signatures:
        return not_satisfied("the ledger's checkpoint carries no signature that was verified")
    verified = f"{ledger.size:,} entries verified, signed with {' and '.join(ledger.signatures)}"
    if not ledger.kept_checkpoint:
        return partial(verified, "there was no checkpoint kept elsewhere, so a rollback is not excluded")
    return satisfied(verified, "held against a checkpoint kept elsewhere")


@checks.declare(
    controls=("mon-1", "exit-2.1"),
    reads=(FactKind.COVERAGE,),
    max_age=_DAY,
    proves="Every change of state in the store has its entry in the ledger.",
)
def ledger_complete(values: Values) -> Finding:
    """Judge whether store and ledger tell one story."""
    seen = values.of(FactKind.COVERAGE, CoverageValue)
    if seen.lost:
        return not_satisfied(f"{seen.lost} changes of state have no entry in the ledger")
    if not seen.entries:
        return nothing("the ledger is empty")
    waited = seen.oldest_waiting_seconds or 0
    if seen.waiting and waited > MAX_WAITING_SECONDS:
        return partial(f"{seen.waiting} changes of state wait for the ledger, the oldest for {waited:,.0f} s")
    return satisfied(f"every change of state is in the ledger; {seen.entries:,} entries over {seen.retained_days} days")


@checks.declare(
    controls=("sec-5d-5",),
    reads=(FactKind.LEDGER,),
    max_age=_WEEK,
    proves="The ledger's checkpoint carries a post-quantum signature that was verified.",
)
def signed_post_quantum(values: Values) -> Finding:
    """Judge the ledger's signatures."""
    signatures = values.of(FactKind.LEDGER, LedgerValue).signatures
    if any(name.startswith(_POST_QUANTUM) for name in signatures):
        return satisfied(f"the ledger is signed with {' and '.join(signatures)}")
    return not_satisfied("the ledger carries no post-quantum signature")


@checks.declare(
    controls=("sec-5d-5",),
    reads=(FactKind.NODE,),
    max_age=_WEEK,
    proves="New envelopes name their suite, and none of these suites falls to a quantum computer.",
)
def suites_resistant(values: Values) -> Finding:
    """Judge the suites of new envelopes."""
    suites = values.of(FactKind.NODE, NodeValue).suites
    if not suites:
        return nothing("no suite is in use")
    weak = [suite.name for suite in suites if suite.quantum != "resistant"]
    reasons = [f"{len(suites) - len(weak)} of {len(suites)} suites for new envelopes resist a quantum computer"]
    return share(len(suites) - len(weak), len(suites), [*reasons, f"others: {few(weak)}"] if weak else reasons)


@checks.declare(
    controls=("sec-5d-3",),
    reads=(FactKind.NODE,),
    max_age=_WEEK,
    proves="What this node sends off its machine is under TLS 1.3.",
)
def transport_closed(values: Values) -> Finding:
    """Judge what can be read on the way to this node."""
    doors = values.of(FactKind.NODE, NodeValue).listeners
    if not doors:
        return nothing("nothing listens")
    clear = [door.name for door in doors if not door.loopback and not door.tls]
    if clear:
        return not_satisfied(f"reached over the network without TLS: {few(clear)}")
    older = [door.name for door in doors if not door.loopback and door.tls != "1.3"]
    if older:
        return partial(f"TLS older than 1.3 is accepted: {few(older)}")
    local = sum(door.loopback for door in doors)
    if local == len(doors):
        return satisfied("this node listens on the loopback address alone")
    return satisfied(f"{local} of {len(doors)} listeners are on the loopback address, the others use TLS 1.3")


@checks.declare(
    controls=("asr-1",),
    decisive=("asr-1",),
    reads=(FactKind.ASSESSMENTS,),
    max_age=_DAY,
    proves="The catalogue was assessed again and again, no more than a month apart.",
)
def assessed_regularly(values: Values) -> Finding:
    """Judge the assessments before this one."""
    seen = values.of(FactKind.ASSESSMENTS, AssessmentsValue)
    if not seen.count or seen.longest_gap_days is None:
        return nothing("this is the first assessment")
    reasons = f"{seen.count} earlier assessments in {seen.window_days} days, {seen.longest_gap_days} days apart at most"
    return satisfied(reasons) if seen.longest_gap_days <= MAX_GAP_DAYS else not_satisfied(reasons)
