"""The words of policy: actions and their groups, as the packaged Cedar schema declares them."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_DECLARATION = re.compile(
    r'action\s+(?P<names>"[^"]+"(?:\s*,\s*"[^"]+")*)\s*(?:in\s*\[(?P<groups>[^\]]*)\]\s*)?(?P<use>appliesTo)?'
)
_QUOTED = re.compile(r'"([^"]+)"')


@cache
def schema_text() -> str:
    """Read the schema."""
    return _read("seawall.cedarschema")


@cache
def builtin_text() -> str:
    """Read the built-in policies."""
    return _read("builtin.cedar")


@cache
def actions() -> Mapping[str, tuple[str, ...]]:
    """List every action with the groups it is in."""
    found: dict[str, tuple[str, ...]] = {}
    for declared in _DECLARATION.finditer(re.sub(r"//[^\n]*", "", schema_text())):
        if declared["use"]:
            groups = tuple(_QUOTED.findall(declared["groups"] or ""))
            found.update(dict.fromkeys(_QUOTED.findall(declared["names"]), groups))
    return MappingProxyType(found)


def entity_type(resource_type: str) -> str:
    """Name a type of resource as Cedar does: ``key_version`` becomes ``KeyVersion``."""
    return "".join(word.capitalize() for word in resource_type.split("_"))


def _read(name: str) -> str:
    return (files("seawall.access") / "policies" / name).read_text(encoding="utf-8")
