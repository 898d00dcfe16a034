"""Judge a catalogue's controls from facts. Pure: the same facts at the same time give the same result.

1. A check whose facts are all there says what they show, however old they are. One that misses a fact says nothing.
2. A fact is fresh when it is no older than the check allows. A check that read one that is not says partial at best.
3. A control without a check, or without any fresh fact, or whose decisive check says nothing, is not assessed.
4. A control whose decisive check says not satisfied is not satisfied.
5. Otherwise it is satisfied when every check of it is, not satisfied when none is even in part, and else partial.
6. Where a part of the control is not measured yet, or a document is needed too, it is partial at best.

Each rule is monotone in the order of :class:`Status`: taking facts away, or ageing them, never moves a control up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from seawall.capabilities.evidence.catalogue.model import Answer, Catalogue, Control
from seawall.capabilities.evidence.checks.awaited import AWAITED, Awaited
from seawall.capabilities.evidence.checks.registry import Check, Registry, Values
from seawall.capabilities.evidence.facts import FactKind, read_value
from seawall.capabilities.evidence.model import CheckResult, ControlResult, DomainResult, Evidence, Status, count
from seawall.capabilities.evidence.values import (
    Value,
)
from seawall.kernel.clock import iso
from seawall.kernel.terms import Fact

#: How far ahead of the assessment's clock a measurement may be; clocks of two nodes differ by this much at most.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Held:
    """A fact that was read, in its shape, and how old it is."""

    fact: Fact
    value: Value
    age: timedelta

    def fresh(self, limit: timedelta) -> bool:
        return -AHEAD <= self.age <= limit


class Judge:
    """Holds what controls are judged by.

    Args:
        catalogue: the controls.
        checks: what can answer them.
        awaited: what nothing measures yet, by control.
    """

    def __init__(self, catalogue: Catalogue, checks: Registry, awaited: Mapping[str, Awaited] = AWAITED) -> None:
        self._catalogue = catalogue
        self._checks = checks
        self._awaited = awaited

    def judge(self, facts: Sequence[Fact], now_ms: int) -> tuple[DomainResult, ...]:
        """Judge every control.

        Args:
            facts: at most one of each kind; of several the last counts.
            now_ms: the time against which ages are measured.
        """
        held: dict[FactKind, _Held] = {}
        for fact in facts:
            value = read_value(fact)
            if value is not None:
                age = timedelta(milliseconds=now_ms - fact.measured_ms)
                held[FactKind(fact.kind)] = _Held(fact, value, age)
        domains = []
        for domain in self._catalogue.domains:
            results = tuple(self._control(control, held) for control in self._catalogue.within(domain.id))
            domains.append(DomainResult(id=domain.id, title=domain.title, controls=results, **count(results)))
        return tuple(domains)

    def _control(self, control: Control, held: Mapping[FactKind, _Held]) -> ControlResult:
        checks = self._checks.of(control.id) if Answer.AUTOMATIC in control.evidence else ()
        awaited = self._awaited.get(control.id)
        results = tuple(_run(check, held) for check in checks)
        status, reasons = _combine(control, checks, results, held)
        if status is not Status.NOT_ASSESSED or checks:
            status, reasons = _limit(control, awaited, status, reasons)
        elif Answer.AUTOMATIC in control.evidence:
            what = awaited.what if awaited else "this control"
            reasons = [f"Not measured yet: {what} ({_capabilities(awaited)})."]
            reasons += ["A document is needed too; none is attached."] if Answer.DOCUMENT in control.evidence else []
        else:
            reasons = ["Answered by a document; none is attached."]
        return ControlResult(
            id=control.id,
            statement=control.statement,
            section=self._catalogue.section(control),
            layer=control.layer.value,
            status=status,
            reconstructed=self._catalogue.reconstructed(control),
            reasons=tuple(reasons),
            evidence=_evidence(checks, held),
            checks=results,
            awaits=awaited.capabilities if awaited else (),
            refs=control.refs,
        )


def _run(check: Check, held: Mapping[FactKind, _Held]) -> CheckResult:
    missing = [kind.value for kind in check.reads if kind not in held]
    if missing:
        status, reasons = Status.NOT_ASSESSED, [f"nothing was measured of {' and '.join(missing)}"]
    else:
        finding = check.judge(Values({kind: held[kind].value for kind in check.reads}))
        status, reasons = finding.status, list(finding.reasons)
        stale = [held[kind] for kind in check.reads if not held[kind].fresh(check.max_age)]
        reasons += [_stale(one, check.max_age) for one in stale]
        if stale and status is Status.SATISFIED:
            status = Status.PARTIAL
    return CheckResult(
        check=check.name,
        proves=check.proves,
        status=status,
        reasons=tuple(reasons),
        reads=tuple(kind.value for kind in check.reads),
    )


def _combine(
    control: Control, checks: Sequence[Check], results: Sequence[CheckResult], held: Mapping[FactKind, _Held]
) -> tuple[Status, list[str]]:
    reasons = [_sentence(reason) for reason in dict.fromkeys(reason for result in results for reason in result.reasons)]
    said = [result.status for result in results]
    decisive = [result.status for check, result in zip(checks, results, strict=True) if control.id in check.decisive]
    speaking = [check for check, status in zip(checks, said, strict=True) if status is not Status.NOT_ASSESSED]
    fresh = any(held[kind].fresh(check.max_age) for check in speaking for kind in check.reads)
    if not speaking or Status.NOT_ASSESSED in decisive:
        return Status.NOT_ASSESSED, reasons
    if not fresh:
        return Status.NOT_ASSESSED, [*reasons, "There is no fresh evidence."]
    if Status.NOT_SATISFIED in decisive:
        return Status.NOT_SATISFIED, reasons
    if set(said) == {Status.SATISFIED}:
        return Status.SATISFIED, reasons
    if set(said) <= {Status.NOT_ASSESSED, Status.NOT_SATISFIED}:
        return Status.NOT_SATISFIED, reasons
    return Status.PARTIAL, reasons


def _limit(control: Control, awaited: Awaited | None, status: Status, reasons: list[str]) -> tuple[Status, list[str]]:
    limits = []
    if awaited:
        limits.append(f"Not measured yet: {awaited.what} ({_capabilities(awaited)}).")
    if Answer.DOCUMENT in control.evidence:
        limits.append("A document is needed too; none is attached.")
    if limits and status is Status.SATISFIED:
        status = Status.PARTIAL
    return status, [*reasons, *limits]


def _evidence(checks: Sequence[Check], held: Mapping[FactKind, _Held]) -> tuple[Evidence, ...]:
    limits: dict[FactKind, timedelta] = {}
    for check in checks:
        for kind in check.reads:
            limits[kind] = min(check.max_age, limits.get(kind, check.max_age))
    return tuple(_cite(held[kind], limit) for kind, limit in limits.items() if kind in held)


def _cite(one: _Held, limit: timedelta) -> Evidence:
    return Evidence(
        kind=one.fact.kind,
        subject=one.fact.subject,
        summary=one.value.summary(),
        measured_at=iso(one.fact.measured_ms),
        age_seconds=round(one.age.total_seconds()),
        fresh=one.fresh(limit),
        source=one.fact.source,
        expires_at=iso(one.fact.measured_ms + round(limit.total_seconds() * 1000)),
    )


def _stale(one: _Held, limit: timedelta) -> str:
    if one.age < -AHEAD:
        return f"the measurement {one.fact.kind} is later than this assessment: a clock went back"
    return f"the measurement {one.fact.kind} is stale: {_days(one.age)} old, {_days(limit)} allowed"


def _days(age: timedelta) -> str:
    days = age / timedelta(days=1)
    return f"{days:.0f} days" if days >= 2 else f"{age / timedelta(hours=1):.0f} hours"  # noqa: PLR2004 - below two days


def _capabilities(awaited: Awaited | None) -> str:
    return ", ".join(awaited.capabilities) if awaited else "a later capability"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
