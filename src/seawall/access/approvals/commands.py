"""What can be asked about quorum, approvals and the keys of approvers, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.access.approvals.model import Choice, Execution, KeyKind, State
from seawall.kernel.command import Command
from seawall.kernel.ids import Name
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import Resource, Role

_CREATE, _READ, _UPDATE, _DELETE = 1, 2, 3, 4


class _OfAll(Command, frozen=True, kw_only=True):
    kind: ClassVar[str]

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type=self.kind, id="*")


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of quorum."""

    id: str
    scope: str
    actions: tuple[str, ...]
    name: str
    labels: dict[str, str]
    approvals: int
    roles: tuple[Role, ...]
    expires_hours: int
    execution: Execution
    break_glass: tuple[Role, ...]


class QuorumShown(msgspec.Struct, frozen=True, kw_only=True):
    """All rules in force."""

    rules: tuple[RuleView, ...]
    revision: int


class SetQuorum(Command, frozen=True, kw_only=True):
    """Put a rule of quorum in force, in place of the one of that name; once there is one, under the quorum itself.

    ``scope`` is a domain or ``*``; ``name`` is a pattern of names of keys; ``break_glass`` names the roles that may do
    without the quorum in an emergency.
    """

    action: ClassVar[str] = "quorum.set"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    id: Name
    actions: tuple[str, ...]
    approvals: int
    roles: tuple[Role, ...]
    scope: str = "*"
    name: str = ""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    expires_hours: int = 72
    execution: Execution = Execution.RETRY
    break_glass: tuple[Role, ...] = ()

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="quorum", id=self.id, domain="" if self.scope == "*" else self.scope)


class RemoveQuorum(Command, frozen=True, kw_only=True):
    """Take a rule of quorum out of force, under the quorum itself."""

    action: ClassVar[str] = "quorum.set"
    activity: ClassVar[int] = _DELETE
    intent: ClassVar[bool] = True
    id: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="quorum", id=self.id)


class ShowQuorum(_OfAll, frozen=True, kw_only=True):
    """Show the rules of quorum in force."""

    kind: ClassVar[str] = "quorum"
    action: ClassVar[str] = "quorum.show"
    activity: ClassVar[int] = _READ


class VoteView(msgspec.Struct, frozen=True, kw_only=True):
    """A vote, standing or revoked."""

    voter: str
    voter_name: str
    vote: Choice
    key: str
    cast_ms: int
    revoked_ms: int | None


class NeedView(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule asks for, and what counts for it now."""

    rule: str
    approvals: int
    given: int
    roles: tuple[Role, ...]


class ApprovalView(msgspec.Struct, frozen=True, kw_only=True):
    """A request for approval: ``document`` is, byte for byte, what ``sha256`` and every vote bind."""

    id: str
    state: State
    action: str
    resource_type: str
    resource_id: str
    domain: str
    requester: str
    requester_name: str
    created_ms: int
    expires_ms: int
    sha256: str
    document: str
    runs_by_itself: bool
    needs: tuple[NeedView, ...]
    votes: tuple[VoteView, ...]


class ApprovalPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of requests, newest first."""

    items: tuple[ApprovalView, ...]
    next_cursor: str | None


class ListApprovals(_OfAll, frozen=True, kw_only=True):
    """List the requests that concern you, newest first; ``all`` lists those that have ended too."""

    kind: ClassVar[str] = "approval"
    action: ClassVar[str] = "approvals.list"
    activity: ClassVar[int] = _READ
    all: bool = False
    limit: PageLimit = 100
    cursor: str | None = None


class _OfApproval(Command, frozen=True, kw_only=True):
    approval: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="approval", id=self.approval)


class ShowApproval(_OfApproval, frozen=True, kw_only=True):
    """Show a request with its exact parameters."""

    action: ClassVar[str] = "approvals.show"
    activity: ClassVar[int] = _READ


class WithdrawApproval(_OfApproval, frozen=True, kw_only=True):
    """Take back what you asked for."""

    action: ClassVar[str] = "approvals.withdraw"
    activity: ClassVar[int] = _DELETE


class BeginVote(_OfApproval, frozen=True, kw_only=True):
    """Ask for what a vote signs; it holds for a quarter of an hour, and once."""

    action: ClassVar[str] = "approvals.vote"
    activity: ClassVar[int] = _READ
    vote: Choice


class VoteBegun(msgspec.Struct, frozen=True, kw_only=True):
    """What to sign: the statement itself with a key, its SHA-256 as a passkey's challenge.

    ``passkeys`` are the credential ids of your passkeys, by the host that they belong to.
    """

    challenge: str
    statement: str
    document: str
    passkey_challenge: bytes
    passkeys: dict[str, list[bytes]]
    expires_ms: int


class CastVote(_OfApproval, frozen=True, kw_only=True):
    """Vote: ``key`` is the id or the fingerprint of yours, ``proof`` its signature over what the challenge said."""

    action: ClassVar[str] = "approvals.vote"
    activity: ClassVar[int] = _CREATE
    vote: Choice
    challenge: str
    key: str
    proof: bytes
    authenticator_data: bytes = b""
    client_data: bytes = b""


class RevokeVote(_OfApproval, frozen=True, kw_only=True):
    """Take your approval back, as long as it was not used; a denial is taken back by voting again."""

    action: ClassVar[str] = "approvals.revoke"
    activity: ClassVar[int] = _DELETE


class ApproverKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which somebody votes; it counts from when it was registered until it was retired."""

    id: str
    principal: str
    kind: KeyKind
    name: str
    fingerprint: str
    rp_id: str
    offered_ms: int
    registered_ms: int | None
    retired_ms: int | None


class ApproverKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of approvers, oldest first."""

    items: tuple[ApproverKeyView, ...]


class _OfOwnKeys(Command, frozen=True, kw_only=True):
    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="approver_key", id="own")


class ListApproverKeys(_OfOwnKeys, frozen=True, kw_only=True):
    """List your keys; administrators and auditors list everybody's with ``all``."""

    action: ClassVar[str] = "access.approver.list"
    activity: ClassVar[int] = _READ
    all: bool = False


class BeginOffer(_OfOwnKeys, frozen=True, kw_only=True):
    """Ask for what a new key of yours signs, to show that you hold it; a passkey's ``rp_id`` is the console's host."""

    action: ClassVar[str] = "access.approver.offer"
    activity: ClassVar[int] = _READ
    rp_id: str = ""


class OfferBegun(msgspec.Struct, frozen=True, kw_only=True):
    """What to sign: the statement itself with a key, its SHA-256 as a passkey's challenge."""

    challenge: str
    statement: str
    passkey_challenge: bytes
    rp_id: str
    user_id: str
    user_name: str
    known: list[bytes]
    expires_ms: int


class OfferKey(_OfOwnKeys, frozen=True, kw_only=True):
    """Offer a public key or a certificate in PEM, with its signature over what the challenge said."""

    action: ClassVar[str] = "access.approver.offer"
    activity: ClassVar[int] = _CREATE
    name: Name
    challenge: str
    public: str
    proof: bytes


class OfferPasskey(_OfOwnKeys, frozen=True, kw_only=True):
    """Offer a passkey, as a browser made it for the challenge."""

    action: ClassVar[str] = "access.approver.offer"
    activity: ClassVar[int] = _CREATE
    name: Name
    challenge: str
    client_data: bytes
    attestation: bytes


class _OfKey(Command, frozen=True, kw_only=True):
    key: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="approver_key", id=self.key)


class RegisterApprover(_OfKey, frozen=True, kw_only=True):
    """Let a key that you offered count, from now on; ``fingerprint`` says once more which it is."""

    action: ClassVar[str] = "access.approver.register"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    fingerprint: str


class RetireApprover(_OfKey, frozen=True, kw_only=True):
    """Let a key of yours count no more, at once and for good; an administrator may do it to anybody's."""

    action: ClassVar[str] = "access.approver.retire"
    activity: ClassVar[int] = _DELETE
