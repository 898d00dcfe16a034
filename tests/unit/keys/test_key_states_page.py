"""The table of states in the guide is what the code says."""

import runpy
from pathlib import Path

import pytest

from seawall.capabilities.keys.life import KeyState

SCRIPT = Path(__file__).parents[3] / "scripts" / "write_key_states.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_the_page_is_current(script):
    text = script["PAGE"].read_text(encoding="utf-8")
    assert text == script["page"](text), "run: .venv/bin/python scripts/write_key_states.py"
    assert all(f"| {state} |" in script["table"]() for state in KeyState)


def test_a_page_that_says_something_else_is_seen(script):
    text = script["PAGE"].read_text(encoding="utf-8")
    changed = text.replace("| suspended | no |", "| suspended | yes |")
    assert changed != text
    assert script["page"](changed) == text
    with pytest.raises(SystemExit):
        script["page"]("# Keys\n")
