"""What can be asked of the root of trust, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.capabilities.keys.certificate import Standing
from seawall.capabilities.keys.commands import PLATFORM
from seawall.capabilities.keys.reconcile import Difference
from seawall.capabilities.keys.root import RootKind, TokenState
from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

_READ = 2


class ShowRoot(Command, frozen=True, kw_only=True):
    """Show the root of trust: its generations, its tokens, and its module's validation."""

    action: ClassVar[str] = "root.show"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class ReconcileRoot(Command, frozen=True, kw_only=True):
    """Compare what the tokens hold with what the store uses."""

    action: ClassVar[str] = "root.reconcile"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class GenerationView(msgspec.Struct, frozen=True, kw_only=True):
    """A root key; ``uses`` counts what is stored under it. Times are Unix milliseconds."""

    number: int
    key_id: str
    kind: RootKind
    scheme: str
    extractable: bool
    current: bool
    uses: int
    created_ms: int | None = None


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token; ``code`` is the error that it met last."""

    label: str
    serial: str
    primary: bool
    state: TokenState
    code: str = ""


class ModuleView(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says of itself."""

    manufacturer: str
    model: str
    firmware_version: str
    hardware_version: str
    library: str


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A module's validation as it was recorded, and how it stands today; the issuer was not asked."""

    standing: Standing
    alarm: bool
    text: str
    number: int | None = None
    standard: str = ""
    level: int | None = None
    status: str = ""
    sunset: str = ""
    days_left: int | None = None


class RootView(msgspec.Struct, frozen=True, kw_only=True):
    """The root of trust."""

    kind: RootKind
    label: str
    hardware: bool
    extractable: bool
    generations: list[GenerationView]
    tokens: list[TokenView]
    mechanisms: list[str]
    certificate: CertificateView
    module: ModuleView | None = None


class DiscrepancyView(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between tokens and store; ``token`` is empty where it is in none."""

    difference: Difference
    key_id: str
    token: str
    text: str


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and every difference."""

    objects: int
    expected: int
    discrepancies: list[DiscrepancyView]
