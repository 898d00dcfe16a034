"""The sample bank, made once for each pytest process, and a turn in which to scan it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seawall.kernel.command import Record
from seawall.kernel.terms import Principal, Proof, Resource, Role
from seawall.samples.generate import generate
from seawall.samples.truth import Manifest


class ScanTurn:
    """A turn that keeps what it is told."""

    def __init__(self, now_ms: int = 1_767_830_400_000) -> None:
        self.now_ms = now_ms
        self.principal = Principal(
            id="p1", name="eve", roles=frozenset({Role.SECURITY_ENGINEER}), domains=frozenset({"*"}), proof=Proof.TOKEN
        )
        self.facts: list[Mapping[str, Any]] = []
        self.resources: list[Resource | None] = []
        self.steps: list[tuple[str, int, int]] = []

    def record(self, facts: Mapping[str, Any] | None = None, *, resource: Resource | None = None) -> Record:
        self.facts.append(facts or {})
        self.resources.append(resource)
        return Record(uid=f"uid-{len(self.facts)}", body=b"{}")

    def note(self, **facts: Any) -> None:
        raise AssertionError("a scan tells its facts by its records")

    def check(self, action: str, resource: Resource) -> None:
        raise AssertionError("a scan leads to nothing guarded")

    def progress(self, what: str, done: int, total: int) -> None:
        self.steps.append((what, done, total))


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small bank: its folder, and the truth about it."""
    folder = tmp_path_factory.mktemp("harbour")
    return folder, generate(folder, customers=800, payments=4_000)
