"""How long work of this room begins, and how it stands."""

import msgspec

from seawall.capabilities.keys.commands_work import WorkView
from seawall.capabilities.keys.ports_work import Fleet, LongWork
from seawall.kernel.command import Command, Turn
from seawall.kernel.errors import Conflict
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.jobs import Job, JobState
from seawall.kernel.terms import Grant

DAY_MS = 86_400_000
_LASTS_DAYS = 90
STANDING = frozenset({JobState.RUNNING, JobState.PAUSED})


def begin(
    work: LongWork, turn: Turn, kind: str, command: Command, spec: msgspec.Struct, *, entropy: Entropy
) -> WorkView:
    """Start a job for whoever asks; their leave for it ends after 90 days.

    Args:
        work: where jobs are kept.
        turn: on whose behalf.
        kind: the kind of work.
        command: what was asked; the work has the same action and resource.
        spec: what is to be done.
        entropy: random bytes for ids.

    Raises:
        Unavailable: the store.
    """
    resource, now_ms = command.resource(), turn.now_ms
    job = Job(
        id=str(uuid7(now_ms, entropy)),
        kind=kind,
        principal_id=turn.principal.id,
        grant_id=str(uuid7(now_ms, entropy)),
        domain=resource.domain,
        created_ms=now_ms,
        updated_ms=now_ms,
        spec=text_of(spec),
    )
    grant = Grant(
        id=job.grant_id or "",
        principal_id=turn.principal.id,
        action=command.action,
        resource=resource,
        expires_ms=now_ms + _LASTS_DAYS * DAY_MS,
    )
    facts = {"job": job.id, **{name: value for name, value in msgspec.to_builtins(spec).items() if value}}
    work.start(job, grant, turn.record(facts))
    return WorkView.of(job)


def text_of(spec: msgspec.Struct) -> str:
    """Write what is to be done; the same is written the same."""
    return msgspec.json.encode(spec, order="sorted").decode()


def one_at_a_time(found: Job | None) -> None:
    """Return when a job is over, or there is none.

    Raises:
        Conflict: ``keys.work_standing``.
    """
    if found is not None and found.state in STANDING:
        raise Conflict(
            "keys.work_standing",
            f"this is under way already, as job {found.id}, which is {found.state}.",
            remedy="Watch it with: seawall jobs show",
        )


def one_version(fleet: Fleet) -> None:
    """Return when every node that is alive knows what this version does.

    Raises:
        Conflict: ``keys.versions_differ``.
    """
    if older := fleet.older():
        raise Conflict(
            "keys.versions_differ",
            f"nodes of another version are alive: {', '.join(older)}.",
            remedy="Bring every node to the same version first.",
        )
