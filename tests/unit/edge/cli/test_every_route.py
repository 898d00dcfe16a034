"""What can be asked over REST can be asked on the command line, but for what is named here."""

import ast
import importlib
from pathlib import Path

import pytest

import seawall.edge.cli
from seawall.edge.cli.main import build
from seawall.edge.rest.table import BATCHES, ROUTES

#: Commands without one on the command line, and why.
NOT_ON_THE_COMMAND_LINE = {
    "SignIn": "the console's own: it makes a session of a browser",
    "OfferPasskey": "a passkey needs a browser; the command line offers key files",
}
#: Commands that the command line carries out in another way, and the command that does, and how.
IN_ANOTHER_WAY = {
    "Enrol": (("people", "enrol"), "nobody is known yet: there is no session to take it through"),
    "VerifyLedger": (("ledger", "verify"), "offline, with public keys alone"),
    "VerifyBackup": (("backup", "verify"), "offline, from the file"),
    "ShowOffer": (("ledger", "verify"), "nodes ask it of each other; --against asks a node for it"),
    "ShowAssessment": (("assess",), "assesses and shows the answer, and writes it to a file"),
}


def names():
    """The classes that the code of the command line makes instances of."""
    for path in Path(seawall.edge.cli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", getattr(node.func, "attr", ""))
                yield from (one.id for one in node.args if isinstance(one, ast.Name))
            if isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.keyword | ast.arguments):
                yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def leaves(app, path=()):
    """Every command of the tree, resolved: a command that is named and not there fails here."""
    for name in app:
        if name.startswith("-"):
            continue
        one = app[name]
        if one.default_command is None:
            yield from leaves(one, (*path, name))
        else:
            yield (*path, name), one.default_command


def test_every_command_of_rest_is_one_of_the_command_line():
    asked = {route.command.__name__ for route in ROUTES if route not in BATCHES}
    used = set(names())
    missing = asked - used - set(NOT_ON_THE_COMMAND_LINE) - set(IN_ANOTHER_WAY)
    assert not missing, f"these have a route and no command: {sorted(missing)}"


@pytest.mark.parametrize("name", [*NOT_ON_THE_COMMAND_LINE, *IN_ANOTHER_WAY])
def test_what_is_left_out_is_still_missing(name):
    assert name in {route.command.__name__ for route in ROUTES}
    assert name not in set(names())


def test_a_batch_is_a_command_on_one_value_many_times():
    assert {route.command.__name__.removesuffix("Many") for route in BATCHES} <= set(names())


def test_every_command_is_there_and_says_what_it_does():
    tree = dict(leaves(build()))
    assert len(tree) > 100
    assert ("data", "verify-mac") in tree
    assert {path for path, _ in IN_ANOTHER_WAY.values()} <= set(tree)
    for path, function in tree.items():
        assert callable(function), path
        module = importlib.import_module(function.__module__)
        assert module.__name__.startswith("seawall.edge.cli."), path
