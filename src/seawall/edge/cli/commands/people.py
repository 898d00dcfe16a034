"""``people …``: principals, roles and credentials."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.edge.cli.private import place_for
from seawall.kernel.clock import iso
from seawall.kernel.command import Command
from seawall.kernel.errors import InvalidInput
from seawall.kernel.terms import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seawall.access.commands import PrincipalView


def _perform(options: Options | None, command: Command) -> tuple[Output, Any]:
    options = options or Options()
    with options.session() as session:
        result = session.perform(command)
    output = options.output
    output.document(result)
    return output, result


def _show(output: Output, people: "Sequence[PrincipalView]") -> None:
    # A narrow terminal has no room for ids, nor for the time of day.
    wide = output.wide
    when = iso if wide else _day
    output.table(
        "",
        ("name", *(("id",) if wide else ()), "kind", "roles", "domains", "made", "disabled"),
        [
            (
                one.name,
                *((one.id,) if wide else ()),
                one.kind,
                ", ".join(one.roles),
                ", ".join(one.domains),
                when(one.created_ms),
                when(one.disabled_ms) if one.disabled_ms else "",
            )
            for one in people
        ],
    )


def _day(time_ms: int) -> str:
    return iso(time_ms)[:10]


def list(*, options: Options | None = None) -> int:
    """List the principals."""
    from seawall.access.commands import ListPrincipals

    output, page = _perform(options, ListPrincipals(limit=1000))
    _show(output, page.items)
    return 0


def show(principal: str, *, options: Options | None = None) -> int:
    """Show a principal, its tokens and its sessions.

    Args:
        principal: its name or id.
    """
    from seawall.access.commands import ShowPrincipal

    output, one = _perform(options, ShowPrincipal(principal=principal))
    _show(output, [one])
    output.table(
        "",
        ("credential", "kind", "made", "expires", "ended", "certificate"),
        [
            (
                had.id,
                had.kind,
                iso(had.created_ms),
                iso(had.expires_ms),
                iso(had.ended_ms) if had.ended_ms else "",
                had.subject or had.certificate or "",
            )
            for had in one.credentials
        ],
    )
    return 0


def create(
    name: str,
    *,
    role: Annotated[tuple[Role, ...], Parameter(negative="")] = (),
    domain: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    application: Annotated[bool, Parameter(negative="")] = False,
    person: str | None = None,
    options: Options | None = None,
) -> int:
    """Make a principal.

    Args:
        name: its name.
        role: a role; may be given several times.
        domain: a domain that it acts in, or * for all; may be given several times.
        application: whether it is a program, not a person.
        person: another principal of the same person, where this is not their first.
    """
    from seawall.access.commands import CreatePrincipal
    from seawall.access.model import PrincipalKind

    kind = PrincipalKind.APPLICATION if application else PrincipalKind.PERSON
    output, one = _perform(options, CreatePrincipal(name=name, kind=kind, roles=role, domains=domain, person=person))
    _show(output, [one])
    return 0


def disable(principal: str, *, options: Options | None = None) -> int:
    """Shut a principal out, at once and for good."""
    from seawall.access.commands import DisablePrincipal

    output, one = _perform(options, DisablePrincipal(principal=principal))
    _show(output, [one])
    return 0


def grant(principal: str, role: Role, *, options: Options | None = None) -> int:
    """Give a role; those that would join managing keys with reading data are refused."""
    from seawall.access.commands import GrantRole

    output, one = _perform(options, GrantRole(principal=principal, role=role))
    _show(output, [one])
    return 0


def revoke(principal: str, role: Role, *, options: Options | None = None) -> int:
    """Take a role away, at once."""
    from seawall.access.commands import RevokeRole

    output, one = _perform(options, RevokeRole(principal=principal, role=role))
    _show(output, [one])
    return 0


def assign(
    principal: str,
    *domains: str,
    none: Annotated[bool, Parameter(negative="")] = False,
    options: Options | None = None,
) -> int:
    """Say in which domains a principal acts, in place of those before; at once.

    Args:
        principal: its name or id.
        domains: every domain that it acts in from now on, or * for all.
        none: let it act in none.
    """
    from seawall.access.commands import AssignDomains

    if bool(domains) == none:
        raise InvalidInput("cli.domain_missing", "name the domains, or say --none, and not both.", field="DOMAIN")
    output, one = _perform(options, AssignDomains(principal=principal, domains=domains))
    _show(output, [one])
    return 0


def link(principal: str, person: str, *, options: Options | None = None) -> int:
    """Say that a principal belongs to the same person as another: their duties and votes count as one person's.

    Args:
        principal: its name or id.
        person: another principal of that person.
    """
    from seawall.access.commands import LinkPrincipal

    output, one = _perform(options, LinkPrincipal(principal=principal, person=person))
    _show(output, [one])
    return 0


def token(
    principal: str,
    *,
    days: int = 90,
    certificate: str | None = None,
    out: Path | None = None,
    options: Options | None = None,
) -> int:
    """Issue a bearer token.

    Args:
        principal: whose.
        days: how long it is valid.
        certificate: SHA-256 of the only client certificate with which it may be used, in hexadecimal.
        out: a file for it, made 0600; it is shown once otherwise.
    """
    from seawall.access.commands import IssueToken

    options = options or Options()
    with place_for(out) as write, options.session() as session:
        issued = session.perform(IssueToken(principal=principal, days=days, certificate=certificate))
        write(issued.token + "\n")
    _hand_over(options.output, issued.token, out, {"id": issued.id, "expires_ms": issued.expires_ms})
    return 0


def revoke_token(credential: str, *, options: Options | None = None) -> int:
    """End a token, a session or an enrolment code at once.

    Args:
        credential: its id, as people show tells it.
    """
    from seawall.access.commands import RevokeToken
    from seawall.access.tokens import id_of

    ended = id_of(credential)
    options = options or Options()
    with options.session() as session:
        session.perform(RevokeToken(id=ended))
    options.output.document({"ended": ended})
    options.output.plain(f"ended {ended}")
    return 0


def certificate(principal: str, file: Path, *, options: Options | None = None) -> int:
    """Let a client certificate stand for a principal, until it expires or is revoked.

    Args:
        principal: its name or id.
        file: the certificate (PEM), alone in its file.
    """
    from seawall.access.commands_certificates import RegisterCertificate

    try:
        pem = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("cli.file_unreadable", f"{file} cannot be read as PEM.", field="FILE") from None
    output, made = _perform(options, RegisterCertificate(principal=principal, certificate=pem))
    output.plain(f"{made.id}  {made.subject}, until {iso(made.expires_ms)}")
    output.plain(f"SHA-256 {made.fingerprint}")
    return 0


def revoke_certificate(credential: str, *, options: Options | None = None) -> int:
    """Let a client certificate stand for nobody any more, at once; tokens bound to it end with it.

    Args:
        credential: its id, as people show tells it.
    """
    from seawall.access.commands_certificates import RevokeCertificate

    options = options or Options()
    with options.session() as session:
        session.perform(RevokeCertificate(id=credential))
    options.output.document({"ended": credential})
    options.output.plain(f"ended {credential}")
    return 0


def invite(principal: str, *, options: Options | None = None) -> int:
    """Make a one-time enrolment code."""
    from seawall.access.commands import CreateEnrolment

    output, made = _perform(options, CreateEnrolment(principal=principal))
    output.verbatim(f"{made.code}  (once, until {iso(made.expires_ms)})")
    return 0


def enrol(code: str, *, out: Path | None = None, options: Options | None = None) -> int:
    """Exchange an enrolment code for a bearer token.

    Args:
        code: the code.
        out: a file for the token, made 0600; it is shown once otherwise.
    """
    options = options or Options()
    with place_for(out) as write:
        issued = composer().enrol(options.path, options.passphrase(), code)
        write(issued + "\n")
    _hand_over(options.output, issued, out, {})
    return 0


def _hand_over(output: Output, issued: str, out: Path | None, document: dict[str, Any]) -> None:
    if out is None:
        output.document({**document, "token": issued})
        output.verbatim(issued)
        return
    output.document({**document, "written": str(out)})
    output.plain(f"wrote {out}")
