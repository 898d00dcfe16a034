"""``quorum …``: which commands need how many approvals."""

from typing import Annotated

from cyclopts import Parameter

from seawall.access.approvals.commands import QuorumShown, RemoveQuorum, RuleView, SetQuorum, ShowQuorum
from seawall.access.approvals.model import Execution
from seawall.edge.cli.options import Options
from seawall.kernel.command import Command
from seawall.kernel.errors import InvalidInput
from seawall.kernel.terms import Role

_Many = Parameter(negative="")


def show(*, options: Options | None = None) -> int:
    """Show the rules in force."""
    return _perform(options, ShowQuorum())


def set(
    rule: str,
    *,
    action: Annotated[tuple[str, ...], _Many],
    approvals: int,
    role: Annotated[tuple[Role, ...], _Many],
    scope: str = "*",
    name: str = "",
    label: Annotated[tuple[str, ...], _Many] = (),
    hours: int = 72,
    execution: Execution = Execution.RETRY,
    glass: Annotated[tuple[Role, ...], _Many] = (),
    options: Options | None = None,
) -> int:
    """Put a rule in force, in place of the one of that name.

    Args:
        rule: its name.
        action: an action such as keys.destroy, or a group such as keys; may be given several times.
        approvals: how many persons besides the requester must approve.
        role: a role that may approve; may be given several times.
        scope: a domain, or * for all.
        name: only keys whose names fit this pattern, with * and ?.
        label: only keys with this label, as NAME=VALUE; may be given several times.
        hours: how long a request waits.
        execution: retry, or auto where the last approval carries it out.
        glass: a role that may do without the quorum in an emergency; may be given several times.
    """
    labels = {}
    for one in label:
        key, equals, value = one.partition("=")
        if not equals:
            raise InvalidInput("cli.label", "a label is NAME=VALUE.", field="--label")
        labels[key] = value
    command = SetQuorum(
        id=rule,
        actions=action,
        approvals=approvals,
        roles=role,
        scope=scope,
        name=name,
        labels=labels,
        expires_hours=hours,
        execution=execution,
        break_glass=glass,
    )
    return _perform(options, command)


def remove(rule: str, *, options: Options | None = None) -> int:
    """Take a rule out of force."""
    return _perform(options, RemoveQuorum(id=rule))


def _perform(options: Options | None, command: Command) -> int:
    options = options or Options()
    with options.session() as session:
        shown: QuorumShown = session.perform(command)
    output = options.output
    output.document(shown)
    output.table(
        "",
        ("rule", "scope", "actions", "only", "approvals", "by", "waits, hours", "runs", "glass"),
        [
            (
                rule.id,
                rule.scope,
                ", ".join(rule.actions),
                _only(rule),
                rule.approvals,
                ", ".join(rule.roles),
                rule.expires_hours,
                "by itself" if rule.execution is Execution.AUTO else "when asked again",
                ", ".join(rule.break_glass),
            )
            for rule in shown.rules
        ],
    )
    return 0


def _only(rule: RuleView) -> str:
    return ", ".join([*([rule.name] if rule.name else []), *(f"{name}={value}" for name, value in rule.labels.items())])
