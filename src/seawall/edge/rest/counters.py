"""Counters that all workers share: one anonymous map made before they are forked, one row for each worker.

A row belongs to one process, so adding to it needs no lock; a worker that takes a dead one's place counts on where it
stopped. Whoever is asked for the metrics adds the rows.
"""

import mmap
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STATUSES: Final = (
    200,
    201,
    202,
    204,
    304,
    400,
    401,
    403,
    404,
    405,
    408,
    409,
    412,
    413,
    414,
    415,
    421,
    422,
    431,
    500,
    503,
)
_COLUMN: Final = {status: place for place, status in enumerate(STATUSES)}
_OTHER: Final = len(STATUSES)
_FIRST_BUCKET: Final = _OTHER + 1
_SUM: Final = _FIRST_BUCKET + len(BUCKETS) + 1
WIDTH: Final = _SUM + 1


class Counters:
    """Requests by route and status, and how long their answers took.

    Args:
        routes: the names of the routes; one more, ``other``, stands for what met none of them.
        workers: how many processes count.
    """

    __slots__ = ("_cells", "_offset", "_row", "_rows", "other", "routes")

    def __init__(self, routes: Sequence[str], workers: int = 1) -> None:
        self.routes = (*routes, "other")
        self.other = len(routes)
        self._rows = workers
        self._row = len(self.routes) * WIDTH
        self._cells = memoryview(mmap.mmap(-1, self._row * workers * 8)).cast("Q")
        self._offset = 0

    def take(self, worker: int) -> None:
        """Count in this worker's row from now on."""
        self._offset = (worker % self._rows) * self._row

    def count(self, route: int, status: int, seconds: float) -> None:
        """Count one answer."""
        cells = self._cells
        base = self._offset + route * WIDTH
        cells[base + _COLUMN.get(status, _OTHER)] += 1
        cells[base + _FIRST_BUCKET + bisect_left(BUCKETS, seconds)] += 1
        cells[base + _SUM] += int(seconds * 1e6)

    def total(self, route: int) -> tuple[dict[int, int], list[int], int]:
        """Add all workers up: answers by status (0 for any other), by latency bucket, and microseconds in sum."""
        summed = [
            sum(self._cells[row * self._row + route * WIDTH + cell] for row in range(self._rows))
            for cell in range(WIDTH)
        ]
        by_status = dict(zip((*STATUSES, 0), summed[:_FIRST_BUCKET], strict=True))
        return by_status, summed[_FIRST_BUCKET:_SUM], summed[_SUM]
