"""Settings that every test shares."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A shell starts what runs in the background with SIGINT ignored, and the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A test that cannot run on a machine says why. In CI only these reasons are allowed.
ALLOWED_SKIPS = (
    "network namespaces are not available",
    "no tmpfs may be mounted here",
)
_surprising: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        # A test that is expected to fail has not passed either, and says why in the same way.
        expected = getattr(report, "wasxfail", None)
        reason = report.longrepr[2].removeprefix("Skipped: ") if expected is None else expected.removeprefix("reason: ")
        if not reason.startswith(ALLOWED_SKIPS):
            _surprising.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") and _surprising and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") and _surprising:
        terminalreporter.section("skips that CI does not allow")
        for line in _surprising:
            terminalreporter.write_line(line)
