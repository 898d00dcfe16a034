"""The table of routes: which method and path ask for which command."""

from typing import Final

from seawall.capabilities.discover import commands as discover
from seawall.capabilities.evidence import commands as evidence
from seawall.capabilities.evidence.model import Assessment
from seawall.capabilities.keys import commands as keys
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.capabilities.protect import commands as protect
from seawall.edge.rest.routes import Route

_DOMAIN: Final = "/v1/domains/{domain}"
_KEY: Final = "/v1/domains/{domain}/keys/{key}"

DOMAINS: Final = (
    Route(method="POST", path="/v1/domains", command=keys.CreateDomain, result=DomainView, status=201),
    Route(method="GET", path="/v1/domains", command=keys.ListDomains, result=keys.Domains),
    Route(method="POST", path=f"{_DOMAIN}/shred", command=keys.ShredDomain, result=keys.Shredded),
    Route(method="POST", path=f"{_DOMAIN}/cancel-shred", command=keys.CancelShred, result=DomainView),
)
KEYS: Final = (
    Route(method="POST", path=f"{_DOMAIN}/keys", command=keys.CreateKey, result=KeyView, status=201),
    Route(method="GET", path=f"{_DOMAIN}/keys", command=keys.ListKeys, result=keys.KeyPage),
    Route(method="GET", path="/v1/keys", command=keys.ListKeys, result=keys.KeyPage, fixed={"domain": ""}),
    Route(method="POST", path="/v1/keys/finish-destroy", command=keys.FinishDestroy, result=keys.Finished),
    Route(method="GET", path=_KEY, command=keys.GetKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/rotate", command=keys.RotateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/activate", command=keys.ActivateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/suspend", command=keys.SuspendKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/resume", command=keys.ResumeKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/deactivate", command=keys.DeactivateKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/compromise", command=keys.CompromiseKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/destroy", command=keys.DestroyKey, result=KeyView),
    Route(method="POST", path=f"{_KEY}/cancel-destroy", command=keys.CancelDestroyKey, result=KeyView),
)
DATA: Final = (
    Route(method="POST", path=f"{_KEY}/encrypt", command=keys.Encrypt, result=keys.Encrypted, fast=True),
    Route(method="POST", path=f"{_KEY}/decrypt", command=keys.Decrypt, result=keys.Decrypted, fast=True),
    Route(method="POST", path=f"{_KEY}/rewrap", command=keys.Rewrap, result=keys.Encrypted, fast=True),
)
DISCOVER: Final = (
    Route(method="POST", path="/v1/scans", command=discover.Scan, result=discover.ScanResult, status=201),
    Route(method="GET", path="/v1/scans", command=discover.ShowScans, result=discover.Scans),
    Route(method="GET", path="/v1/scans/{scan_id}", command=discover.ShowScan, result=discover.ScanResult),
)
PROTECT: Final = (
    Route(method="POST", path="/v1/protections", command=protect.Protect, result=protect.Protected, status=201),
    Route(method="GET", path="/v1/protections", command=protect.ShowProtections, result=protect.ProtectionList),
    Route(
        method="POST",
        path="/v1/protections/{protection}/retokenise",
        command=protect.Retokenise,
        result=protect.Protected,
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
ROUTES: Final = (*DOMAINS, *KEYS, *DATA, *DISCOVER, *PROTECT, *EVIDENCE)
