"""How a child shows its parent that it is well: a count in shared memory, which the parent looks at now and then.

A count and not a time: a machine that slept, or a node that was stopped and goes on, has missed one look, not many.
"""

import mmap


class Pulse:
    """One child's count; made before the child is forked, and kept for its successors."""

    __slots__ = ("_cells",)

    def __init__(self) -> None:
        self._cells = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")

    def beat(self) -> None:
        """Say that all is well."""
        self._cells[0] += 1

    @property
    def count(self) -> int:
        """How often it beat; 0 as long as the child is starting."""
        return self._cells[0]

    def reset(self) -> None:
        """Count from the start again, for a child that starts anew."""
        self._cells[0] = 0
