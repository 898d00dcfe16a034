"""What may be known of rules, requests and keys."""

from collections.abc import Sequence

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals.model import Approval, ApproverKey, Break, InForce, Rule
from seawall.access.approvals.tally import Count, state_of

_HOUR_MS = 3_600_000


def rule_view(rule: Rule) -> c.RuleView:
    """Show a rule."""
    return c.RuleView(
        id=rule.id,
        scope=rule.scope,
        actions=rule.actions,
        name=rule.name,
        labels=dict(rule.labels),
        approvals=rule.approvals,
        roles=tuple(sorted(rule.roles)),
        expires_hours=rule.expires_ms // _HOUR_MS,
        execution=rule.execution,
        break_glass=tuple(sorted(rule.glass)),
    )


def rules_view(rules: InForce) -> c.QuorumShown:
    """Show all rules."""
    return c.QuorumShown(rules=tuple(rule_view(rule) for rule in rules.rules), revision=rules.revision)


def approval_view(approval: Approval, rules: Sequence[Rule], count: Count, now_ms: int) -> c.ApprovalView:
    """Show a request."""
    return c.ApprovalView(
        id=approval.id,
        state=state_of(approval, count, now_ms),
        action=approval.action,
        resource_type=approval.resource_type,
        resource_id=approval.resource_id,
        domain=approval.domain,
        requester=approval.requester,
        requester_name=approval.requester_name,
        created_ms=approval.created_ms,
        expires_ms=approval.expires_ms,
        sha256=approval.sha256,
        document=approval.document,
        runs_by_itself=approval.command is not None,
        needs=tuple(
            c.NeedView(rule=rule.id, approvals=rule.approvals, given=given, roles=tuple(sorted(rule.roles)))
            for rule, given in zip(rules, count.given, strict=True)
        ),
        votes=tuple(
            c.VoteView(
                voter=vote.voter,
                voter_name=vote.voter_name,
                vote=vote.choice,
                key=vote.key,
                cast_ms=vote.cast_ms,
                revoked_ms=vote.revoked_ms,
            )
            for vote in approval.votes
        ),
    )


def key_view(key: ApproverKey) -> c.ApproverKeyView:
    """Show a key."""
    return c.ApproverKeyView(
        id=key.id,
        principal=key.principal,
        kind=key.kind,
        name=key.name,
        fingerprint=key.fingerprint,
        rp_id=key.rp_id,
        offered_ms=key.offered_ms,
        registered_ms=key.registered_ms,
        retired_ms=key.retired_ms,
    )


def break_view(broken: Break) -> glass.BreakView:
    """Show a broken glass."""
    return glass.BreakView(
        id=broken.id,
        action=broken.action,
        resource_type=broken.resource_type,
        resource_id=broken.resource_id,
        domain=broken.domain,
        principal=broken.principal,
        principal_name=broken.principal_name,
        reason=broken.reason,
        broken_ms=broken.broken_ms,
        acknowledged_by=broken.acknowledged_by,
        acknowledged_ms=broken.acknowledged_ms,
    )
