"""A trial home for each test that asks for one, and a node that the gentle ones share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.node import Node, Ran, TrialHome, running, shared_home


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[TrialHome, Ran]:
    """The home that the demo made, which nobody may change, and what the demo said."""
    base = tmp_path_factory.getbasetemp()
    return shared_home(base.parent if hasattr(request.config, "workerinput") else base)


@pytest.fixture
def home(demo: tuple[TrialHome, Ran], tmp_path: Path) -> TrialHome:
    """A copy of the trial home."""
    return demo[0].copy(tmp_path / "home")


@pytest.fixture(scope="session")
def shared(demo: tuple[TrialHome, Ran], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that serves every test which leaves it as it was."""
    folder = tmp_path_factory.mktemp("shared")
    with running(demo[0].copy(folder / "home"), folder / "log") as node:
        yield node


@pytest.fixture
def node(home: TrialHome, tmp_path: Path) -> Iterator[Node]:
    """A node of the test's own."""
    with running(home, tmp_path / "log") as node:
        yield node
