"""A custodian's journey is made as the guide tells it, on a token of SoftHSM2 and a PostgreSQL server."""

from pathlib import Path

import pytest

from support import docs, postgres, softhsm

pytestmark = [pytest.mark.postgresql, pytest.mark.softhsm]
#: What the journey has to come through, whatever else is written there later.
STATIONS = (
    "seawall init",
    "ceremony init",
    "verify-transcript",
    "keys rotate ",
    "keys block",
    "keys destroy",
    "erasure-certificate",
    "verify-certificate",
    "backup create",
    "backup verify",
    "backup restore",
    "root reconcile",
)


@pytest.mark.timeout(480)
def test_a_custodians_journey_is_as_the_guide_tells_it(tmp_path: Path) -> None:
    softhsm.library()
    told = list(docs.steps("guides/custodian.md"))
    missing = [station for station in STATIONS if not any(station in step.command for step in told)]
    assert not missing

    with postgres.database() as url:
        docs.type_all(told, tmp_path, seconds=450, database=url)
