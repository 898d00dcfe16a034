"""The table of routes: which method and path ask for which command."""

from typing import Final

from seawall.access import commands as access
from seawall.access import commands_certificates as certificates
from seawall.access.approvals import commands as approvals
from seawall.access.approvals import commands_glass as glass
from seawall.capabilities.discover import commands as discover
from seawall.capabilities.evidence import commands as evidence
from seawall.capabilities.evidence.model import Assessment
from seawall.capabilities.keys import commands as keys
from seawall.capabilities.keys import commands_backup as backup
from seawall.capabilities.keys import commands_batch as batch
from seawall.capabilities.keys import commands_care as care
from seawall.capabilities.keys import commands_exchange as exchange
from seawall.capabilities.keys import commands_rewrap as rewrap
from seawall.capabilities.keys import commands_root as root
from seawall.capabilities.keys import commands_rotation as rotation
from seawall.capabilities.keys import commands_use as use
from seawall.capabilities.keys import commands_work as work
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.capabilities.protect import commands as protect
from seawall.desk import commands as house
from seawall.edge.rest.routes import Route
from seawall.ledger import commands as ledger
from seawall.ledger import commands_erasure as erasure
from seawall.ledger import commands_peers as peers
from seawall.ledger.certificates import Certificate
from seawall.ledger.peers import KeptPeer, Offer
from seawall.ledger.proofs import EntryProof
from seawall.ledger.report import Report

_DOMAIN: Final = "/v1/domains/{domain}"
_KEY: Final = "/v1/domains/{domain}/keys/{key}"
_APPROVAL: Final = "/v1/approvals/{approval}"
_APPROVER_KEY: Final = "/v1/approver-keys/{key}"
_PRINCIPAL: Final = "/v1/principals/{principal}"

DOMAINS: Final = (
    Route(method="POST", path="/v1/domains", command=keys.CreateDomain, result=DomainView, status=201),
    Route(method="GET", path="/v1/domains", command=keys.ListDomains, result=keys.Domains),
    Route(method="GET", path=_DOMAIN, command=keys.GetDomain, result=DomainView),
    Route(method="PATCH", path=_DOMAIN, command=care.UpdateDomain, result=DomainView),
    Route(method="POST", path=f"{_DOMAIN}/rotate-kek", command=work.RotateKek, result=work.WorkView, status=201),
    Route(method="POST", path=f"{_DOMAIN}/shred", command=keys.ShredDomain, result=keys.Shredded),
    Route(method="POST", path=f"{_DOMAIN}/cancel-shred", command=keys.CancelShred, result=DomainView),
)
KEYS: Final = (
    Route(method="POST", path=f"{_DOMAIN}/keys", command=keys.CreateKey, result=KeyView, status=201),
    Route(method="POST", path=f"{_DOMAIN}/keys/batch", command=care.CreateKeys, result=care.MadeKeys, status=201),
    Route(method="GET", path=f"{_DOMAIN}/keys", command=keys.ListKeys, result=keys.KeyPage),
    Route(method="GET", path="/v1/keys", command=keys.ListKeys, result=keys.KeyPage, fixed={"domain": ""}),
    Route(method="POST", path="/v1/keys/finish-destroy", command=keys.FinishDestroy, result=keys.Finished),
    Route(method="POST", path="/v1/keys/rotate-due", command=rotation.RotateDue, result=rotation.Rotated),
    Route(method="POST", path="/v1/keys/apply-dates", command=care.ApplyDates, result=care.Applied),
    Route(method="GET", path=_KEY, command=keys.GetKey, result=KeyView),
    Route(method="GET", path=f"{_KEY}/uses", command=rotation.ShowUses, result=rotation.KeyUses),
    Route(method="GET", path=f"{_KEY}/touched", command=rewrap.ShowTouched, result=rewrap.Touched),
    Route(method="POST", path=f"{_KEY}/retire-version", command=rewrap.RetireVersion, result=KeyView),
    Route(method="POST", path=f"{_KEY}/campaign", command=rewrap.StartRewrap, result=rewrap.Campaign, status=201),
    Route(method="GET", path=f"{_KEY}/campaign", command=rewrap.ShowRewrap, result=rewrap.Campaign),
    Route(method="POST", path=f"{_KEY}/campaign/pause", command=rewrap.PauseRewrap, result=rewrap.Campaign),
    Route(method="POST", path=f"{_KEY}/campaign/resume", command=rewrap.ResumeRewrap, result=rewrap.Campaign),
    Route(method="PATCH", path=_KEY, command=care.UpdateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/rotate", command=keys.RotateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/activate", command=keys.ActivateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/suspend", command=keys.SuspendKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/resume", command=keys.ResumeKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/deactivate", command=keys.DeactivateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/compromise", command=keys.CompromiseKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/block", command=care.BlockKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/unblock", command=care.UnblockKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/archive", command=care.ArchiveKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/recover", command=care.RecoverKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/destroy", command=keys.DestroyKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/cancel-destroy", command=keys.CancelDestroyKey, result=KeyView),
    Route(method="POST", path=f"{_DOMAIN}/keys/import", command=exchange.ImportKey, result=KeyView, status=201),
    Route(method="POST", path=f"{_KEY}/import", command=exchange.ImportVersion, result=KeyView),
    Route(method="POST", path=f"{_KEY}/export", command=exchange.ExportKey, result=exchange.Exported),
    Route(method="POST", path=f"{_KEY}/export-plain", command=exchange.ExportPlain, result=exchange.Exported),
)
DATA: Final = (
    Route(method="POST", path=f"{_KEY}/encrypt", command=keys.Encrypt, result=keys.Encrypted, fast=True),
    Route(method="POST", path=f"{_KEY}/decrypt", command=keys.Decrypt, result=keys.Decrypted, fast=True),
    Route(method="POST", path=f"{_KEY}/rewrap", command=keys.Rewrap, result=keys.Encrypted, fast=True),
    Route(method="POST", path=f"{_KEY}/sign", command=use.Sign, result=use.Signed, fast=True),
    Route(method="POST", path=f"{_KEY}/verify", command=use.Verify, result=use.Verified, fast=True),
    Route(method="POST", path=f"{_KEY}/mac", command=use.MakeMac, result=use.MadeMac, fast=True),
    Route(method="POST", path=f"{_KEY}/verify-mac", command=use.VerifyMac, result=use.Verified, fast=True),
    Route(method="POST", path=f"{_KEY}/wrap", command=use.WrapMaterial, result=use.Wrapped, fast=True),
    Route(method="POST", path=f"{_KEY}/data-key", command=use.MakeDataKey, result=use.Wrapped, fast=True),
    Route(method="POST", path=f"{_KEY}/unwrap", command=use.UnwrapMaterial, result=use.Unwrapped, fast=True),
    Route(method="POST", path=f"{_KEY}/derive", command=use.Derive, result=use.Derived, fast=True),
    Route(method="POST", path=f"{_KEY}/encapsulate", command=use.Encapsulate, result=use.EncapsulatedSecret, fast=True),
    Route(method="POST", path=f"{_KEY}/decapsulate", command=use.Decapsulate, result=use.DecapsulatedSecret, fast=True),
    Route(method="POST", path="/v1/random", command=use.Random, result=use.RandomBytes),
    Route(method="POST", path="/v1/hash", command=use.Hash, result=use.Hashed),
)
_SINGLE: Final = {route.command: route.path for route in DATA}
#: Every operation on one key, on many values at once.
BATCHES: Final = tuple(
    Route(
        method="POST",
        path=f"{_SINGLE[single]}-many",
        command=command,
        result=outcomes,
        fast=command.inline,
        large=True,
    )
    for single, (command, outcomes) in batch.BATCHES.items()
)
ROOT: Final = (
    Route(method="GET", path="/v1/root", command=root.ShowRoot, result=root.RootView),
    Route(method="POST", path="/v1/root/rotate", command=work.RotateRoot, result=work.WorkView, status=201),
    Route(method="POST", path="/v1/root/reconcile", command=root.ReconcileRoot, result=root.Reconciled),
)
BACKUPS: Final = (
    # Where a backup is written is the node's to say. A restore is offline: it needs custodians and an empty node.
    Route(
        method="POST",
        path="/v1/backups",
        command=backup.CreateBackup,
        result=backup.BackupView,
        status=201,
        fixed={"out": None},
    ),
    Route(method="GET", path="/v1/backups", command=backup.ListBackups, result=backup.Backups),
    Route(method="POST", path="/v1/backups/{id}/verify", command=backup.VerifyBackup, result=backup.BackupVerified),
    Route(method="GET", path="/v1/ceremonies", command=backup.ShowCeremonies, result=backup.Ceremonies),
    Route(
        method="POST",
        path="/v1/ceremonies/{set_id}/challenges",
        command=backup.AskPossession,
        result=backup.Challenges,
        status=201,
    ),
    Route(method="POST", path="/v1/ceremonies/drills", command=backup.ProvePossession, result=backup.Proven),
)
DISCOVER: Final = (
    Route(method="POST", path="/v1/scans", command=discover.Scan, result=discover.ScanResult, status=201),
    Route(method="GET", path="/v1/scans", command=discover.ShowScans, result=discover.Scans),
    Route(method="GET", path="/v1/scans/{scan_id}", command=discover.ShowScan, result=discover.ScanResult),
)
PROTECT: Final = (
    # Over the network a file is never replaced, but for a copy by its own successor.
    Route(
        method="POST",
        path="/v1/protections",
        command=protect.Protect,
        result=protect.Protected,
        status=201,
        fixed={"overwrite": False},
    ),
    Route(method="GET", path="/v1/protections", command=protect.ShowProtections, result=protect.ProtectionList),
    Route(
        method="POST",
        path="/v1/protections/{protection}/retokenise",
        command=protect.Retokenise,
        result=protect.Protected,
        fixed={"overwrite": False},
    ),
    Route(method="POST", path="/v1/protections/{protection}/reveal", command=protect.Reveal, result=protect.Revealed),
)
EVIDENCE: Final = (
    # Where documents are written is the node's to say: nobody names a path of it over the network.
    Route(
        method="POST",
        path="/v1/assessments",
        command=evidence.Assess,
        result=evidence.Assessed,
        status=201,
        fixed={"out": None},
    ),
    Route(
        method="GET",
        path="/v1/assessments/latest",
        command=evidence.ShowAssessment,
        result=Assessment,
        fixed={"id": None},
    ),
    Route(method="GET", path="/v1/assessments/{id}", command=evidence.ShowAssessment, result=Assessment),
)
LEDGER: Final = (
    Route(method="GET", path="/v1/ledger/entries", command=ledger.ShowLedger, result=ledger.LedgerPage),
    Route(method="POST", path="/v1/ledger/verify", command=ledger.VerifyLedger, result=Report),
    Route(method="GET", path="/v1/ledger/proof", command=ledger.ProveEntry, result=EntryProof),
    Route(method="GET", path="/v1/ledger/consistency", command=peers.ShowOffer, result=Offer),
    Route(method="GET", path="/v1/ledger/peers", command=peers.ShowPeers, result=peers.Peers),
    Route(method="POST", path="/v1/ledger/close-peer", command=peers.ClosePeer, result=KeptPeer),
    Route(method="GET", path=f"{_KEY}/erasure-certificate", command=erasure.CertifyKey, result=Certificate),
    Route(method="GET", path=f"{_DOMAIN}/erasure-certificate", command=erasure.CertifyDomain, result=Certificate),
)
PEOPLE: Final = (
    Route(
        method="POST", path="/v1/principals", command=access.CreatePrincipal, result=access.PrincipalView, status=201
    ),
    Route(method="GET", path="/v1/principals", command=access.ListPrincipals, result=access.PrincipalPage),
    Route(method="GET", path=_PRINCIPAL, command=access.ShowPrincipal, result=access.PrincipalView),
    Route(method="POST", path=f"{_PRINCIPAL}/disable", command=access.DisablePrincipal, result=access.PrincipalView),
    Route(method="POST", path=f"{_PRINCIPAL}/roles", command=access.GrantRole, result=access.PrincipalView),
    Route(method="DELETE", path=f"{_PRINCIPAL}/roles/{{role}}", command=access.RevokeRole, result=access.PrincipalView),
    Route(method="PUT", path=f"{_PRINCIPAL}/person", command=access.LinkPrincipal, result=access.PrincipalView),
    Route(method="PUT", path=f"{_PRINCIPAL}/domains", command=access.AssignDomains, result=access.PrincipalView),
    Route(
        method="POST",
        path=f"{_PRINCIPAL}/enrolments",
        command=access.CreateEnrolment,
        result=access.EnrolmentCreated,
        status=201,
        secret=True,
    ),
    Route(
        method="POST",
        path=f"{_PRINCIPAL}/tokens",
        command=access.IssueToken,
        result=access.TokenIssued,
        status=201,
        secret=True,
    ),
    Route(method="DELETE", path="/v1/tokens/{id}", command=access.RevokeToken, status=204),
    Route(
        method="POST",
        path=f"{_PRINCIPAL}/certificates",
        command=certificates.RegisterCertificate,
        result=certificates.CertificateRegistered,
        status=201,
    ),
    Route(method="DELETE", path="/v1/certificates/{id}", command=certificates.RevokeCertificate, status=204),
    Route(method="POST", path="/v1/enrolments", command=access.Enrol, result=access.Enrolled, status=201, public=True),
    Route(method="POST", path="/v1/sessions", command=access.SignIn, result=access.SignedIn, status=201, public=True),
    Route(method="GET", path="/v1/policies", command=access.ShowPolicies, result=access.PoliciesShown),
    Route(method="POST", path="/v1/policies/load", command=access.LoadPolicies, result=access.PoliciesShown),
)
APPROVALS: Final = (
    Route(method="GET", path="/v1/approvals", command=approvals.ListApprovals, result=approvals.ApprovalPage),
    Route(method="GET", path=_APPROVAL, command=approvals.ShowApproval, result=approvals.ApprovalView),
    Route(
        method="POST",
        path=f"{_APPROVAL}/withdraw",
        command=approvals.WithdrawApproval,
        result=approvals.ApprovalView,
    ),
    Route(method="POST", path=f"{_APPROVAL}/challenge", command=approvals.BeginVote, result=approvals.VoteBegun),
    Route(
        method="POST", path=f"{_APPROVAL}/votes", command=approvals.CastVote, result=approvals.ApprovalView, status=201
    ),
    Route(method="DELETE", path=f"{_APPROVAL}/votes", command=approvals.RevokeVote, result=approvals.ApprovalView),
    Route(method="GET", path="/v1/quorum", command=approvals.ShowQuorum, result=approvals.QuorumShown),
    Route(method="PUT", path="/v1/quorum/{id}", command=approvals.SetQuorum, result=approvals.QuorumShown),
    Route(method="DELETE", path="/v1/quorum/{id}", command=approvals.RemoveQuorum, result=approvals.QuorumShown),
    Route(method="GET", path="/v1/glass", command=glass.ListBreaks, result=glass.BreaksShown),
    Route(method="POST", path="/v1/glass/{id}/acknowledge", command=glass.AcknowledgeBreak, result=glass.BreakView),
    Route(method="GET", path="/v1/approver-keys", command=approvals.ListApproverKeys, result=approvals.ApproverKeys),
    Route(method="POST", path="/v1/approver-keys/challenge", command=approvals.BeginOffer, result=approvals.OfferBegun),
    Route(
        method="POST",
        path="/v1/approver-keys",
        command=approvals.OfferKey,
        result=approvals.ApproverKeyView,
        status=201,
    ),
    Route(
        method="POST",
        path="/v1/approver-keys/passkey",
        command=approvals.OfferPasskey,
        result=approvals.ApproverKeyView,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{_APPROVER_KEY}/register",
        command=approvals.RegisterApprover,
        result=approvals.ApproverKeyView,
    ),
    Route(
        method="POST",
        path=f"{_APPROVER_KEY}/retire",
        command=approvals.RetireApprover,
        result=approvals.ApproverKeyView,
    ),
)
HOUSE: Final = (
    Route(method="GET", path="/v1/jobs", command=house.ListJobs, result=house.JobPage),
    Route(method="GET", path="/v1/jobs/{job}", command=house.ShowJob, result=house.JobView),
    Route(method="POST", path="/v1/jobs/{job}/pause", command=house.PauseJob, result=house.JobView),
    Route(method="POST", path="/v1/jobs/{job}/resume", command=house.ResumeJob, result=house.JobView),
    Route(method="POST", path="/v1/jobs/{job}/cancel", command=house.CancelJob, result=house.JobView),
    Route(method="GET", path="/v1/nodes", command=house.ListNodes, result=house.NodeList),
    Route(method="GET", path="/v1/schedule", command=house.ShowSchedule, result=house.ScheduleShown),
)
ROUTES: Final = (
    *DOMAINS,
    *KEYS,
    *DATA,
    *BATCHES,
    *ROOT,
    *BACKUPS,
    *DISCOVER,
    *PROTECT,
    *EVIDENCE,
    *LEDGER,
    *PEOPLE,
    *APPROVALS,
    *HOUSE,
)
