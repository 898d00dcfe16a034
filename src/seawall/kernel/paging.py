"""Paging by cursor, the same for every list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import msgspec

from seawall.kernel.errors import InvalidInput

T = TypeVar("T")
MAX_LIMIT = 1000
#: A page size as :func:`check_limit` takes it: descriptions of the API say so.
PageLimit = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MAX_LIMIT})]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page and the cursor of the next, or None at the end."""

    items: Sequence[T]
    next_cursor: str | None


def check_limit(limit: int) -> int:
    """Return the page size as it is.

    Raises:
        InvalidInput: outside 1 to 1000, with code ``page.limit``.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput("page.limit", f"a page holds 1 to {MAX_LIMIT} items.", field="limit")
    return limit
