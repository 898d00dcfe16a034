"""This part of access put together: which command is carried out by whom."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals.approvers import Approvers
from seawall.access.approvals.gate import Gate
from seawall.access.approvals.ports import ApprovalStore, Labels, Told
from seawall.access.approvals.quorum import Quorum
from seawall.access.approvals.requests import Requests
from seawall.access.approvals.rulebook import Rulebook
from seawall.access.approvals.tally import Tally
from seawall.access.approvals.votes import Vocabulary, Votes
from seawall.access.policy import PolicyDecider
from seawall.access.ports import Epoch
from seawall.kernel.command import Command
from seawall.kernel.ids import Entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class DualControl:
    """The gate that the desk asks, and one handler for each command."""

    gate: Gate
    handlers: Mapping[type[Command], Callable[[Any, Any], Any]]


def dual_control(
    store: ApprovalStore,
    epoch: Epoch,
    told: Told,
    *,
    installation: str,
    decider: PolicyDecider,
    hosts: Iterable[str],
    vocabulary: Vocabulary,
    labels: Labels | None = None,
    entropy: Entropy = os.urandom,
) -> DualControl:
    """Put it together.

    Args:
        store: where rules, requests and keys are kept.
        epoch: under which rules are remembered.
        told: what the ledger of this node knows.
        installation: the installation's id.
        decider: decides by the policies in force.
        hosts: the names under which the console is reached.
        vocabulary: all commands, by the names of their types.
        labels: reads what is written on a thing.
        entropy: random bytes.
    """
    tally = Tally(installation, told)
    gate = Gate(store, Rulebook(store, epoch, told), tally, installation, labels=labels, entropy=entropy)
    votes = Votes(store, tally, installation, vocabulary, labels=labels, entropy=entropy)
    requests = Requests(store, tally, labels=labels)
    approvers = Approvers(store, installation, hosts, entropy=entropy)
    quorum = Quorum(store, epoch, decider, labels=labels is not None)
    return DualControl(
        gate=gate,
        handlers={
            c.SetQuorum: quorum.set,
            c.RemoveQuorum: quorum.remove,
            c.ShowQuorum: quorum.show,
            c.ListApprovals: requests.list,
            c.ShowApproval: requests.show,
            c.WithdrawApproval: requests.withdraw,
            glass.ListBreaks: requests.breaks,
            glass.AcknowledgeBreak: requests.acknowledge,
            c.BeginVote: votes.begin,
            c.CastVote: votes.cast,
            c.RevokeVote: votes.revoke,
            c.ListApproverKeys: approvers.list,
            c.BeginOffer: approvers.begin,
            c.OfferKey: approvers.offer_key,
            c.OfferPasskey: approvers.offer_passkey,
            c.RegisterApprover: approvers.register,
            c.RetireApprover: approvers.retire,
        },
    )
