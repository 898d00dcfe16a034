"""Walk through all pages of a list."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from seawall.kernel.paging import Page

T = TypeVar("T")


def every(page_after: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Yield every item, page by page; the callable is given each page's cursor, first None."""
    cursor: str | None = None
    while True:
        page = page_after(cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return
