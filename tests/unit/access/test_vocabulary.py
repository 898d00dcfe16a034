"""Policies and commands speak of the same actions and resources."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import seawall
from seawall.access.vocabulary import actions, entity_type, schema_text
from seawall.kernel.command import Command

_COMMANDS = re.compile(r"\.commands(_\w+)?$")


def _commands() -> list[type[Command]]:
    names = [module.name for module in pkgutil.walk_packages(seawall.__path__, "seawall.")]
    modules = [import_module(name) for name in names if _COMMANDS.search(name) and ".edge." not in name]
    values = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return [value for value in values if issubclass(value, Command) and "action" in vars(value)]


COMMANDS = _commands()
#: Asked by handlers for what a command leads to, or by edges that have no command for it.
ASKED_WITHIN = {"data.tokenise", "system.status", "system.doctor"}


def test_commands_were_found() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_each_command_has_its_action_in_the_schema(command: type[Command]) -> None:
    assert command.action in actions()


def test_each_action_of_the_schema_is_asked_by_somebody() -> None:
    assert set(actions()) - {command.action for command in COMMANDS} <= ASKED_WITHIN


def test_each_type_of_resource_is_an_entity_of_the_schema() -> None:
    entities = schema_text().split("entity Platform")[1].split("=")[0]
    declared = {"Platform", *re.findall(r"[A-Z][A-Za-z]+", entities)}
    sources = Path(next(iter(seawall.__path__))).rglob("*.py")
    used = {kind for path in sources for kind in re.findall(r'Resource\(\s*type="([a-z_]+)"', path.read_text())}
    assert len(used) > 8
    assert {entity_type(kind) for kind in used} <= declared
