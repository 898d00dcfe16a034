"""A small bank as the evidence room sees it: rooms answer what a test set, and a turn keeps what it was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from seawall.adapters.store.evidence_memory import MemoryEvidence
from seawall.capabilities.evidence.assess import AssessControls
from seawall.capabilities.evidence.catalogue.load import shipped_catalogue
from seawall.capabilities.evidence.checks.shipped import shipped_checks
from seawall.capabilities.evidence.commands import Format
from seawall.capabilities.evidence.judge import Judge
from seawall.capabilities.evidence.measure import Measure, Rooms
from seawall.capabilities.evidence.oscal.write import render_oscal
from seawall.capabilities.evidence.report.html import render_html
from seawall.capabilities.evidence.report.register import render_register
from seawall.capabilities.evidence.seen import (
    ActionSeen,
    CertificateSeen,
    ColumnSeen,
    CoverageSeen,
    KeySeen,
    LedgerSeen,
    ListenerSeen,
    NodeSeen,
    PrincipalSeen,
    ProtectedColumnSeen,
    ProtectionSeen,
    RootSeen,
    ScanSeen,
    ShredSeen,
    SuiteSeen,
)
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Record
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import SYSTEM, DataClass, Principal, Resource, Role, Sensitivity

NOW = 1_767_830_400_000
DAY = 86_400_000
RENDERERS = {Format.OSCAL: render_oscal, Format.HTML: render_html, Format.CSV: render_register}
TARGET = "sqlite:///harbour_bank.db"


def key(name: str = "pan", **changes: Any) -> KeySeen:
    seen = KeySeen(
        domain="retail",
        key=name,
        purpose="tokenise",
        state="active",
        created_ms=NOW - 100 * DAY,
        rotated_ms=NOW - 10 * DAY,
        versions=2,
        rotation_days=90,
        jurisdiction="HK",
    )
    return msgspec.structs.replace(seen, **changes)


def hsm(**changes: Any) -> RootSeen:
    seen = RootSeen(
        kind="pkcs11",
        label="seawall-root",
        hardware=True,
        extractable=False,
        trial=False,
        module="Example HSM 7, firmware 7.8",
        certificate=CertificateSeen(reference="FIPS 140-3 #4811", status="active", sunset_ms=NOW + 900 * DAY),
    )
    return msgspec.structs.replace(seen, **changes)


def column(name: str, data_class: DataClass, sensitivity: Sensitivity = Sensitivity.RESTRICTED) -> ColumnSeen:
    return ColumnSeen(store="customers", column=name, data_class=data_class, sensitivity=sensitivity, count=10_000)


def scan(**changes: Any) -> ScanSeen:
    seen = ScanSeen(
        target=TARGET,
        scanned_ms=NOW - 3_600_000,
        stores=4,
        unscannable=0,
        columns=(
            column("hkid", DataClass.HKID),
            column("pan", DataClass.PAN),
            column("email", DataClass.EMAIL, Sensitivity.CONFIDENTIAL),
        ),
    )
    return msgspec.structs.replace(seen, **changes)


def guarded(name: str, data_class: DataClass, technique: str = "tokenise", **changes: Any) -> ProtectedColumnSeen:
    seen = ProtectedColumnSeen(
        store="customers",
        column=name,
        data_class=data_class,
        technique=technique,
        rows=10_000,
        invalid_encrypted=0,
        left_clear=0,
    )
    return msgspec.structs.replace(seen, **changes)


def protection(**changes: Any) -> ProtectionSeen:
    seen = ProtectionSeen(
        target=TARGET,
        protected_ms=NOW - 1_800_000,
        in_place=True,
        columns=(
            guarded("hkid", DataClass.HKID, invalid_encrypted=37),
            guarded("pan", DataClass.PAN),
            guarded("email", DataClass.EMAIL, "encrypt"),
        ),
    )
    return msgspec.structs.replace(seen, **changes)


def ledger(**changes: Any) -> LedgerSeen:
    seen = LedgerSeen(
        sound=True,
        place="",
        size=12_345,
        checkpoint_ms=NOW - 1000,
        signatures=("Ed25519", "ML-DSA-44"),
        kept=True,
    )
    return msgspec.structs.replace(seen, **changes)


def coverage(**changes: Any) -> CoverageSeen:
    seen = CoverageSeen(entries=12_345, waiting=0, lost=0, first_ms=NOW - 40 * DAY, last_ms=NOW - 1000)
    return msgspec.structs.replace(seen, **changes)


def principal(*roles: Role, **changes: Any) -> PrincipalSeen:
    seen = PrincipalSeen(
        roles=roles,
        person=True,
        disabled=False,
        everywhere=False,
        proofs=("session",),
        created_ms=NOW - 30 * DAY,
        last_ms=NOW - DAY,
    )
    return msgspec.structs.replace(seen, **changes)


@dataclass
class Bank:
    """What every room answers; an error in place of an answer is raised."""

    the_keys: Any = field(default_factory=lambda: [key(), key("email", purpose="encrypt")])
    the_shreds: Any = field(
        default_factory=lambda: [
            ShredSeen(domain="trial", shredded_ms=NOW - DAY, read_back=25, readable=0, ledger_uid="0199-shred")
        ]
    )
    the_root: Any = field(default_factory=hsm)
    the_scans: Any = field(default_factory=lambda: [scan()])
    the_protections: Any = field(default_factory=lambda: [protection()])
    the_ledger: Any = field(default_factory=ledger)
    the_coverage: Any = field(default_factory=coverage)
    the_actions: Any = field(
        default_factory=lambda: [
            ActionSeen(action="keys.rotate", outcome="success", code="", count=3, last_ms=NOW - 10 * DAY),
            ActionSeen(action="data.reveal", outcome="denied", code="access.no_role", count=7, last_ms=NOW - DAY),
        ]
    )
    the_principals: Any = field(
        default_factory=lambda: [
            principal(Role.ADMINISTRATOR, proofs=("session", "webauthn")),
            principal(Role.CUSTODIAN, proofs=("session", "webauthn")),
            principal(Role.APPLICATION, person=False, proofs=("token",)),
        ]
    )
    the_node: Any = field(
        default_factory=lambda: NodeSeen(
            version="0.1.0",
            store="sqlite",
            listeners=(ListenerSeen(name="rest", loopback=True, tls=""),),
            suites=(SuiteSeen(name="XAES-256-GCM", standard="C2SP XAES-256-GCM", quantum="resistant"),),
        )
    )
    #: Sets of roles that may be held beyond single ones.
    together: set[frozenset[Role]] = field(default_factory=set)

    def keys(self) -> Sequence[KeySeen]:
        return _answer(self.the_keys)

    def shreds(self) -> Sequence[ShredSeen]:
        return _answer(self.the_shreds)

    def root(self) -> RootSeen:
        return _answer(self.the_root)

    def scans(self) -> Sequence[ScanSeen]:
        return _answer(self.the_scans)

    def protections(self) -> Sequence[ProtectionSeen]:
        return _answer(self.the_protections)

    def verified(self) -> LedgerSeen:
        return _answer(self.the_ledger)

    def coverage(self) -> CoverageSeen:
        return _answer(self.the_coverage)

    def actions(self, since_ms: int) -> Sequence[ActionSeen]:
        return [seen for seen in _answer(self.the_actions) if seen.last_ms >= since_ms]

    def principals(self) -> Sequence[PrincipalSeen]:
        return _answer(self.the_principals)

    def assignable(self, roles: frozenset[Role]) -> bool:
        return len(roles) == 1 or roles in self.together

    def permits(self, roles: frozenset[Role], action: str) -> bool:
        if action.startswith("data."):
            return bool(roles & {Role.APPLICATION, Role.DATA_OWNER})
        if action.startswith(("keys.", "domains.")):
            return Role.CUSTODIAN in roles
        return Role.ADMINISTRATOR in roles

    def node(self) -> NodeSeen:
        return _answer(self.the_node)


def _answer(value: Any) -> Any:
    if isinstance(value, SeawallError):
        raise value
    return value


class FakeTurn:
    """A turn that counts its records and keeps what was noted."""

    def __init__(self, now_ms: int = NOW) -> None:
        self.now_ms = now_ms
        self.principal: Principal = SYSTEM
        self.recorded: list[tuple[str, Mapping[str, Any], Resource | None]] = []
        self.noted: dict[str, Any] = {}
        self.steps: list[tuple[str, int, int]] = []

    def record(self, facts: Mapping[str, Any] | None = None, *, resource: Resource | None = None) -> Record:
        uid = f"01994a6c-0000-7000-8000-{len(self.recorded) + 1:012d}"
        body = msgspec.json.encode({"uid": uid, "facts": facts})
        self.recorded.append((uid, dict(facts or {}), resource))
        return Record(uid=uid, body=body)

    def note(self, **facts: Any) -> None:
        self.noted |= facts

    def check(self, action: str, resource: Resource) -> None:
        raise AssertionError(f"{action} on {resource} was not expected")

    def progress(self, what: str, done: int, total: int) -> None:
        self.steps.append((what, done, total))


class MemoryShelf:
    """Keeps documents by folder and name."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def put(self, folder: str, documents: Mapping[str, bytes]) -> list[str]:
        self.documents |= {f"{folder}/{name}": body for name, body in documents.items()}
        return [f"{folder}/{name}" for name in documents]


@dataclass
class Desk:
    """The handler with everything around it."""

    bank: Bank = field(default_factory=Bank)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    kept: MemoryEvidence = field(default_factory=MemoryEvidence)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    entropy: int = 0

    def random(self, size: int) -> bytes:
        self.entropy += 1
        return self.entropy.to_bytes(size)

    def rooms(self) -> Rooms:
        bank = self.bank
        return Rooms(
            keys=bank,
            root=bank,
            scans=bank,
            protections=bank,
            ledger=bank,
            access=bank,
            node=bank,
            assessments=self.kept,
        )

    def handler(self) -> AssessControls:
        catalogue = shipped_catalogue()
        return AssessControls(
            catalogue=catalogue,
            judge=Judge(catalogue, shipped_checks()),
            measure=Measure(self.rooms(), self.clock),
            facts=self.kept,
            assessments=self.kept,
            shelf=self.shelf,
            renderers=RENDERERS,
            clock=self.clock,
            entropy=self.random,
        )
