"""What the owner of a key wrote on it, as rules of quorum ask for it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from seawall.capabilities.keys.ports import KeyReads
from seawall.kernel.terms import Resource

_KEY = "key"


class Vault(Protocol):
    """Where keys are kept, to look at."""

    def read(self) -> AbstractContextManager[KeyReads]:
        """Open a view of one moment."""
        ...


class KeyLabels:
    """Fills approvals' ``Labels``.

    Args:
        vault: where keys are kept.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def __call__(self, resource: Resource) -> Mapping[str, str]:
        """Read the labels of a key; none where it has none or is unknown."""
        if resource.type != _KEY:
            return {}
        name = resource.id.removeprefix(f"{resource.domain}/")
        with self._vault.read() as moment:
            key = moment.key(resource.domain, name)
        return {} if key is None else key.attributes.labels
