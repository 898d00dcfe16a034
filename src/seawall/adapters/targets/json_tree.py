"""JSON values in memory: read without loss, walked by path, written back."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from seawall.capabilities.protect.model import Cell
from seawall.kernel.errors import InvalidInput

MAX_DEPTH: Final = 200

#: A place in a tree that holds a value: its path, and the container and key or index under which it is.
Leaf = tuple[str, Any, Any]

_encoder = msgspec.json.Encoder(decimal_format="number")


def read(text: bytes, where: str) -> Any:
    """Decode one document; numbers with a fraction stay exact.

    Args:
        text: JSON in UTF-8.
        where: the place to name in an error.

    Raises:
        InvalidInput: with code ``targets.json``.
    """
    try:
        return json.loads(
            text.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise wrong(f"{where} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    except UnicodeDecodeError:
        raise wrong(f"{where} is not UTF-8.") from None
    except (ValueError, ArithmeticError):
        raise wrong(f"{where} holds NaN, a name twice in one object, or a number too long to read.") from None
    except RecursionError:
        raise wrong(f"{where} is nested too deep.") from None


def write(tree: Any, where: str) -> bytes:
    """Encode a document.

    Raises:
        InvalidInput: for text that no encoding can hold, with code ``targets.json``.
    """
    try:
        return _encoder.encode(tree)
    except UnicodeEncodeError:
        raise wrong(f"{where} holds half a character (a lone surrogate).") from None


def leaves(tree: dict[str, Any] | list[Any]) -> Iterator[Leaf]:
    """Walk to every scalar in a document, in its order. Lists add ``[]`` to a path, whatever the place in them.

    Raises:
        InvalidInput: for a document that is nested too deep.
    """
    open_: list[tuple[str, Any, Iterator[tuple[Any, Any]]]] = [("", tree, _entries(tree))]
    while open_:
        path, container, entries = open_[-1]
        for key, value in entries:
            inner = f"{path}[]" if isinstance(container, list) else f"{path}.{key}" if path else str(key)
            if isinstance(value, dict | list):
                if len(open_) == MAX_DEPTH:
                    raise wrong("the document is nested too deep.")
                open_.append((inner, value, _entries(value)))
                break
            yield inner, container, key
        else:
            open_.pop()


def cell(value: Any) -> Cell:
    """Return a JSON scalar as a cell; an empty text is kept as it is, as nothing to hide."""
    result: Cell = None if value == "" else value
    return result


def wrong(text: str) -> InvalidInput:
    """Say that a document cannot be read."""
    return InvalidInput("targets.json", text, field="target", remedy="Mend it, or write it anew as plain JSON.")


def _entries(container: Any) -> Iterator[tuple[Any, Any]]:
    return iter(list(container.items())) if isinstance(container, dict) else iter(list(enumerate(container)))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
