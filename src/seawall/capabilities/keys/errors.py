"""What this room refuses, each with what can be done instead."""

from collections.abc import Sequence

from seawall.kernel.clock import iso
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound

_LATER = {
    "pre_active": "Activate it first.",
    "suspended": "Resume it, when what it was suspended for is settled.",
    "deactivated": "Use another key to protect; what it protected may be read where the domain's policy allows it.",
    "compromised": "Use another key; the domain's policy says whether what it protected may still be read.",
}


def unknown_domain(domain: str) -> NotFound:
    """There is no such domain."""
    return NotFound("keys.domain_unknown", f"there is no domain {domain}.", field="domain")


def unknown_key(domain: str, key: str) -> NotFound:
    """There is no such key."""
    return NotFound("keys.unknown", f"there is no key {domain}/{key}.", field="key")


def unknown_version(domain: str, key: str, version: int) -> NotFound:
    """There never was such a version."""
    return NotFound("keys.version_unknown", f"key {domain}/{key} has no version {version}.", field="version")


def domain_exists(domain: str) -> Conflict:
    """The name is taken, perhaps by a tombstone."""
    return Conflict(
        "keys.domain_exists",
        f"there is, or was, a domain {domain}; names never return.",
        field="name",
        remedy="Choose another name.",
    )


def key_exists(domain: str, key: str) -> Conflict:
    """The name is taken, perhaps by a tombstone."""
    return Conflict(
        "keys.exists",
        f"there is, or was, a key {domain}/{key}; names never return.",
        field="name",
        remedy="Choose another name.",
    )


def illegal_transition(transition: str, standing: str, legal: Sequence[str]) -> Conflict:
    """The state does not allow this transition."""
    allowed = f"legal: {', '.join(legal)}." if legal else "nothing is legal any more."
    return Conflict("keys.illegal_transition", f"{transition} is not legal for a key that is {standing}; {allowed}")


def state_forbids(domain: str, key: str, state: str) -> Conflict:
    """The state does not allow this use."""
    return Conflict(f"keys.{state}", f"key {domain}/{key} is {state}; it cannot be used so.", remedy=_LATER.get(state))


def blocked(domain: str, key: str, reason: str | None) -> Conflict:
    """The kill switch was thrown."""
    why = f": {reason}" if reason else ""
    return Conflict(
        "keys.blocked",
        f"key {domain}/{key} is blocked and cannot be used{why}.",
        remedy="A custodian can unblock it when what it was blocked for is settled.",
    )


def archived(domain: str, key: str) -> Conflict:
    """The key is kept, and not used."""
    return Conflict(
        "keys.archived",
        f"key {domain}/{key} is archived and cannot be used.",
        remedy="A custodian can recover it from the archive.",
    )


def undeletable(domain: str, key: str) -> Conflict:
    """Somebody said that the key must stay."""
    return Conflict(
        "keys.undeletable",
        f"key {domain}/{key} was declared undeletable; neither it nor its domain is destroyed.",
        remedy="Update the key first, if it may go.",
    )


def stale(what: str, revision: int) -> Conflict:
    """Somebody changed it meanwhile."""
    return Conflict(
        "keys.revision",
        f"{what} was changed meanwhile; it is at revision {revision}.",
        field="if_revision",
        remedy="Read it again, and decide anew.",
    )


def wider_usage(purpose: str, wider: Sequence[str], whole: Sequence[str]) -> InvalidInput:
    """A usage mask reaches beyond the purpose."""
    return InvalidInput(
        "keys.usage",
        f"a key for purpose {purpose} is not used for {', '.join(wider)}.",
        field="usage",
        remedy=f"It may be used for: {', '.join(whole)}.",
    )


def usage_forbids(domain: str, key: str, usage: str) -> InvalidInput:
    """The key's usage mask takes this use away."""
    return InvalidInput(
        "keys.usage",
        f"the usage mask of key {domain}/{key} does not have {usage}.",
        field="key",
        remedy="Name a key that may be used so.",
    )


def weak_wrapping(domain: str, key: str, strength: int, cargo: str, needed: int) -> Conflict:
    """The wrapping key would be the weaker of the two."""
    return Conflict(
        "keys.weak_wrapping",
        f"key {domain}/{key} has {strength} bits of security strength, and {cargo} has {needed}.",
        remedy="Wrap with a key that is as strong as what it carries.",
    )


def not_active(domain: str, key: str, state: str) -> Conflict:
    """Only an active key takes a new version."""
    return Conflict(
        "keys.not_active",
        f"only an active key can be rotated, and {domain}/{key} is {state} or about to be destroyed.",
        remedy="Activate or resume it, or make another key.",
    )


def pending_destruction(domain: str, key: str, after_ms: int) -> Conflict:
    """The key waits for its destruction."""
    return Conflict(
        "keys.pending_destruction",
        f"key {domain}/{key} will be destroyed after {iso(after_ms)} and cannot be used.",
        remedy="A custodian can cancel its destruction until then.",
    )


def key_destroyed(domain: str, key: str, at_ms: int) -> Conflict:
    """The key is gone."""
    return Conflict(
        "keys.destroyed",
        f"key {domain}/{key} was destroyed at {iso(at_ms)}; what it protected cannot be read again by anyone.",
    )


def domain_pending(domain: str, after_ms: int) -> Conflict:
    """The domain waits for its destruction."""
    return Conflict(
        "keys.pending_destruction",
        f"domain {domain} will be destroyed after {iso(after_ms)}, and none of its keys can be used.",
        remedy="A custodian can cancel its destruction until then.",
    )


def domain_destroyed(domain: str, at_ms: int) -> Conflict:
    """The domain was crypto-shredded."""
    return Conflict(
        "keys.destroyed",
        f"domain {domain} was crypto-shredded at {iso(at_ms)}; what its keys protected cannot be read again by anyone.",
    )


def not_pending(domain: str) -> Conflict:
    """No destruction was asked for."""
    return Conflict("keys.not_pending", f"no destruction of domain {domain} is pending.")


def not_due(after_ms: int) -> Conflict:
    """The waiting period has not passed."""
    return Conflict(
        "keys.not_due", f"destruction is not due before {iso(after_ms)}.", remedy="Wait, or cancel the destruction."
    )


def wrong_purpose(domain: str, key: str, purpose: str) -> InvalidInput:
    """The key is for something else."""
    return InvalidInput(
        "keys.purpose",
        f"key {domain}/{key} is for purpose {purpose} alone.",
        field="key",
        remedy="Name a key of the right purpose; a key serves one.",
    )


def other_version(domain: str, key: str, version: int) -> Conflict:
    """Only the current version protects new values."""
    return Conflict(
        "keys.version_retired",
        f"version {version} of key {domain}/{key} is not the current one and encrypts nothing new.",
        remedy="Leave the version out.",
    )


def version_retired(domain: str, key: str, version: int, at_ms: int) -> Conflict:
    """The version's material was erased."""
    return Conflict(
        "keys.version_retired",
        f"version {version} of key {domain}/{key} was retired at {iso(at_ms)}; what it protected cannot be read again.",
        field="version",
    )


def material_missing(domain: str, key: str, version: int) -> Corrupt:
    """A living key without its material."""
    return Corrupt(
        "keys.material_missing",
        f"the material of key {domain}/{key}, version {version}, is not in the store.",
        remedy="Stop, and compare the store with its last good backup.",
    )


def erase_incomplete(what: str) -> Corrupt:
    """Reading back after an erasure found something."""
    return Corrupt(
        "keys.erase_incomplete",
        f"sealed material of {what} is still in the store after its destruction.",
        remedy="Stop every node, and look for what writes to the store beside Seawall.",
    )


def kek_missing(domain: str) -> Corrupt:
    """A living domain without its key-encryption key."""
    return Corrupt(
        "keys.kek_missing",
        f"the key-encryption key of domain {domain} is not in the store.",
        remedy="Stop, and compare the store with its last good backup.",
    )


def material_corrupt(domain: str, key: str, version: int) -> Corrupt:
    """Material that does not open."""
    return Corrupt(
        "keys.material_corrupt",
        f"the stored material of key {domain}/{key}, version {version}, was changed or belongs elsewhere.",
        remedy="Stop, and compare the store with its last good backup.",
    )


def old_version(domain: str, key: str, current: int) -> InvalidInput:
    """Only the current version protects."""
    return InvalidInput(
        "keys.old_version",
        f"only version {current} of key {domain}/{key} protects anything new.",
        field="version",
        remedy="Leave the version out.",
    )


def wrong_mechanism(domain: str, key: str, mechanisms: Sequence[str]) -> InvalidInput:
    """The key is not used by this mechanism."""
    return InvalidInput(
        "keys.mechanism",
        f"key {domain}/{key} is not used by this mechanism.",
        field="mechanism",
        remedy=f"It has: {', '.join(mechanisms)}.",
    )


def nonces_exhausted(version: int) -> Conflict:
    """A version has encrypted as often as its mechanism can bear."""
    return Conflict(
        "keys.nonces_exhausted",
        f"version {version} of this key has no nonces left.",
        remedy="Rotate the key; XAES-256-GCM has no such bound.",
    )


def wrong_wrapping(algorithm: str) -> InvalidInput:
    """The form does not come under a key of this kind."""
    return InvalidInput(
        "keys.wrapping_key",
        f"this form does not come under a key of {algorithm}.",
        field="wrapping_key",
        remedy="kwp comes under AES, rsa-aes-kwp under RSA, jwe under AES or RSA, hpke under X25519+ML-KEM-768.",
    )


def no_token() -> Conflict:
    """A key is to live in a token, and there is none."""
    return Conflict(
        "keys.no_token",
        "this installation has no token for the key to live in.",
        field="resident",
        remedy="Configure root.pkcs11 in seawall.toml, or make the key without --resident.",
    )


def stays_in_token(text: str) -> Conflict:
    """Something is asked of a key that lives in a token, which only others have."""
    return Conflict("keys.resident", text, remedy="Rotate it, or destroy it as a whole.")


def not_exportable(domain: str, key: str) -> Conflict:
    """The key's policy does not let its material leave."""
    return Conflict(
        "keys.not_exportable",
        f"key {domain}/{key} may not leave.",
        remedy="Make it exportable first, where policy and approvers allow that.",
    )


def other_material() -> InvalidInput:
    """What came in is not what the sender says."""
    return InvalidInput(
        "keys.key_check_value",
        "the material has another key check value than was given.",
        field="key_check_value",
        remedy="Compare the key with the sender's before it is sent again.",
    )


def weak_recipient(strength: int, cargo: str, needed: int) -> Conflict:
    """A receiver's key is weaker than what it would protect."""
    return Conflict(
        "keys.weak_wrapping",
        f"the wrapping key has {strength} bits of strength, its cargo of {cargo} {needed}.",
        field="recipient",
        remedy="Take a stronger one, or say in weaker_wrapping why this one must do.",
    )
