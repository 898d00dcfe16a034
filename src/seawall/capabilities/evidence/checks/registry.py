"""How a check declares itself.

A check is a function of measured values alone. It says which controls it answers, which kinds it reads, how old they
may be, and what it can prove; it is ``decisive`` for a control that fails outright when the check does, and that
cannot be assessed without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.model import Finding, Status
from seawall.capabilities.evidence.values import (
    Value,
)

V = TypeVar("V", bound=Value)
Judge = Callable[["Values"], Finding]


class Values:
    """The measured values that a check declared, by kind; others cannot be reached."""

    def __init__(self, values: Mapping[FactKind, Value]) -> None:
        self._values = dict(values)

    def of(self, kind: FactKind, shape: type[V]) -> V:
        """Return the value of a kind that the check declared."""
        value = self._values[kind]
        assert type(value) is shape
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check and what it declares."""

    name: str
    controls: tuple[str, ...]
    decisive: frozenset[str]
    reads: tuple[FactKind, ...]
    max_age: timedelta
    proves: str
    judge: Judge


class Registry:
    """Checks in the order in which they were declared."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    @classmethod
    def of_all(cls, *others: "Registry") -> "Registry":
        """Join registries, in their order."""
        joined = cls()
        for check in (check for other in others for check in other.all()):
            assert check.name not in joined._checks
            joined._checks[check.name] = check
        return joined

    def declare(
        self,
        *,
        controls: Sequence[str],
        reads: Sequence[FactKind],
        max_age: timedelta,
        proves: str,
        decisive: Sequence[str] = (),
    ) -> Callable[[Judge], Judge]:
        """Declare a function as a check, named after itself.

        Args:
            controls: ids in the catalogue.
            reads: every kind of fact that is needed; without one of them the check says nothing.
            max_age: how old each may be.
            proves: what a satisfied check shows, and no more.
            decisive: those of ``controls`` that fail when this check does.
        """
        assert set(decisive) <= set(controls)
        assert reads

        def add(judge: Judge) -> Judge:
            name = judge.__name__
            assert name not in self._checks
            self._checks[name] = Check(
                name=name,
                controls=tuple(controls),
                decisive=frozenset(decisive),
                reads=tuple(reads),
                max_age=max_age,
                proves=proves,
                judge=judge,
            )
            return judge

        return add

    def all(self) -> tuple[Check, ...]:
        """Return every check."""
        return tuple(self._checks.values())

    def of(self, control: str) -> tuple[Check, ...]:
        """Return the checks that answer a control."""
        return tuple(check for check in self._checks.values() if control in check.controls)


def satisfied(*reasons: str) -> Finding:
    """Everything that the check looks at is as it should be."""
    return Finding(status=Status.SATISFIED, reasons=reasons)


def partial(*reasons: str) -> Finding:
    """Some of it is."""
    return Finding(status=Status.PARTIAL, reasons=reasons)


def not_satisfied(*reasons: str) -> Finding:
    """It is not."""
    return Finding(status=Status.NOT_SATISFIED, reasons=reasons)


def nothing(*reasons: str) -> Finding:
    """There was nothing to judge."""
    return Finding(status=Status.NOT_ASSESSED, reasons=reasons)


def share(good: int, total: int, reasons: Sequence[str]) -> Finding:
    """Judge by how many of several things are as they should be; all, some or none."""
    if good == total:
        return Finding(status=Status.SATISFIED, reasons=tuple(reasons))
    return Finding(status=Status.PARTIAL if good else Status.NOT_SATISFIED, reasons=tuple(reasons))


def few(names: Sequence[str], limit: int = 3) -> str:
    """Name a few of many."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
