"""Options before the command go to where commands take them."""

import pytest

from seawall.edge.cli.options import after_command
from seawall.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("people list", "people list"),
        ("--home /h people list", "people list --home /h"),
        ("--home=/h --json keys list bank", "keys list bank --home=/h --json"),
        ("--as ada people list --home /h", "people list --home /h --as ada"),
        ("--home /h reveal c -- --odd", "reveal c --home /h -- --odd"),
        ("--help", "--help"),
        ("--version", "--version"),
        ("--port 0 up", "--port 0 up"),
        ("", ""),
    ],
)
def test_options_before_the_command_are_moved_behind_it(given: str, taken: str) -> None:
    assert after_command(given.split()) == taken.split()


@pytest.mark.parametrize("given", ["--home", "--home /h", "--json", "--json --as ada"])
def test_options_that_no_command_follows_are_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match="no command") as caught:
        after_command(given.split())
    assert caught.value.code == "cli.usage"
    assert caught.value.remedy == "Run: seawall --help"
