"""What a quorum asks for, what somebody asked to do, and what others said to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from seawall.access.model import Identity
from seawall.kernel.terms import Role

#: The rule that comes into force by itself when two custodians are enrolled.
FOUNDERS: Final = "founders"


class Choice(StrEnum):
    """What a vote says."""

    APPROVE = "approve"
    DENY = "deny"


class Execution(StrEnum):
    """Who carries a command out when it has its approvals."""

    RETRY = "retry"
    AUTO = "auto"


class State(StrEnum):
    """Where a request stands; all but the first three are its end."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CONSUMED = "consumed"


class KeyKind(StrEnum):
    """What an approver signs with. None of it is ever held here."""

    PASSKEY = "passkey"
    ED25519 = "Ed25519"
    P256 = "EC-P256"
    ML_DSA_65 = "ML-DSA-65"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of quorum.

    Args:
        id: its name.
        scope: the domain whose things it guards, or ``*`` for everything.
        actions: actions and groups of actions, such as ``keys.destroy`` or ``keys``.
        name: a pattern of names of keys (``*`` and ``?``); empty for whatever is acted on.
        labels: labels that a key must have; none for whatever is acted on.
        approvals: how many persons besides the requester must approve.
        roles: from which roles; a voter has at least one of them.
        expires_ms: how long a request waits.
        execution: whether the last approval carries the command out, or the requester asks once more.
        glass: the roles that may do without the quorum in an emergency; none where nobody may.
    """

    id: str
    scope: str = "*"
    actions: tuple[str, ...]
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    approvals: int
    roles: frozenset[Role]
    expires_ms: int
    execution: Execution = Execution.RETRY
    glass: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """All rules, and how often they were changed; ``founded`` once the founders' rule has been in force."""

    rules: tuple[Rule, ...] = ()
    revision: int = 0
    founded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's vote: what was signed can be put together again from it, and from the request.

    ``proof`` is the signature; for a passkey, ``authenticator_data`` and ``client_data`` are what it signed.
    """

    person: str
    voter: str
    voter_name: str
    choice: Choice
    key: str
    nonce: str
    issued_ms: int
    cast_ms: int
    proof: bytes
    authenticator_data: bytes = b""
    client_data: bytes = b""
    revoked_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request for approval, bound to the SHA-256 of what exactly was asked.

    ``document`` says it in canonical JSON; ``command`` is kept only where the last approval carries it out.
    ``revision`` counts the changes, each of which has a record of its own in the ledger.
    """

    id: str
    sha256: str
    document: str
    action: str
    resource_type: str
    resource_id: str
    domain: str
    requester: str
    requester_name: str
    person: str
    proof: str
    concerns: tuple[str, ...]
    command: bytes | None
    created_ms: int
    expires_ms: int
    votes: tuple[Vote, ...] = ()
    withdrawn_ms: int | None = None
    consumed_ms: int | None = None
    revision: int = 1

    def standing(self) -> tuple[Vote, ...]:
        """Return the votes that were not revoked: at most one of each person."""
        return tuple(vote for vote in self.votes if vote.revoked_ms is None)

    def open(self, now_ms: int) -> bool:
        """Whether votes still count."""
        return self.withdrawn_ms is None and self.consumed_ms is None and now_ms < self.expires_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverKey:
    """A key with which somebody votes; its private half never comes here.

    ``public`` is a SubjectPublicKeyInfo in DER, or a passkey's attested credential data; ``certificate`` is in DER.
    It counts from ``registered_ms`` until ``retired_ms``.
    """

    id: str
    principal: str
    person: str
    kind: KeyKind
    name: str
    public: bytes
    fingerprint: str
    certificate: bytes | None = None
    rp_id: str = ""
    signatures: int = 0
    offered_ms: int
    registered_ms: int | None = None
    retired_ms: int | None = None
    revision: int = 1

    @property
    def counts(self) -> bool:
        """Whether votes under it count."""
        return self.registered_ms is not None and self.retired_ms is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What somebody was asked to sign, once and soon. ``subject`` is an approval's id, or ``offer``."""

    nonce: str
    principal: str
    subject: str
    choice: str
    rp_id: str
    issued_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A glass that was broken: a command that ran without its quorum."""

    id: str
    action: str
    resource_type: str
    resource_id: str
    domain: str
    principal: str
    principal_name: str
    reason: str
    sha256: str
    broken_ms: int
    acknowledged_by: str | None = None
    acknowledged_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """Somebody who may vote: who they are, and the keys with which they can."""

    identity: Identity
    keys: tuple[ApproverKey, ...]
