"""Everything that this part of access refuses, by code."""

from seawall.access.approvals.model import Approval, State
from seawall.kernel.errors import ApprovalNeeded, Conflict, Corrupt, Denied, InvalidInput, NotFound


def needed(approval: Approval, missing: int) -> ApprovalNeeded:
    """Say that others must approve first."""
    more = "one more approval" if missing == 1 else f"{missing} more approvals"
    return ApprovalNeeded(approval.id, f"{approval.action} waits for {more}.")


def denied(approval: Approval) -> Denied:
    """Say that somebody voted against it."""
    return Denied(
        "approvals.denied",
        f"approval {approval.id} was denied.",
        remedy="Ask who denied it, or withdraw the request and ask anew.",
    )


def over(approval: Approval, state: State) -> Denied:
    """Say that a request has ended, so that nothing runs by it any more."""
    return Denied(
        f"approvals.{state.value}", f"approval {approval.id} is {state.value}.", remedy="Ask without it for a new one."
    )


def differs() -> Denied:
    """Say that what is asked is not what was approved."""
    return Denied(
        "approvals.differs",
        "what is asked is not, byte for byte, what this approval is for.",
        field="approval",
        remedy="Ask for exactly what was approved, or ask for a new approval.",
    )


def other_requester() -> Denied:
    """Say that an approval belongs to somebody else."""
    return Denied("approvals.other_requester", "this approval was given to somebody else.", field="approval")


def unknown(field: str = "approval") -> NotFound:
    """Say that there is no such request, key or rule."""
    return NotFound("approvals.unknown", f"there is no such {field.replace('_', ' ')}.", field=field)


def own() -> Denied:
    """Say that nobody approves what they asked for."""
    return Denied("approvals.own", "nobody votes on what they asked for themselves.", remedy="Ask somebody else.")


def not_eligible() -> Denied:
    """Say that this vote would not count."""
    return Denied(
        "approvals.not_eligible",
        "the rules do not let you vote on this: by role, by domain, or because you are no person.",
        remedy="Ask somebody whom the rule names.",
    )


def closed(approval: Approval, state: State) -> Conflict:
    """Say that no vote changes this request any more."""
    return Conflict("approvals.closed", f"approval {approval.id} is {state.value}.", field="approval")


def bad_proof() -> Denied:
    """Say that a signature proves nothing; the text is the same for every reason."""
    return Denied(
        "approvals.bad_signature",
        "this signature does not prove this vote.",
        field="proof",
        remedy="Ask for a new challenge and sign exactly that, with the key that you registered.",
    )


def stale() -> Denied:
    """Say that a challenge is unknown, used or too old."""
    return Denied(
        "approvals.challenge",
        "this challenge is unknown, used, or too old.",
        field="challenge",
        remedy="Ask for a new.",
    )


def bad_key(reason: str) -> InvalidInput:
    """Say why a key or certificate is no use."""
    return InvalidInput(
        "approvals.key_invalid", reason, field="key", remedy="Use Ed25519, EC P-256 or ML-DSA-65, or a passkey."
    )


def bad_rule(field: str, reason: str) -> InvalidInput:
    """Say what is wrong with a rule."""
    return InvalidInput("quorum.invalid", reason, field=field)


def rolled_back(what: str) -> Corrupt:
    """Say that the ledger knows of a later change than the store."""
    return Corrupt(
        "approvals.rolled_back",
        f"the store's row of {what} is older than the ledger says.",
        remedy="Stop, keep a copy of the store, and compare it with the ledger.",
    )
