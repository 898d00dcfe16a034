"""Which handler carries out which command, for rooms that do not say it themselves."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from seawall.adapters.files.fence import Fence
from seawall.adapters.sources.targets import Targets as Sources
from seawall.adapters.targets.open import FileTargets
from seawall.app.bridges.scan_classifier import ScanClassifier
from seawall.capabilities.discover.commands import Scan, ShowScan, ShowScans
from seawall.capabilities.discover.ports import ScanStore
from seawall.capabilities.discover.scan import Scanner
from seawall.capabilities.discover.show import ScanShower
from seawall.capabilities.evidence.assess import AssessControls, ShowKeptAssessment
from seawall.capabilities.evidence.catalogue.load import shipped_catalogue
from seawall.capabilities.evidence.checks.shipped import shipped_checks
from seawall.capabilities.evidence.commands import Assess, Format, ShowAssessment
from seawall.capabilities.evidence.judge import Judge
from seawall.capabilities.evidence.measure import Measure
from seawall.capabilities.evidence.measure import Rooms as Measured
from seawall.capabilities.evidence.oscal.write import render_oscal
from seawall.capabilities.evidence.ports import Assessments, Facts, Shelf
from seawall.capabilities.evidence.report.html import render_html
from seawall.capabilities.evidence.report.register import render_register
from seawall.capabilities.keys.service import Keys
from seawall.capabilities.protect.commands import Protect, Retokenise, Reveal, ShowProtections
from seawall.capabilities.protect.ports import Protections
from seawall.capabilities.protect.retokenise import RetokeniseCopy
from seawall.capabilities.protect.reveal import RevealValues
from seawall.capabilities.protect.run import ProtectTarget
from seawall.capabilities.protect.show import ShowProtected
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.ledger.commands import ProveEntry, ShowLedger, VerifyLedger
from seawall.ledger.commands_peers import ClosePeer, ShowOffer, ShowPeers
from seawall.ledger.handlers import LedgerHandlers
from seawall.ledger.ledger import Ledger
from seawall.ledger.peer_handlers import PeerHandlers
from seawall.ledger.peers import PeerBook

Handler = Callable[[Any, Any], Any]
Handlers = Mapping[type[Command], Handler]


def of_ledger(ledger: Ledger, book: PeerBook) -> Handlers:
    """Carry out what is asked of the ledger, and of what it keeps of others."""
    handlers = LedgerHandlers(ledger)
    peers = PeerHandlers(ledger, book)
    return {
        ShowLedger: handlers.show,
        VerifyLedger: handlers.verify,
        ProveEntry: handlers.prove,
        ShowPeers: peers.show,
        ShowOffer: peers.offer,
        ClosePeer: peers.close,
    }


def of_data(
    keys: Keys, scans: ScanStore, protections: Protections, clock: Clock, *, fence: Fence | None = None
) -> Handlers:
    """Carry out finding and protecting, of what the fence admits."""
    scanner = Scanner(Sources(fence=fence), scans, clock)
    shower = ScanShower(scans)
    targets = FileTargets(fence)
    classifier = ScanClassifier(scanner, scans, targets)
    return {
        Scan: scanner,
        ShowScan: shower.show,
        ShowScans: shower.page,
        Protect: ProtectTarget(keys=keys, classifier=classifier, targets=targets, store=protections),
        Reveal: RevealValues(keys=keys, targets=targets, store=protections),
        Retokenise: RetokeniseCopy(keys=keys, targets=targets, store=protections),
        ShowProtections: ShowProtected(targets=targets, store=protections),
    }


class EvidenceKept(Facts, Assessments, Protocol):
    """Keeps both facts and assessments."""


class _Lazily:
    """Makes a handler when it is first asked for: the catalogue and its checks are not read by workers that serve."""

    def __init__(self, make: Callable[[], Handler]) -> None:
        self._make = make
        self._made: Handler | None = None

    def __call__(self, turn: Any, command: Any) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made(turn, command)


def of_evidence(
    rooms: Measured, kept: EvidenceKept, shelf: Shelf, clock: Clock, *, settle: Callable[[], object]
) -> Handlers:
    """Carry out assessing; what was recorded so far is settled first, so that it is measured too."""

    def assess() -> Handler:
        catalogue = shipped_catalogue()
        handler = AssessControls(
            catalogue=catalogue,
            judge=Judge(catalogue, shipped_checks()),
            measure=Measure(rooms, clock),
            facts=kept,
            assessments=kept,
            shelf=shelf,
            renderers={Format.OSCAL: render_oscal, Format.HTML: render_html, Format.CSV: render_register},
            clock=clock,
            entropy=os.urandom,
        )

        def settled(turn: Any, command: Any) -> Any:
            settle()
            return handler(turn, command)

        return settled

    return {Assess: _Lazily(assess), ShowAssessment: ShowKeptAssessment(kept)}
