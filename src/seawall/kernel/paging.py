"""Paging by cursor, the same for every list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from seawall.kernel.errors import InvalidInput

T = TypeVar("T")
MAX_LIMIT = 1000


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
