"""NIST's published schema for OSCAL documents, and what it says of one."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators

SCHEMA = Path(__file__).parents[1] / "vectors" / "oscal" / "oscal_complete_schema.json"


def faults(document: Any) -> list[str]:
    """Return what is wrong with a document, by the schema."""
    found = sorted(_validator().iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found[:5]]


@cache
def _validator() -> Any:
    schema = json.loads(SCHEMA.read_bytes())
    return validators.extend(Draft7Validator, {"pattern": _pattern})(
        schema, format_checker=Draft7Validator.FORMAT_CHECKER
    )


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # The schema's patterns are of ECMA-262, which has property escapes; Python's re has not.
    python = pattern.replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d")
    if isinstance(instance, str) and not re.search(python, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")
