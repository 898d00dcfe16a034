"""``jobs list``, ``show``, ``pause``, ``resume`` and ``cancel``."""

from typing import TYPE_CHECKING

from seawall.edge.cli.options import Options
from seawall.kernel.clock import iso

if TYPE_CHECKING:
    from seawall.desk.commands import JobView
    from seawall.kernel.command import Command

_HEAD = ("job", "kind", "domain", "state", "done", "of", "what", "code", "began", "seen")


def list(*, limit: int = 50, cursor: str | None = None, options: Options | None = None) -> int:
    """List the jobs of the domains in which you act, the newest first.

    Args:
        limit: how many, at most 1,000.
        cursor: where the page before ended.
    """
    from seawall.desk.commands import ListJobs

    options = options or Options()
    output = options.output
    with options.session() as session:
        page = session.perform(ListJobs(limit=limit, cursor=cursor))
    output.document(page)
    output.table("", _HEAD, [_row(job) for job in page.items])
    if page.next_cursor:
        output.plain(f"more: --cursor {page.next_cursor}")
    return 0


def show(job: str, *, options: Options | None = None) -> int:
    """Show how a job stands.

    Args:
        job: its id.
    """
    from seawall.desk.commands import ShowJob

    return _ask(ShowJob(job=job), options)


def pause(job: str, *, options: Options | None = None) -> int:
    """Let a job rest after what it is doing now.

    Args:
        job: its id.
    """
    from seawall.desk.commands import PauseJob

    return _ask(PauseJob(job=job), options)


def resume(job: str, *, options: Options | None = None) -> int:
    """Go on with a job that rests.

    Args:
        job: its id.
    """
    from seawall.desk.commands import ResumeJob

    return _ask(ResumeJob(job=job), options)


def cancel(job: str, *, options: Options | None = None) -> int:
    """Stop a job for good; what it has done stays done.

    Args:
        job: its id.
    """
    from seawall.desk.commands import CancelJob

    return _ask(CancelJob(job=job), options)


def _ask(command: "Command", options: Options | None) -> int:
    options = options or Options()
    output = options.output
    with options.session() as session:
        found = session.perform(command)
    output.document(found)
    output.table("", _HEAD, [_row(found)])
    return 0


def _row(job: "JobView") -> tuple[str, ...]:
    total = str(job.total) if job.total else ""
    began, seen = iso(job.created_ms), iso(job.updated_ms)
    return (job.id, job.kind, job.domain, job.state, str(job.done), total, job.what, job.code, began, seen)
