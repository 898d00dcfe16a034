"""A house for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Every room, in an empty folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    made = House(folder)
    yield made
    made.close()
