"""A console over a desk that answers from a shelf."""

from collections.abc import Iterable
from typing import Any

from seawall.access.approvals.commands import ApprovalPage, ListApprovals
from seawall.access.approvals.commands_glass import BreaksShown, ListBreaks
from seawall.access.commands import (
    Enrol,
    Enrolled,
    ListPrincipals,
    PrincipalPage,
    PrincipalView,
    SignedIn,
    SignIn,
    SignOut,
)
from seawall.access.model import PrincipalKind
from seawall.access.tokens import csrf_token
from seawall.capabilities.discover.commands import Scans, ScanStatus, ScanSummary, ShowScans, Totals
from seawall.capabilities.evidence.commands import ShowAssessment
from seawall.capabilities.evidence.model import (
    Assessment,
    CatalogueRef,
    ControlResult,
    Counts,
    DomainResult,
    Status,
)
from seawall.capabilities.keys.attributes import NOTHING_SAID
from seawall.capabilities.keys.commands import Domains, KeyPage, ListDomains, ListKeys
from seawall.capabilities.keys.domain import DomainState
from seawall.capabilities.keys.model import KeyState, Origin, Purpose
from seawall.capabilities.keys.views import DomainView, KeyView, VersionView
from seawall.capabilities.protect.commands import ColumnReport, ProtectionList, ProtectionView, ShowProtections
from seawall.capabilities.protect.model import ProtectionState, TechniqueName
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.edge.console.pages import Console
from seawall.edge.console.ports import LedgerHealth
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied, NotFound, SeawallError, Unauthenticated
from seawall.kernel.terms import DataClass, Principal, Proof, Role
from seawall.ledger.commands import LedgerPage, ShowLedger
from seawall.ledger.model import Row

NOW = FixedClock().now_ms()
COOKIE = "sws_known"
TOKEN = "swl_known"
CODE = "swe_once"
AUDITOR = Principal(
    id="p-1",
    name="Mei Lin Chan",
    roles=frozenset({Role.AUDITOR}),
    domains=frozenset({"*"}),
    proof=Proof.SESSION,
    session="s-1",
)
PERSON = PrincipalView(
    id="p-1",
    name="Mei Lin Chan",
    kind=PrincipalKind.PERSON,
    roles=[Role.AUDITOR],
    domains=["*"],
    created_ms=NOW,
    disabled_ms=None,
)
_CONTROLS = (("gov", 11), ("csp", 14), ("res", 11), ("exit", 8), ("sec", 27), ("mon", 11), ("asr", 8), ("cap", 5))
_TITLES = {
    "gov": "Governance and cloud strategy",
    "csp": "Provider due diligence, contracting, data location and legal rights",
    "res": "Resilience, backup and recovery",
    "exit": "Portability and exit",
    "sec": "Cloud security",
    "mon": "Logging, monitoring and incident response",
    "asr": "Ongoing oversight, assurance and compliance",
    "cap": "Capability and emerging technology",
}
_CYCLE = (
    Status.SATISFIED,
    Status.SATISFIED,
    Status.PARTIAL,
    Status.SATISFIED,
    Status.NOT_ASSESSED,
    Status.NOT_SATISFIED,
    Status.NOT_ASSESSED,
)


class Sessions:
    """Knows one session."""

    def session(self, cookie: str) -> Principal:
        if cookie != COOKIE:
            raise Unauthenticated("access.token_unknown", "this credential is not valid.")
        return AUDITOR

    def csrf(self, cookie: str) -> str:
        return csrf_token(cookie)

    def check_csrf(self, cookie: str, token: str) -> None:
        if csrf_token(cookie) != token:
            raise Denied("access.csrf", "this request does not come from Seawall's own pages.", remedy="Load it again.")


class Shelf:
    """Answers commands from a shelf; ``refused`` maps commands to errors."""

    def __init__(
        self,
        refused: dict[type[Command], SeawallError] | None = None,
        answers: dict[type[Command], Any] | None = None,
    ) -> None:
        self.refused = refused or {}
        self.answers = {**_ANSWERS, **(answers or {})}
        self.asked: list[tuple[Principal, Command, str]] = []

    async def handle(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Any:
        self.asked.append((principal, command, origin))
        assert source == "console"
        if type(command) in self.refused:
            raise self.refused[type(command)]
        return self.answers[type(command)](command)


def console(shelf: Shelf | None = None, hosts: Iterable[str] = ("127.0.0.1", "localhost", "testserver")) -> Any:
    """Make the application."""
    health = LedgerHealth(backlog=17, signatures=("Ed25519", "ML-DSA-44"))
    made = Console(shelf or Shelf(), Sessions(), lambda: health, FixedClock(), hosts=hosts, version="0.1.0")
    return made.app()


def _assessment(_: Command) -> Assessment:
    domains = []
    place = 0
    for name, count in _CONTROLS:
        controls = []
        for number in range(count):
            controls.append(_control(f"{name}-{number + 1}", _CYCLE[place % len(_CYCLE)]))
            place += 1 + number % 2
        counts = {status.value: sum(c.status is status for c in controls) for status in Status}
        domains.append(DomainResult(id=name, title=_TITLES[name], controls=tuple(controls), **counts))
    totals = Counts(**{s.value: sum(getattr(d, s.value) for d in domains) for s in Status})
    ref = CatalogueRef(
        document="Practice Guide on Cloud Adoption",
        issuer="HKMA",
        date="2026-01-08",
        doc_id="x",
        status="r",
        digest="0",
    )
    return Assessment(
        id="a-1",
        started="2026-01-08T00:00:00Z",
        ended="2026-01-08T00:00:03Z",
        catalogue=ref,
        domains=tuple(domains),
        totals=totals,
        unmeasured=(),
    )


def _control(name: str, status: Status) -> ControlResult:
    return ControlResult(
        id=name,
        statement="Keys are held <independently> of the provider",
        section=None,
        layer="principle",
        status=status,
        reconstructed=True,
        reasons=(),
        evidence=(),
        checks=(),
        awaits=(),
        refs=(),
    )


def _domain(name: str, state: DomainState = DomainState.ACTIVE, *, trial: bool = False) -> DomainView:
    return DomainView(
        id=name,
        name=name,
        state=state,
        waiting_days=0 if trial else 30,
        trial=trial,
        deactivated_decrypts=True,
        compromised_decrypts=False,
        forbidden_algorithms=[],
        forbidden_mechanisms=[],
        minimum_strength=0,
        jurisdictions=[],
        kek_generation=1,
        revision=1,
        created_ms=NOW,
    )


def _key(  # noqa: PLR0917 - a table's row
    domain: str, name: str, state: KeyState, version: int, age_ms: int, purpose: Purpose
) -> KeyView:
    versions = [
        VersionView(
            number=n,
            created_ms=NOW - age_ms * (version - n + 1),
            key_check_value="00",
            algorithm=Algorithm.AES_256,
            mechanisms=[Mechanism.XAES_256_GCM],
            origin=Origin.GENERATED,
        )
        for n in range(1, version + 1)
    ]
    return KeyView(
        id=name,
        domain=domain,
        name=name,
        purpose=purpose,
        algorithm=Algorithm.AES_256,
        mechanisms=[Mechanism.XAES_256_GCM],
        usage=[],
        attributes=NOTHING_SAID,
        blocked=False,
        archived=False,
        revision=1,
        state=state,
        version=version,
        versions=versions,
        legal=[],
        created_ms=NOW,
    )


_DAY = 86_400_000
_KEYS = [
    _key("harbour", "hkid", KeyState.ACTIVE, 2, 3 * _DAY, Purpose.TOKENISE),
    _key("harbour", "pan", KeyState.ACTIVE, 1, 12 * _DAY, Purpose.TOKENISE),
    _key("harbour", "personal", KeyState.ACTIVE, 4, 40 * 60_000, Purpose.ENCRYPT),
    _key("harbour", "old-archive", KeyState.DEACTIVATED, 1, 300 * _DAY, Purpose.ENCRYPT),
    _key("harbour", "leaked", KeyState.COMPROMISED, 3, 80 * _DAY, Purpose.ENCRYPT),
    _key("harbour", "paused", KeyState.SUSPENDED, 1, 5 * 3_600_000, Purpose.ENCRYPT),
    *(_key("payments", f"merchant-{n:02}", KeyState.ACTIVE, 1, n * _DAY, Purpose.ENCRYPT) for n in range(1, 21)),
]


def _column(name: str, data_class: DataClass | None, technique: TechniqueName, key: str, count: int) -> ColumnReport:
    return ColumnReport(
        name=name,
        data_class=data_class,
        technique=technique,
        key=key,
        version=2 if key else 0,
        tokenised=count if technique is TechniqueName.TOKENISE else 0,
        encrypted=count if technique is TechniqueName.ENCRYPT else 0,
        masked=count if technique is TechniqueName.MASK else 0,
        invalid=23 if technique is TechniqueName.TOKENISE else 0,
        nulls=0,
    )


def _copy(number: int, out: str, state: ProtectionState) -> ProtectionView:
    return ProtectionView(
        protection=f"0190-{number}",
        domain="harbour",
        state=state,
        kind="sqlite",
        source="/data/bank.sqlite",
        source_sha256="0" * 64,
        out=out,
        created_ms=NOW,
        created_by="p-2",
        columns=(
            _column("customers.hkid", DataClass.HKID, TechniqueName.TOKENISE, "hkid", 10_000),
            _column("cards.pan", DataClass.PAN, TechniqueName.TOKENISE, "pan", 14_212),
            _column("customers.email", DataClass.EMAIL, TechniqueName.ENCRYPT, "personal", 9_871),
            _column("customers.name_en", DataClass.NAME, TechniqueName.ENCRYPT, "personal", 10_000),
            _column("customers.phone", DataClass.PHONE, TechniqueName.MASK, "", 10_000),
        ),
    )


def row(  # noqa: PLR0917 - a table's row
    index: int, action: str, outcome: str, resource: str, code: str = "", source: str = "cli"
) -> Row:
    return Row(
        index=index,
        uid=f"0190{index}",
        time_ms=NOW - (200 - index) * 47_000,
        action=action,
        principal="p-2",
        principal_name="Ada Custodian",
        resource_type="key",
        resource=resource,
        domain="harbour",
        outcome=outcome,
        code=code,
        source=source,
    )


_ROWS = [
    row(199, "keys.list", "success", "*", source="console"),
    row(198, "keys.rotate", "success", "harbour/personal"),
    row(197, "data.reveal", "denied", "0190-1", "access.role"),
    row(196, "data.reveal", "success", "0190-1"),
    row(190, "domains.shred", "success", "trial"),
    row(189, "domains.shred", "intent", "trial"),
    row(180, "data.decrypt", "failure", "trial/hkid", "keys.domain_destroyed"),
    row(170, "protect.run", "success", "0190-1"),
    row(160, "discover.scan", "success", "0190-7"),
]

_TOTALS = Totals(
    stores=2, scanned=41, found=22, clean=18, unscannable=1, values=131_880, invalid=34, by_class={}, by_sensitivity={}
)


def _sign_in(command: Any) -> SignedIn:
    if command.token != TOKEN:
        raise Unauthenticated("access.token_unknown", "this credential is not valid.")
    return SignedIn(principal=PERSON, cookie=COOKIE, expires_ms=NOW + _DAY)


def _enrol(command: Any) -> Enrolled:
    if command.code != CODE:
        raise Unauthenticated("access.token_unknown", "this credential is not valid.")
    return Enrolled(
        principal=PERSON,
        cookie=COOKIE,
        session_expires_ms=NOW + _DAY,
        token=TOKEN,
        token_expires_ms=NOW + 90 * _DAY,
    )


def nothing_yet() -> dict[type[Command], SeawallError]:
    """What a new home answers."""
    return {ShowAssessment: NotFound("evidence.none", "nothing was assessed yet.")}


_ANSWERS: dict[type[Command], Any] = {
    ShowAssessment: _assessment,
    ListApprovals: lambda _: ApprovalPage(items=(), next_cursor=None),
    ListBreaks: lambda _: BreaksShown(items=()),
    ShowProtections: lambda _: ProtectionList(
        items=(
            _copy(2, "/srv/out/bank.protected.sqlite", ProtectionState.CURRENT),
            _copy(1, "/srv/out/bank.old.sqlite", ProtectionState.SUPERSEDED),
        )
    ),
    ShowScans: lambda _: Scans(
        items=(
            ScanSummary(
                scan_id="s", status=ScanStatus.FINISHED, started_ms=NOW, duration_ms=1, targets=("x",), totals=_TOTALS
            ),
        )
    ),
    ListDomains: lambda _: Domains(
        items=[_domain("harbour"), _domain("payments"), _domain("trial", DomainState.DESTROYED, trial=True)]
    ),
    ListKeys: lambda _: KeyPage(items=_KEYS),
    ShowLedger: lambda _: LedgerPage(rows=_ROWS, next_cursor=None, size=204_118, signed_s=NOW // 1000 - 1),
    ListPrincipals: lambda _: PrincipalPage(
        items=[
            PERSON,
            PrincipalView(
                id="p-2",
                name="Ada Custodian",
                kind=PrincipalKind.PERSON,
                roles=[Role.CUSTODIAN],
                domains=["harbour", "payments"],
                created_ms=NOW,
                disabled_ms=None,
            ),
            PrincipalView(
                id="p-3",
                name="<script>alert(1)</script>",
                kind=PrincipalKind.PERSON,
                roles=[],
                domains=[],
                created_ms=NOW,
                disabled_ms=NOW,
            ),
        ],
        next_cursor=None,
    ),
    SignIn: _sign_in,
    Enrol: _enrol,
    SignOut: lambda _: None,
}
