"""Read YAML from a file that may be hostile: no aliases, no tags, no repeated keys, a bounded size and depth."""

from typing import Any

import yaml

from seawall.kernel.errors import InvalidInput

MAX_BYTES = 1_048_576
MAX_DEPTH = 32


class _PlainLoader(yaml.SafeLoader):
    """Composes scalars, lists and mappings alone; an alias could make a small file expand without bound."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not used here")
        if getattr(event, "tag", None) is not None:
            raise yaml.YAMLError("tags are not used here")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError("nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError("a key is a word")
            if key.value in seen:
                raise yaml.YAMLError(f"the key {key.value[:64]!r} is repeated")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(text: bytes, *, field: str) -> object:
    """Parse one YAML document.

    Args:
        text: UTF-8.
        field: what the caller calls this document, for the error.

    Raises:
        InvalidInput: ``catalogue.malformed``, with the line where one is known.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInput("catalogue.malformed", f"a catalogue has at most {MAX_BYTES} bytes.", field=field)
    try:
        # The loader derives from SafeLoader, so it makes plain values only.
        return yaml.load(text.decode(), Loader=_PlainLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as raised:
        raise InvalidInput("catalogue.malformed", f"this is not plain YAML{_place(raised)}.", field=field) from None


def _place(raised: Exception) -> str:
    mark = getattr(raised, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
