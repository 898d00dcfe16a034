"""The room put together: which command is carried out by whom."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from seawall.access import commands as c
from seawall.access.authenticator import Authenticator
from seawall.access.certificates import Certificates
from seawall.access.commands_certificates import RegisterCertificate, RevokeCertificate
from seawall.access.credentials import Credentials
from seawall.access.governance import Governance
from seawall.access.people import People
from seawall.access.policy import PolicyDecider
from seawall.access.ports import Epoch, IdentityStore, PolicySource
from seawall.kernel.command import Command
from seawall.kernel.ids import Entropy


def handlers(
    store: IdentityStore,
    epoch: Epoch,
    *,
    decider: PolicyDecider,
    authenticator: Authenticator,
    source: PolicySource,
    entropy: Entropy = os.urandom,
) -> Mapping[type[Command], Callable[[Any, Any], Any]]:
    """Give one handler for each command of this room."""
    people = People(store, epoch, entropy=entropy)
    credentials = Credentials(store, epoch, authenticator, entropy=entropy)
    certificates = Certificates(store, epoch)
    governance = Governance(store, epoch, decider, source)
    return {
        c.CreatePrincipal: people.create,
        c.ListPrincipals: people.list,
        c.ShowPrincipal: people.show,
        c.DisablePrincipal: people.disable,
        c.GrantRole: people.grant_role,
        c.AssignDomains: people.assign_domains,
        c.LinkPrincipal: people.link,
        c.RevokeRole: people.revoke_role,
        c.IssueToken: credentials.issue_token,
        c.RevokeToken: credentials.revoke_token,
        c.CreateEnrolment: credentials.create_enrolment,
        c.Enrol: credentials.enrol,
        c.SignIn: credentials.sign_in,
        c.SignOut: credentials.sign_out,
        RegisterCertificate: certificates.register,
        RevokeCertificate: certificates.revoke,
        c.LoadPolicies: governance.load,
        c.ShowPolicies: governance.show,
    }
