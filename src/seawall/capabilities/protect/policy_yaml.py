"""YAML as a policy may use it: plain scalars, lists and mappings, of a bounded size, without aliases or tags."""

from typing import Any, Final

import yaml

from seawall.capabilities.protect.errors import wrong_policy
from seawall.kernel.errors import InvalidInput, SeawallError, TooLarge

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 16
MAX_NODES: Final = 5_000
_MAPPING = "tag:yaml.org,2002:map"


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases, deep nesting, duplicate keys and explicit tags."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _wrong("it uses an alias (*name).", event.start_mark, "Write the value out.")
        if getattr(event, "tag", None) is not None:
            raise _wrong("it uses a tag (!name).", event.start_mark, "Write plain values.")
        if self._depth >= MAX_DEPTH:
            raise _wrong(f"it is nested more than {MAX_DEPTH} deep.", event.start_mark, None)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _too_large(f"a policy has up to {MAX_NODES} names and values.")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode) or name.tag != "tag:yaml.org,2002:str":
                raise _wrong("a name is no plain text.", name.start_mark, "Quote it.")
            if name.value in names:
                raise _wrong("a name stands twice in one mapping.", name.start_mark, "Keep one of the two.")
            names.add(name.value)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """Read a YAML document into dicts, lists and scalars.

    Raises:
        TooLarge: over 64 KiB or 5,000 names and values, with code ``protect.policy_size``.
        InvalidInput: with code ``protect.policy``; the text names line and column.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _too_large(f"a policy has up to {MAX_BYTES // 1024} KiB.")
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except SeawallError:
        raise
    except yaml.MarkedYAMLError as error:
        raise _wrong(f"it is not YAML: {error.problem or 'syntax error'}.", error.problem_mark, None) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        # A date that does not exist, a number too long, a character that YAML does not allow.
        raise wrong_policy(
            "it is not YAML that can be read here.", remedy="Write plain text and small numbers."
        ) from None


def _wrong(text: str, mark: Any, remedy: str | None) -> InvalidInput:
    at = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return wrong_policy(text.removesuffix(".") + at + ".", remedy=remedy)


def _too_large(text: str) -> TooLarge:
    return TooLarge("protect.policy_size", text, field="policy", remedy="Leave out what no column of the target needs.")
