"""Making a change hold everywhere before it is answered."""

from seawall.capabilities.keys.ports import Lease
from seawall.capabilities.keys.ring import KeyRing


class Revocation:
    """Voids what every process of the home holds unwrapped."""

    def __init__(self, lease: Lease, ring: KeyRing) -> None:
        self._lease = lease
        self._ring = ring

    def announce(self) -> None:
        """Void every cache, without waiting: for a change that harms nobody when it is seen a moment later."""
        self._lease.bump()
        self._ring.tend()

    def wait(self) -> None:
        """Void every cache and return when no process holds anything from before.

        Raises:
            Unavailable: when a process has not dropped its keys in time; the change itself holds.
        """
        self.announce()
        self._lease.wait_all()
