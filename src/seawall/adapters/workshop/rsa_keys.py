"""Fills a pool of RSA keys from a workshop: making one holds the interpreter lock, which in the node would stop it."""

import threading
from collections.abc import Callable

from seawall.adapters.workshop import messages as m
from seawall.adapters.workshop.workshop import Workshop, failed
from seawall.crypto.algorithms.names import Algorithm
from seawall.crypto.algorithms.pool import KeyPool
from seawall.kernel.errors import Unavailable
from seawall.kernel.secret import Secret

_REST_SECONDS = 5.0
_LEAVE_SECONDS = 2.0


class WorkshopRsa:
    """Makes RSA keys in a workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __call__(self, algorithm: Algorithm) -> Secret:
        """Make a private key, PKCS#8 in DER.

        Raises:
            Unavailable: ``crypto.worker_lost`` or ``crypto.worker_failed``.
        """
        answer = self._workshop.ask(m.MakeRsa(algorithm=algorithm.value))
        if not isinstance(answer, m.Made):
            raise failed()
        return Secret(answer.value)


class PoolFiller:
    """A thread that keeps a pool full. While the workshop fails it tries again every few seconds.

    Args:
        pool: what is kept full.
        rest: seconds after which it looks or tries again.
        full: called when nothing is lacking, and each time it looks again.
    """

    def __init__(self, pool: KeyPool, *, rest: float = _REST_SECONDS, full: Callable[[], object] | None = None) -> None:
        self._pool = pool
        self._rest = rest
        self._full = full
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rsa-keys", daemon=True)

    def start(self) -> None:
        """Start filling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wipe what is left in the pool; a key that is being made is waited for a little, and wiped too."""
        self._stopped.set()
        self._pool.close()
        if self._thread.is_alive():
            self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._pool.fill_one():
                    continue
                if self._full is not None:
                    self._full()
                self._pool.wait_until_wanted(self._rest)
            except Unavailable:
                self._stopped.wait(self._rest)
