"""What can be asked of this room, and what comes back. Secrets stand in no ``repr``."""

from typing import ClassVar

import msgspec

from seawall.access.model import CredentialKind, PrincipalKind
from seawall.access.tokens import id_of
from seawall.kernel.command import Command
from seawall.kernel.ids import Name
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import Principal, Resource, Role

_CREATE, _READ, _UPDATE, _DELETE, _OTHER = 1, 2, 3, 4, 99


class _Shy(msgspec.Struct, frozen=True, kw_only=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class CredentialView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a credential.

    ``certificate`` is SHA-256 of a client certificate, in hexadecimal: the one that this is, or that a token is bound
    to; ``subject`` is whom it names.
    """

    id: str
    kind: CredentialKind
    created_ms: int
    expires_ms: int
    ended_ms: int | None
    subject: str | None = None
    certificate: str | None = None


class PrincipalView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a principal; ``credentials`` is filled where one principal was asked for."""

    id: str
    name: str
    kind: PrincipalKind
    roles: tuple[Role, ...]
    domains: tuple[str, ...]
    created_ms: int
    disabled_ms: int | None
    person: str | None = None
    credentials: tuple[CredentialView, ...] = ()


class PrincipalPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of principals, by name."""

    items: tuple[PrincipalView, ...]
    next_cursor: str | None


class CreatePrincipal(Command, frozen=True, kw_only=True):
    """Make a principal; without a domain it acts in none, and ``*`` stands for all.

    ``person`` names a principal of the same person, where this is not their first.
    """

    action: ClassVar[str] = "access.principal.create"
    activity: ClassVar[int] = _CREATE
    name: Name
    kind: PrincipalKind = PrincipalKind.PERSON
    roles: tuple[Role, ...] = ()
    domains: tuple[str, ...] = ()
    person: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="principal", id=self.name)

    def concerns(self, principal: Principal) -> tuple[str, ...]:
        """Name the actions whose quorum this needs: with roles, that of giving them too."""
        del principal
        return (self.action, GrantRole.action) if self.roles else (self.action,)


class ListPrincipals(Command, frozen=True, kw_only=True):
    """List principals by name."""

    action: ClassVar[str] = "access.principal.list"
    activity: ClassVar[int] = _READ
    limit: PageLimit = 100
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="principal", id="*")


class _OfPrincipal(Command, frozen=True, kw_only=True):
    principal: str  # its id or its name

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="principal", id=self.principal)


class ShowPrincipal(_OfPrincipal, frozen=True, kw_only=True):
    """Show a principal and its credentials."""

    action: ClassVar[str] = "access.principal.list"
    activity: ClassVar[int] = _READ


class DisablePrincipal(_OfPrincipal, frozen=True, kw_only=True):
    """Shut a principal out, at once and for good: its credentials and grants end."""

    action: ClassVar[str] = "access.principal.disable"
    activity: ClassVar[int] = _DELETE


class GrantRole(_OfPrincipal, frozen=True, kw_only=True):
    """Give a principal a role."""

    action: ClassVar[str] = "access.role.grant"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    role: Role


class AssignDomains(_OfPrincipal, frozen=True, kw_only=True):
    """Say in which domains a principal acts, in place of those before."""

    action: ClassVar[str] = "access.role.grant"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    domains: tuple[str, ...]


class LinkPrincipal(_OfPrincipal, frozen=True, kw_only=True):
    """Say that a principal belongs to the same person as another: their duties and votes count as one person's."""

    action: ClassVar[str] = "access.principal.link"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    person: str  # the id or the name of another principal of that person


class RevokeRole(_OfPrincipal, frozen=True, kw_only=True):
    """Take a role from a principal, at once."""

    action: ClassVar[str] = "access.role.revoke"
    activity: ClassVar[int] = _UPDATE
    role: Role


class IssueToken(_OfPrincipal, frozen=True, kw_only=True):
    """Make a bearer token for a principal; it is shown this once.

    ``certificate`` is SHA-256 of the only client certificate with which it may be used, in hexadecimal (RFC 8705).
    """

    action: ClassVar[str] = "access.token.issue"
    activity: ClassVar[int] = _CREATE
    intent: ClassVar[bool] = True
    days: int = 90
    certificate: str | None = None

    def concerns(self, principal: Principal) -> tuple[str, ...]:
        """Name the actions whose quorum this needs: none where somebody makes a token for themselves."""
        return () if self.principal in {principal.id, principal.name} else (self.action,)


class TokenIssued(_Shy, frozen=True, kw_only=True):
    """A new token."""

    id: str
    token: str
    expires_ms: int


class RevokeToken(Command, frozen=True, kw_only=True):
    """End a token, a session or an enrolment code at once, by its id; one given whole stands for its id."""

    action: ClassVar[str] = "access.token.revoke"
    activity: ClassVar[int] = _DELETE
    id: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="credential", id=id_of(self.id))


class CreateEnrolment(_OfPrincipal, frozen=True, kw_only=True):
    """Make a one-time code with which a principal begins; it is shown this once."""

    action: ClassVar[str] = "access.enrolment.create"
    activity: ClassVar[int] = _CREATE
    intent: ClassVar[bool] = True


class EnrolmentCreated(_Shy, frozen=True, kw_only=True):
    """A new enrolment code."""

    id: str
    code: str
    expires_ms: int


class _Arrival(Command, frozen=True, kw_only=True):
    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="session", id="new")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Enrol(_Arrival, frozen=True, kw_only=True):
    """Use an enrolment code up: it yields a console session, and a token to come back with."""

    action: ClassVar[str] = "access.enrol"
    activity: ClassVar[int] = _OTHER
    code: str


class Enrolled(_Shy, frozen=True, kw_only=True):
    """What an enrolment code was exchanged for; ``cookie`` and ``token`` are shown this once."""

    principal: PrincipalView
    cookie: str
    session_expires_ms: int
    token: str
    token_expires_ms: int


class SignIn(_Arrival, frozen=True, kw_only=True):
    """Begin a console session with a bearer token."""

    action: ClassVar[str] = "access.sign_in"
    activity: ClassVar[int] = _OTHER
    token: str


class SignedIn(_Shy, frozen=True, kw_only=True):
    """A new console session; ``cookie`` is shown this once."""

    principal: PrincipalView
    cookie: str
    expires_ms: int


class SignOut(Command, frozen=True, kw_only=True):
    """End the session in which this is asked."""

    action: ClassVar[str] = "access.sign_out"
    activity: ClassVar[int] = _OTHER

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="session", id="own")


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """One file of policies in force."""

    name: str
    text: str
    builtin: bool


class PoliciesShown(msgspec.Struct, frozen=True, kw_only=True):
    """All policies in force; ``pending`` says that the files on disk differ from them."""

    policies: tuple[PolicyView, ...]
    pending: bool


class LoadPolicies(Command, frozen=True, kw_only=True):
    """Put the policy files of the home in force, all of them or none."""

    action: ClassVar[str] = "access.policy.load"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="policy", id="*")


class ShowPolicies(Command, frozen=True, kw_only=True):
    """Show the policies in force."""

    action: ClassVar[str] = "access.policy.show"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="policy", id="*")
