"""Puts tracing together, where the settings ask for it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from seawall import __version__
from seawall.kernel.errors import InvalidInput
from seawall.settings import Settings

if TYPE_CHECKING:
    from seawall.adapters.telemetry.otel import OtelTracer


def open_tracer(settings: Settings) -> "OtelTracer | None":
    """Make this process's tracer, after any fork; None where nobody is to follow anything.

    Raises:
        InvalidInput: the extra is missing, with code ``telemetry.missing``, or a file cannot be used.
    """
    wanted = settings.telemetry
    if not wanted.endpoint:
        return None
    check_tracing(settings)
    from seawall.adapters.telemetry.otel import Collector, OtelTracer, exporter_to
    from seawall.adapters.telemetry.statements import follow_statements

    collector = Collector(
        endpoint=wanted.endpoint,
        ca_file=Path(wanted.ca_file) if wanted.ca_file else None,
        headers_file=Path(wanted.headers_file) if wanted.headers_file else None,
    )
    service = {
        "service.name": wanted.service,
        "service.version": __version__,
        "service.instance.id": f"{os.uname().nodename}:{os.getpid()}",
    }
    tracer = OtelTracer(exporter_to(collector), sample=wanted.sample, trusting=wanted.trust_callers, service=service)
    follow_statements(tracer)
    return tracer


def check_tracing(settings: Settings) -> None:
    """Refuse settings that ask for tracing where what it needs is not installed.

    Raises:
        InvalidInput: with code ``telemetry.missing``.
    """
    from importlib.util import find_spec

    if settings.telemetry.endpoint and not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
        raise InvalidInput(
            "telemetry.missing",
            "traces need a library that is not installed.",
            field="telemetry.endpoint",
            remedy="Install it: pip install 'seawall[otel]'",
        )
