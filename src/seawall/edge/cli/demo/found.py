"""Step 1: a home, its administrator, and the people of the sample."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seawall.access.commands import CreatePrincipal, IssueToken, ListPrincipals
from seawall.access.model import PrincipalKind
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, ListDomains
from seawall.capabilities.keys.model import Purpose
from seawall.edge.cli.composed import composer
from seawall.edge.cli.demo.stage import DOMAIN, FIELDS, PEOPLE, TOKENS, Stage
from seawall.edge.cli.output import Output
from seawall.edge.cli.ports import Initialised, PassphraseSource, Session
from seawall.edge.cli.private import write_private
from seawall.kernel.errors import InvalidInput
from seawall.kernel.terms import Role

_ADMIN = "admin"
_DAYS = 30


@contextmanager
def stage(home: Path, passphrase: PassphraseSource | None, output: Output) -> Iterator[Stage]:
    """Make the home, or take the one that is there, and let everybody of the sample in."""
    output.line("\n[bold]1. A home: store, ledger, root of trust, and the people[/bold]")
    made: Initialised | None = None
    if not (home / "seawall.toml").is_file():
        made = composer().initialise(home, None, administrator=_ADMIN, config={}, trial=True)
    tokens = home / "tokens"
    admin = tokens / f"{_ADMIN}.token"
    if not admin.is_file():
        raise InvalidInput(
            "demo.no_trial_home",
            f"{home} is no trial home: it keeps no token of its administrator.",
            field="--home",
            remedy="Name another folder with --home; the demo makes a home there.",
        )
    with composer().open(home, passphrase, admin.read_text(encoding="utf-8").strip()) as session:
        _employ(session, tokens)
        sessions = {name: session.act_as(_token(tokens, name)) for name in PEOPLE}
        sessions[_ADMIN] = session
        found = Stage(output=output, home=home, sessions=sessions)
        _make_keys(found)
        found.say(f"{home} ({'made now' if made else 'found'}); only its owner can read it")
        found.say("for trial only: the passphrase of its root of trust and everybody's token lie in it")
        found.say(f"people: {', '.join(f'{name} ({role})' for name, role in PEOPLE.items())}")
        if made is not None:
            found.say(f"the administrator enrols once, when the console runs: {made.enrolment_url}")
        found.figures["home"] = {
            "path": str(home),
            "made": made is not None,
            "trial": True,
            "administrator": _ADMIN,
            "enrolment_url": made.enrolment_url if made else None,
            "principals": len(PEOPLE) + 1,
        }
        yield found


@contextmanager
def stage_again(home: Path, passphrase: PassphraseSource | None, stage: Stage) -> Iterator[None]:
    """Open the home once more for the steps that follow."""
    tokens = home / "tokens"
    with composer().open(home, passphrase, _token(tokens, _ADMIN)) as session:
        stage.sessions = {name: session.act_as(_token(tokens, name)) for name in (_ADMIN, *PEOPLE)}
        yield


def _employ(admin: Session, tokens: Path) -> None:
    there = {one.name for one in admin.perform(ListPrincipals(limit=1000)).items}
    for name, role in PEOPLE.items():
        if name not in there:
            kind = PrincipalKind.APPLICATION if role == Role.APPLICATION else PrincipalKind.PERSON
            admin.perform(CreatePrincipal(name=name, kind=kind, roles=(Role(role),), domains=("*",)))
        if not (tokens / f"{name}.token").is_file():
            issued = admin.perform(IssueToken(principal=name, days=_DAYS))
            write_private(tokens / f"{name}.token", issued.token + "\n")


def _token(tokens: Path, name: str) -> str:
    return (tokens / f"{name}.token").read_text(encoding="utf-8").strip()


def _make_keys(stage: Stage) -> None:
    custodian = stage.sessions["custodian"]
    if DOMAIN in {domain.name for domain in custodian.perform(ListDomains(limit=1000)).items}:
        return
    custodian.perform(CreateDomain(name=DOMAIN))
    custodian.perform(CreateKey(domain=DOMAIN, name=TOKENS, purpose=Purpose.TOKENISE))
    custodian.perform(CreateKey(domain=DOMAIN, name=FIELDS, purpose=Purpose.ENCRYPT))
