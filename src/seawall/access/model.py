"""Who there is, and how each proves it."""

from dataclasses import dataclass, field
from enum import StrEnum

from seawall.kernel.terms import Principal, Proof, Role


class PrincipalKind(StrEnum):
    """Populations of principals."""

    PERSON = "person"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A principal as the store knows it. A disabled one stays, because the ledger names it.

    Principals with the same ``person`` belong to one; without one a principal is a person, or a thing, of its own.
    """

    id: str
    name: str
    kind: PrincipalKind
    roles: frozenset[Role] = frozenset()
    domains: frozenset[str] = frozenset()
    created_ms: int
    disabled_ms: int | None = None
    person: str | None = None

    @property
    def whose(self) -> str:
        """Whose it is: what separation of duties and voting count by."""
        return self.person or self.id

    def principal(self, proof: Proof, credential_id: str | None = None) -> Principal:
        """Speak of it as of somebody who has proved itself, by a credential."""
        return Principal(
            id=self.id, name=self.name, roles=self.roles, domains=self.domains, proof=proof, session=credential_id
        )


class CredentialKind(StrEnum):
    """What somebody can present: for calls, once to begin with, or in a browser."""

    TOKEN = "token"  # noqa: S105 - the name of a kind, not a secret
    ENROLMENT = "enrolment"
    SESSION = "session"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What is kept of a credential: never more than a digest of the secret.

    ``seen_ms`` is when a session was last used, to the minute; ``ended_ms`` is when a credential was revoked or used
    up; ``begun_with`` is the credential that this one was begun with, and ends with. ``bound_to`` is SHA-256 of the
    only client certificate that a token may be used with (RFC 8705, section 3); ``subject`` is whom one names.
    """

    id: str
    kind: CredentialKind
    principal_id: str
    digest: bytes = field(repr=False)
    created_ms: int
    expires_ms: int
    seen_ms: int
    ended_ms: int | None = None
    begun_with: str | None = None
    bound_to: bytes | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A credential with whom it belongs to."""

    credential: Credential
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """Policies in Cedar's language, by the name of the file they came in."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What policy said: ``reasons`` are the ids of the policies that decided, ``code`` is empty where it allows."""

    allow: bool
    reasons: tuple[str, ...] = ()
    code: str = ""
