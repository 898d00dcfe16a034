"""Step 1: a home, its administrator, and the people of the sample."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from seawall.access.commands import CreatePrincipal, IssueToken, ListPrincipals
from seawall.access.model import PrincipalKind
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, ListDomains, ListKeys
from seawall.capabilities.keys.model import Purpose
from seawall.edge.cli.composed import composer
from seawall.edge.cli.demo.stage import DOMAIN, FIELDS, PEOPLE, TOKENS, Stage, announce
from seawall.edge.cli.output import Output
from seawall.edge.cli.ports import Initialised, PassphraseSource, Session
from seawall.edge.cli.private import write_private
from seawall.kernel.errors import InvalidInput
from seawall.kernel.terms import Role

_ADMIN = "admin"
_DAYS = 30


@contextmanager
def stage(
    home: Path, passphrase: PassphraseSource | None, output: Output, *, host: str | None = None, port: int | None = None
) -> Iterator[Stage]:
    """Make the home, or take the one that is there, and let everybody of the sample in.

    Args:
        home: where it is, or will be.
        passphrase: of a home that does not keep its own.
        output: where to tell of it.
        host: where the console will listen, when not where the home says.
        port: likewise.
    """
    announce(
        output,
        1,
        "A home: store, ledger, root of trust, and the people",
        "Every key hangs from one root in your own hands; nobody holds both keys and data.",
    )
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
        principals = _employ(session, tokens)
        sessions = {name: session.act_as(_token(tokens, name)) for name in PEOPLE}
        sessions[_ADMIN] = session
        found = Stage(output=output, home=home, sessions=sessions)
        _make_keys(found)
        url = _reach(made.enrolment_url, host, port) if made else None
        found.say(f"{'made' if made else 'found'} {home}, which only its owner can read")
        trial = (home / "passphrase").is_file()
        if trial:
            found.say("FOR TRIAL ONLY: the root's passphrase and everybody's token lie beside the data they guard")
        found.say(f"people: {', '.join(f'{name} ({role})' for name, role in PEOPLE.items())}, {_ADMIN} (administrator)")
        if url:
            found.say(f"the administrator enrols once, within 72 hours, when the console runs: {url}")
        found.figures["home"] = {
            "path": str(home),
            "made": made is not None,
            "trial": trial,
            "administrator": _ADMIN,
            "enrolment_url": url,
            "principals": principals,
        }
        yield found


@contextmanager
def stage_again(home: Path, passphrase: PassphraseSource | None, stage: Stage) -> Iterator[None]:
    """Open the home once more for the steps that follow."""
    tokens = home / "tokens"
    with composer().open(home, passphrase, _token(tokens, _ADMIN)) as session:
        stage.sessions = {name: session.act_as(_token(tokens, name)) for name in (_ADMIN, *PEOPLE)}
        yield


def _employ(admin: Session, tokens: Path) -> int:
    there = {one.name for one in admin.perform(ListPrincipals(limit=1000)).items}
    for name, role in PEOPLE.items():
        if name not in there:
            kind = PrincipalKind.APPLICATION if role == Role.APPLICATION else PrincipalKind.PERSON
            admin.perform(CreatePrincipal(name=name, kind=kind, roles=(Role(role),), domains=("*",)))
        if not (tokens / f"{name}.token").is_file():
            issued = admin.perform(IssueToken(principal=name, days=_DAYS))
            write_private(tokens / f"{name}.token", issued.token + "\n")
    return len(there | PEOPLE.keys())


def _reach(url: str, host: str | None, port: int | None) -> str:
    # The link that a new home gives knows the configuration only, not what this command line says.
    parts = urlsplit(url)
    name = f"[{host}]" if host and ":" in host else host or parts.hostname
    return parts._replace(netloc=f"{name}:{port or parts.port}").geturl()


def _token(tokens: Path, name: str) -> str:
    return (tokens / f"{name}.token").read_text(encoding="utf-8").strip()


def _make_keys(stage: Stage) -> None:
    # One by one: an earlier demo may have been ended between any two.
    custodian = stage.sessions["custodian"]
    if DOMAIN not in {domain.name for domain in custodian.perform(ListDomains(limit=1000)).items}:
        custodian.perform(CreateDomain(name=DOMAIN))
    there = {key.name for key in custodian.perform(ListKeys(domain=DOMAIN, limit=1000)).items}
    for name, purpose in ((TOKENS, Purpose.TOKENISE), (FIELDS, Purpose.ENCRYPT)):
        if name not in there:
            custodian.perform(CreateKey(domain=DOMAIN, name=name, purpose=purpose))
