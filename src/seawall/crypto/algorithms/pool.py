"""Keys made ahead of need, for algorithms whose keys take long to make: RSA.

A key leaves the pool once. What is in it is held in memory alone and wiped when the pool is closed.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping

from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.secret import Secret

Maker = Callable[[Algorithm], Secret]


class KeyPool:
    """A bounded pool, safe between threads. Somebody else fills it, by :meth:`fill_one`.

    Args:
        sizes: how many keys of each algorithm are held at most.
        make: makes one for the pool, elsewhere.
        make_now: makes one at once, when the pool has none or the algorithm is not pooled.
    """

    def __init__(self, sizes: Mapping[Algorithm, int], make: Maker, make_now: Maker) -> None:
        self._sizes = dict(sizes)
        self._make = make
        self._make_now = make_now
        self._held: dict[Algorithm, deque[Secret]] = {algorithm: deque() for algorithm in sizes}
        self._changed = threading.Condition()
        self._closed = False

    def take(self, algorithm: Algorithm) -> Secret:
        """Return a key that nobody else gets: one made ahead, or one made now."""
        with self._changed:
            held = self._held.get(algorithm)
            if held:
                self._changed.notify_all()
                return held.popleft()
        return self._make_now(algorithm)

    def fill_one(self) -> bool:
        """Make one key of the algorithm that lacks most of its share; return whether any was lacking.

        Raises:
            Unavailable: as ``make``.
        """
        with self._changed:
            algorithm = None if self._closed else self._most_wanted()
        if algorithm is None:
            return False
        made = self._make(algorithm)
        with self._changed:
            if self._closed or len(self._held[algorithm]) >= self._sizes[algorithm]:
                made.close()
            else:
                self._held[algorithm].append(made)
        return True

    def wait_until_wanted(self, timeout: float) -> None:
        """Return when a key is lacking or the pool is closed, or after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._most_wanted() is not None, timeout)

    def held(self) -> dict[Algorithm, int]:
        """Return how many keys of each algorithm are there."""
        with self._changed:
            return {algorithm: len(keys) for algorithm, keys in self._held.items()}

    def close(self) -> None:
        """Wipe every key; later ones are made when they are asked for."""
        with self._changed:
            self._closed = True
            for keys in self._held.values():
                while keys:
                    keys.popleft().close()
            self._changed.notify_all()

    def _most_wanted(self) -> Algorithm | None:
        lacking = {
            algorithm: 1 - len(self._held[algorithm]) / size for algorithm, size in self._sizes.items() if size > 0
        }
        algorithm = max(lacking, key=lambda one: lacking[one], default=None)
        return algorithm if algorithm is not None and lacking[algorithm] > 0 else None
