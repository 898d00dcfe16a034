"""A room of protection for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.protecting import ProtectRoom


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ProtectRoom]:
    """A room whose store lies beside the test's files."""
    made = ProtectRoom(tmp_path)
    yield made
    made.close()
