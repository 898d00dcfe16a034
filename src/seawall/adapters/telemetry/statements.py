"""A step for each statement that the store is asked, of requests that are followed: its verb, never what it says."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from sqlalchemy import Engine, event

from seawall.kernel.trace import Tracer, trace_id

_STEP: Final = "seawall_step"


def follow_statements(tracer: Tracer) -> Callable[[], None]:
    """Follow every engine of this process; return how to stop."""

    def before(*told: Any) -> None:
        connection, _, statement, _, context, _ = told
        if not trace_id():
            return
        step = ExitStack()
        span = step.enter_context(tracer.step("store"))
        span.say(db__system__name=connection.dialect.name, db__operation__name=statement.split(None, 1)[0][:16].upper())
        setattr(context, _STEP, step)

    def after(*told: Any) -> None:
        _end(told[4])

    def failed(told: Any) -> None:
        _end(told.execution_context)

    pairs = (("before_cursor_execute", before), ("after_cursor_execute", after), ("handle_error", failed))
    for name, listener in pairs:
        event.listen(Engine, name, listener)

    def stop() -> None:
        for name, listener in pairs:
            event.remove(Engine, name, listener)

    return stop


def _end(context: Any) -> None:
    step: ExitStack | None = getattr(context, _STEP, None)
    if step is not None:
        setattr(context, _STEP, None)
        step.close()
