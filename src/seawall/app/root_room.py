"""Puts together what is asked of the root of trust, and watches over it."""

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from seawall.adapters.store.engine import Store
from seawall.adapters.store.root_uses import StoredRootUses
from seawall.capabilities.keys.certificate import Assessment, Standing, assess
from seawall.capabilities.keys.commands_root import ReconcileRoot, ShowRoot
from seawall.capabilities.keys.root import TokenState
from seawall.capabilities.keys.root_view import RootViewer
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.settings import Home, Settings

if TYPE_CHECKING:
    from seawall.adapters.roots.keyset import Keyset

_log = logging.getLogger("seawall.roots")
Handlers = Mapping[type[Command], Callable[[Any, Any], Any]]
_BROKEN = frozenset({TokenState.LOST, TokenState.PIN_REFUSED, TokenState.DIFFERS})


class RootsInUse:
    """Everything of a home that root keys sealed: what the store holds, and the ledger's signing keys."""

    def __init__(self, home: Home, store: Store) -> None:
        self._keys = Path(home.ledger) / "keys"
        self._stored = StoredRootUses(store)

    def sealed(self) -> Iterator[tuple[str, bytes]]:
        """Name everything that a root key sealed, and give it as it is stored.

        Raises:
            Unavailable: ``store.unreachable``.
        """
        ledger = (("ledger's signing key", path.read_bytes()) for path in sorted(self._keys.glob("*.sealed")))
        return chain(self._stored.sealed(), ledger)

    def resident(self) -> Iterator[tuple[str, UUID]]:
        """Name every key that lives in a token, and its id there.

        Raises:
            Unavailable: ``store.unreachable``.
        """
        return self._stored.resident()


class RootWatch:
    """Says how the module's validation and the tokens stand, without touching a token."""

    def __init__(self, root: Any, settings: Settings, clock: Clock) -> None:
        self._root = root
        self._settings = settings
        self._clock = clock
        self._said: Standing | None = None

    def assessment(self) -> Assessment:
        """Say how the module's validation stands now, as it was recorded."""
        return assess_module(self._settings, self._clock.now_ms())

    def speak(self) -> None:
        """Raise the alarm in the log, once for each change of standing."""
        found = self.assessment()
        if found.alarm and found.standing is not self._said:
            _log.error("module certificate: %s", found.text)
        self._said = found.standing

    def gauges(self) -> Mapping[str, tuple[str, float]]:
        """Say what a monitor watches."""
        if self._settings.root.pkcs11 is None:
            return {}
        found, tokens = self.assessment(), self._root.health()
        told: dict[str, tuple[str, float]] = {
            "root_certificate_alarm": (
                "1 when the module's validation ends within 180 days, has ended or was revoked.",
                float(found.alarm),
            ),
            "root_tokens": ("Tokens that hold the root key, or stand by.", float(len(tokens))),
            "root_tokens_broken": (
                "Tokens that this process could not use when it needed them last.",
                float(sum(token.state in _BROKEN for token in tokens)),
            ),
        }
        if found.days_left is not None:
            told["root_certificate_days"] = (
                "Days until the module's validation ends, as recorded; negative after that.",
                float(found.days_left),
            )
        return told


def of_root(root: Any, home: Home, store: Store) -> Handlers:
    """Carry out what is asked of the root of trust."""
    viewer = RootViewer(keyset(root), RootsInUse(home, store))
    return {ShowRoot: viewer.show, ReconcileRoot: viewer.reconcile}


def assess_module(settings: Settings, now_ms: int) -> Assessment:
    """Say how the module's validation stands, as it was recorded."""
    from seawall.app.roots import certificate_of

    token = settings.root.pkcs11
    return assess(certificate_of(token) if token else None, now_ms)


def keyset(root: Any) -> "Keyset":
    """Return every root key, for whoever shows or replaces them."""
    from seawall.adapters.roots.keyset import Keyset

    # Where requests are followed, what stands before the keyset has everything that it has.
    return root if hasattr(root, "objects") else Keyset([root])
