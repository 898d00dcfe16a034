"""What is wrong with an input, said without repeating any value of it."""

import re
from typing import Final

import msgspec

from seawall.kernel.errors import InvalidInput

_PLACE: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_NAMED: Final = re.compile(r"^Object (missing required|contains unknown) field `([^`]*)`")
_EXPECTED: Final = re.compile(r"^Expected [^'\"]*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_POSITION: Final = re.compile(r"\(byte (\d+)\)")


def misfit(error: Exception, field: str | None = None) -> InvalidInput:
    """Turn a decoder's complaint into ours; ``field`` names the input where the decoder does not know it."""
    if isinstance(error, msgspec.ValidationError):
        return _validation(str(error), field)
    if isinstance(error, msgspec.DecodeError):
        position = _POSITION.search(str(error))
        where = f" at byte {position[1]}" if position else ""
        return InvalidInput("request.malformed_json", f"the body is not JSON{where}.", field=field or "body")
    if isinstance(error, UnicodeDecodeError):
        return InvalidInput("request.malformed_json", "the body is not UTF-8.", field=field or "body")
    if isinstance(error, RecursionError):
        return InvalidInput("request.malformed_json", "the body is nested too deep.", field=field or "body")
    return InvalidInput("request.invalid", "a value is outside of what is allowed.", field=field or "body")


def _validation(text: str, field: str | None) -> InvalidInput:
    place = _PLACE.search(text)
    outer = place[1] if place else ""
    named = _NAMED.match(text)
    if named:
        inner = named[2] if _NAME.fullmatch(named[2]) else "(a name that is none)"
        path = f"{outer}.{inner}" if outer else inner
        if named[1].startswith("missing"):
            return InvalidInput("request.field_missing", "this field is required.", field=path)
        return InvalidInput("request.field_unknown", "there is no such field.", field=path)
    where = field or outer or "body"
    expected = _EXPECTED.match(_PLACE.sub("", text))
    if expected:
        said = expected[0]
        return InvalidInput("request.field_invalid", f"{said[0].lower()}{said[1:].rstrip('. ')}.", field=where)
    if "base64" in text:
        return InvalidInput("request.field_invalid", "expected base64 (RFC 4648, section 4).", field=where)
    return InvalidInput("request.field_invalid", "this is none of the values that are allowed.", field=where)
