"""RSA keys for one process of a node: made in a workshop, and held ahead once the first was asked for.

1. A node that makes no RSA key starts no process and no thread for them.
2. When the pool is full the workshop's processes end: an idle node holds keys, and computes nothing.
3. A key that is not held is made in the workshop too: making one here would stop everybody who uses this process.
"""

import threading
from collections.abc import Mapping

from seawall.adapters.workshop.rsa_keys import PoolFiller, WorkshopRsa
from seawall.adapters.workshop.workshop import Workshop
from seawall.crypto.algorithms.names import Algorithm
from seawall.crypto.algorithms.pool import KeyPool
from seawall.kernel.secret import Secret


class RsaAhead:
    """Implements :class:`seawall.capabilities.keys.ports_use.RsaKeys`.

    Args:
        workshop: where keys are made; with two processes, so that nobody waits for a key that is made ahead.
        sizes: how many keys of each algorithm are held.
    """

    def __init__(self, workshop: Workshop, sizes: Mapping[Algorithm, int]) -> None:
        self._workshop = workshop
        make = WorkshopRsa(workshop)
        self.pool = KeyPool(sizes, make, make)
        self._filler = PoolFiller(self.pool, full=workshop.rest)
        self._lock = threading.Lock()
        self._started = False

    def take(self, algorithm: Algorithm) -> Secret:
        """Return a new private key, PKCS#8 in DER.

        Raises:
            Unavailable: ``crypto.worker_lost`` or ``crypto.worker_failed``.
        """
        taken = self.pool.take(algorithm)
        # After the first key, so that what is made ahead does not compete with it.
        with self._lock:
            if not self._started:
                self._started = True
                self._filler.start()
        return taken

    def close(self) -> None:
        """Wipe what is held, and end the workshop."""
        self._filler.stop()
        self._workshop.close()
