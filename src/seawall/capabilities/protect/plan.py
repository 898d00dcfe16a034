"""From policy and classification to what is done to each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seawall.capabilities.protect.errors import wrong_policy
from seawall.capabilities.protect.policy import LEAVE, Default, Policy, Technique, Tokenise
from seawall.capabilities.protect.ports import Classification, Field
from seawall.kernel.errors import InvalidInput
from seawall.kernel.terms import DataClass

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """What is done to one column."""

    name: str
    data_class: DataClass | None
    technique: Technique


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to a target; ``left`` are sensitive columns that stay in clear."""

    columns: tuple[ColumnPlan, ...]
    left: tuple[str, ...]


def make_plan(policy: Policy, classification: Classification, fields: Sequence[Field]) -> Plan:
    """Decide for each column: what is said of it by hand, else the rule for its class, else the policy's default.

    Raises:
        InvalidInput: for a column that does not exist (``protect.policy``, ``protect.classification``), sensitive ones
            without a rule where the default is to refuse (``protect.no_rule``), one that cannot hold what it would get
            (``protect.column``), and when nothing would be protected (``protect.nothing``).
    """
    _check_names(policy, classification, fields)
    columns: list[ColumnPlan] = []
    left: list[str] = []
    without: list[str] = []
    for field in fields:
        said = policy.columns.get(field.name)
        data_class = classification.get(field.name)
        technique: Technique | None = None
        sensitive = field.name in classification
        if said == LEAVE:
            left += [field.name] if sensitive else []
            continue
        if isinstance(said, str):
            data_class, sensitive = DataClass(said), True
        elif said is not None:
            technique = said
        if technique is None and data_class is not None:
            technique = policy.rule(data_class)
        if technique is not None:
            _check_field(field, technique)
            columns.append(ColumnPlan(name=field.name, data_class=data_class, technique=technique))
        elif sensitive:
            (left if policy.default is Default.LEAVE else without).append(field.name)
    if without:
        raise _no_rule(without)
    if not columns:
        raise InvalidInput(
            "protect.nothing",
            "no column of the target is to be protected, so there would be nothing but a copy in clear.",
            field="policy",
            remedy="Check the classification, or name columns in the policy.",
        )
    return Plan(columns=tuple(columns), left=tuple(left))


def _check_names(policy: Policy, classification: Classification, fields: Sequence[Field]) -> None:
    names = {field.name for field in fields}
    for name in policy.columns:
        if name not in names:
            raise wrong_policy(
                "the target has no such column.", field=f"columns.{name}", remedy=f"It has {_listed(sorted(names))}."
            )
    for name in classification:
        if name not in names:
            raise InvalidInput(
                "protect.classification",
                "the target has no such column.",
                field=f"classification.{name}",
                remedy="Scan the target again; it has changed since it was classified.",
            )


def _check_field(field: Field, technique: Technique) -> None:
    if not field.writable:
        raise InvalidInput(
            "protect.column",
            "this column is derived from others and cannot be written.",
            field=field.name,
            remedy="Say `leave` for it in the policy: it follows from the columns that it is made of.",
        )
    if isinstance(technique, Tokenise) and not field.text:
        raise InvalidInput(
            "protect.column",
            "this column holds numbers, and a token may begin with zeros.",
            field=field.name,
            remedy="Encrypt it, or declare it as TEXT in the target.",
        )


def _no_rule(names: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        "protect.no_rule",
        f"the policy says nothing of what {_listed(names)} hold{'s' if len(names) == 1 else ''}, which is sensitive.",
        field="rules",
        remedy="Add a rule for the class, or say `leave` or a technique for the column, or `default: leave`.",
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
