"""The processes that compute slowly for a node's process; none is started before it is needed."""

from collections.abc import Mapping

from seawall.adapters.workshop.ahead import RsaAhead
from seawall.adapters.workshop.slh_dsa import WorkshopSlhDsa
from seawall.adapters.workshop.workshop import Workshop
from seawall.crypto.algorithms.names import Algorithm
from seawall.settings import Settings

_RSA_TIMEOUT_S = 60.0


class Workshops:
    """What a process's rooms have computed elsewhere.

    Args:
        settings: how many RSA keys are held ahead.
        stays: whether this process serves for long; one that ends after its command makes its one RSA key itself.
    """

    def __init__(self, settings: Settings, *, stays: bool) -> None:
        self._slow = Workshop()
        self.slh_dsa = WorkshopSlhDsa(self._slow)
        self.rsa_keys = RsaAhead(Workshop(size=2, timeout=_RSA_TIMEOUT_S), _sizes(settings)) if stays else None

    def close(self) -> None:
        """End every process and wipe what was made ahead."""
        self._slow.close()
        if self.rsa_keys is not None:
            self.rsa_keys.close()


def _sizes(settings: Settings) -> Mapping[Algorithm, int]:
    return {Algorithm(name): size for name, size in settings.keys.rsa_pool.items()}
