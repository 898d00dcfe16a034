"""What is not measured yet, control by control, and the capability (C-number) whose measurement will bring it.

A control with checks that stands here is at most partial: what is named is part of it and nothing measures it yet. A
control without checks is not assessed. Whoever adds the measurement takes the entry away.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What is missing, as a phrase that follows "Not measured yet:", and who will bring it."""

    what: str
    capabilities: tuple[str, ...]


def _awaited(what: str, *capabilities: str) -> Awaited:
    return Awaited(what=what, capabilities=capabilities)


AWAITED: Mapping[str, Awaited] = {
    # Without any measurement.
    "gov-1.1": _awaited("a register of cloud workloads with owner, provider, region and tier", "C36"),
    "gov-1.2": _awaited("the criticality tier of workloads", "C36"),
    "gov-2": _awaited("who is accountable for each control of each service", "C36"),
    "csp-1.2": _awaited("how workloads, data and keys are spread over providers and regions", "C04"),
    "csp-3": _awaited("where data lies and crosses a border", "C02"),
    "res-1": _awaited("staying within tolerance when a node or a cloud is lost", "C08"),
    "res-1.1": _awaited("the use of keys and data from a second region or provider", "C07", "C08"),
    "res-2": _awaited("a drill of the contingency plan", "C08"),
    "res-3": _awaited("backups and the custody of their keys", "C09"),
    "res-3.1": _awaited("a restore drill without the provider's key service", "C09"),
    "exit-1": _awaited("an exit run", "C10"),
    "exit-1.1": _awaited("the opening of the same ciphertext on another platform", "C07"),
    "sec-5a-2": _awaited("delegation to third parties", "C23"),
    "sec-5b-1": _awaited("the discipline of development pipelines", "C35"),
    "sec-5b-2": _awaited("the traffic and the clients of the institution's APIs", "C27"),
    "sec-5b-3": _awaited("an inventory of APIs, shadow and deprecated ones included", "C26"),
    "sec-5b-4": _awaited("mutual TLS and identity between services", "C18"),
    "sec-5b-5": _awaited("protection of web and API endpoints against attack", "C28", "C29", "C30"),
    "sec-5b-6": _awaited("deployment by policy, and drift from it", "C34"),
    "sec-5b-7": _awaited("the vulnerability of data stores", "C33"),
    "sec-5b-8": _awaited("secrets of pipelines and workloads", "C20"),
    "mon-1.1": _awaited("delivery to a SIEM", "C32"),
    "mon-2": _awaited("abnormal access", "C25"),
    "mon-3": _awaited("incidents and their statutory clocks", "C31"),
    "cap-1": _awaited("skills, and the uses of cryptography that a quantum computer breaks", "C14"),
    # Measured in part.
    "csp-3.1": _awaited("where the root key really is, beyond what is declared", "C02"),
    "csp-4": _awaited("the certificate's status at its issuer", "C01"),
    "exit-2": _awaited("the removal of data and access at a former provider", "C10"),
    "sec-5a-1": _awaited("the reach of a provider's own keys and administrators", "C04", "C06"),
    "sec-5c-1": _awaited("populations and context beyond Seawall's own principals", "C22"),
    "sec-5c-2": _awaited("single sign-on and step-up by risk", "C21"),
    "sec-5c-3": _awaited("what administrators of the data stores see", "C15"),
    "sec-5d-1": _awaited("the criticality of data, and whether every store is known", "C16", "C36"),
    "sec-5d-2": _awaited("the risk of re-identification", "C17"),
    "sec-5d-3": _awaited("encryption in use, and in transit beyond this node", "C18", "C19"),
    "sec-5d-4": _awaited("backup of keys and periodic review", "C03", "C09"),
    "sec-5d-5": _awaited("the cryptography in use outside Seawall", "C13", "C14"),
    "sec-5e-1": _awaited("keys at cloud providers", "C04", "C05", "C06"),
    "mon-1": _awaited("access to databases and systems outside Seawall", "C24"),
    "asr-1": _awaited("independent assessment, and gaps with owner and date", "C36"),
}
