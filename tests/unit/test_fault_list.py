"""The list of faults in the documentation names tests that there are."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_of_the_list_is_there() -> None:
    rows = [line for line in (ROOT / "docs/faults.md").read_text().splitlines() if line.startswith("| ")][1:]
    named = [TEST.findall(row) for row in rows]
    assert len(rows) > 25
    assert [row for row, tests in zip(rows, named, strict=True) if len(tests) != 1] == []
    for ((path, name),) in named:
        defined = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if hasattr(node, "name")}
        assert name in defined, f"{path} has no {name}"
