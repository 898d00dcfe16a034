"""The shape of each kind of fact's value, and one line that says it to a reader."""

from collections.abc import Mapping

import msgspec

from seawall.capabilities.evidence.seen import CertificateSeen, ListenerSeen, SuiteSeen


def many(number: int, noun: str) -> str:
    """Count something in words that fit the number."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of one kind of fact. Days are counted at the time of the measurement."""

    def summary(self) -> str:
        """Say the value in one line."""
        raise TypeError(f"{type(self).__name__} has no summary")


class KeyMeasured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of the inventory."""

    domain: str
    key: str
    purpose: str
    state: str
    age_days: float
    last_rotation_days: float
    version_count: int
    rotation_period_days: int | None
    destroy_pending: bool
    destroy_overdue: bool
    jurisdiction: str | None


class KeysValue(Value, frozen=True, kw_only=True):
    """Every key."""

    keys: tuple[KeyMeasured, ...]

    def summary(self) -> str:
        """Say the value in one line."""
        states: dict[str, int] = {}
        for key in self.keys:
            states[key.state] = states.get(key.state, 0) + 1
        listed = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        return f"{many(len(self.keys), 'key')} ({listed})" if self.keys else "no keys"


class RootValue(Value, frozen=True, kw_only=True):
    """The root of trust."""

    kind: str
    hardware: bool
    extractable: bool
    trial: bool
    module: str
    certificate: CertificateSeen | None

    def summary(self) -> str:
        """Say the value in one line."""
        words = [
            self.kind.replace("_", " "),
            "hardware" if self.hardware else "software",
            "root key can leave" if self.extractable else "root key cannot leave",
            f"certificate {self.certificate.reference}" if self.certificate else "no certificate recorded",
        ]
        return ", ".join([*words, "passphrase kept beside it (trial)"] if self.trial else words)


class ShredMeasured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shredded domain, with the result of reading back and the ledger entry of the act."""

    domain: str
    shredded_at: str
    read_back: int
    readable: int
    ledger_uid: str


class ShredsValue(Value, frozen=True, kw_only=True):
    """Every shredded domain."""

    domains: tuple[ShredMeasured, ...]

    def summary(self) -> str:
        """Say the value in one line."""
        if not self.domains:
            return "no domain was shredded"
        tried = sum(domain.read_back for domain in self.domains)
        readable = sum(domain.readable for domain in self.domains)
        return f"{many(len(self.domains), 'domain')} shredded, {many(tried, 'value')} read back, {readable} readable"


class ScanMeasured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scanned target."""

    target: str
    stores: int
    unscannable: int
    age_days: float
    classes: Mapping[str, int]


class ClassifiedValue(Value, frozen=True, kw_only=True):
    """Every target's newest scan, and how many values of each class they found."""

    scans: tuple[ScanMeasured, ...]
    classes: Mapping[str, int]

    def summary(self) -> str:
        """Say the value in one line."""
        stores = sum(scan.stores for scan in self.scans)
        unread = sum(scan.unscannable for scan in self.scans)
        found = ", ".join(f"{name} {number:,}" for name, number in sorted(self.classes.items()))
        scanned = f"{many(stores, 'store')} of {many(len(self.scans), 'target')} scanned, {unread} unscannable"
        return f"{scanned}; found: {found or 'nothing'}"


class ProtectedValue(Value, frozen=True, kw_only=True):
    """Which of the sensitive columns that scans found are protected.

    Args:
        found: sensitive columns in the newest scans (confidential and above).
        covered: those of them that a protection covers, in place or in a copy.
        in_place: those that are covered and of which no clear original remains.
        coverage: ``covered / found``, 0 where nothing was found.
        restricted_found, restricted_deidentified: restricted columns, and those tokenised or masked.
        techniques: protected columns by technique.
        invalid_encrypted: values of a wrong form that were encrypted instead of tokenised.
        left_clear: values that a protection wrote as they were.
        uncovered: up to 20 of the columns that are not covered.
    """

    found: int
    covered: int
    in_place: int
    coverage: float
    restricted_found: int
    restricted_deidentified: int
    techniques: Mapping[str, int]
    rows: int
    invalid_encrypted: int
    left_clear: int
    uncovered: tuple[str, ...]

    def summary(self) -> str:
        """Say the value in one line."""
        used = ", ".join(f"{name} {number}" for name, number in sorted(self.techniques.items()))
        return (
            f"{self.covered} of {self.found} sensitive columns protected ({self.in_place} in place; {used or 'none'}); "
            f"{self.invalid_encrypted:,} invalid values encrypted, {self.left_clear:,} left clear"
        )


class LedgerValue(Value, frozen=True, kw_only=True):
    """The result of verifying the ledger."""

    sound: bool
    place: str
    size: int
    checkpoint_at: str
    signatures: tuple[str, ...]
    kept_checkpoint: bool

    def summary(self) -> str:
        """Say the value in one line."""
        against = "against a kept checkpoint" if self.kept_checkpoint else "without a kept checkpoint"
        signed = " and ".join(self.signatures) or "no signature"
        sound = "verified" if self.sound else f"FAULT at {self.place}"
        return f"{self.size:,} entries {sound} {against}, checkpoint {self.checkpoint_at}, {signed}"


class CoverageValue(Value, frozen=True, kw_only=True):
    """How completely the ledger tells what the store did."""

    entries: int
    waiting: int
    lost: int
    oldest_waiting_seconds: float | None
    retained_days: float

    def summary(self) -> str:
        """Say the value in one line."""
        held = f"{self.entries:,} entries over {self.retained_days:.1f} days"
        return f"{held}; {self.waiting} store records waiting, {self.lost} lost"


class SeparationValue(Value, frozen=True, kw_only=True):
    """Every set of roles that one principal may hold, tried against the policy in force.

    ``violations`` names sets that may be held and let their holder both manage keys or people and read data.
    """

    roles: int
    sets_checked: int
    sets_assignable: int
    violations: tuple[str, ...]

    def summary(self) -> str:
        """Say the value in one line."""
        return (
            f"{self.sets_checked} role sets tried, {self.sets_assignable} may be held, "
            f"{len(self.violations)} join control and data"
        )


class PopulationsValue(Value, frozen=True, kw_only=True):
    """Who can act, in numbers."""

    people: int
    workloads: int
    disabled: int
    dormant: int
    forbidden_sets: int
    data_everywhere: int
    phishing_resistant: int
    by_role: Mapping[str, int]

    def summary(self) -> str:
        """Say the value in one line."""
        return (
            f"{self.people} people ({self.phishing_resistant} with a phishing-resistant factor), "
            f"{many(self.workloads, 'workload')}, {self.disabled} disabled; {self.dormant} dormant, "
            f"{self.data_everywhere} with data of all domains"
        )


class DenialsValue(Value, frozen=True, kw_only=True):
    """What was refused and recorded in a window."""

    window_days: int
    total: int
    unexplained: int
    by_code: Mapping[str, int]

    def summary(self) -> str:
        """Say the value in one line."""
        recorded = f"{many(self.total, 'denial')} recorded in {self.window_days} days"
        return f"{recorded}, {self.unexplained} without a reason code"


class RotationsValue(Value, frozen=True, kw_only=True):
    """Key rotations in a window."""

    window_days: int
    performed: int
    failed: int
    last_at: str | None

    def summary(self) -> str:
        """Say the value in one line."""
        last = f", last {self.last_at}" if self.last_at else ""
        return f"{many(self.performed, 'rotation')} in {self.window_days} days, {self.failed} failed{last}"


class NodeValue(Value, frozen=True, kw_only=True):
    """This node: what listens, and the suites that new envelopes use."""

    version: str
    store: str
    listeners: tuple[ListenerSeen, ...]
    suites: tuple[SuiteSeen, ...]

    def summary(self) -> str:
        """Say the value in one line."""
        doors = ", ".join(
            f"{door.name} {'loopback' if door.loopback else 'network'} {f'TLS {door.tls}' if door.tls else 'clear'}"
            for door in self.listeners
        )
        return f"Seawall {self.version} on {self.store}; listeners: {doors or 'none'}"


class AssessmentsValue(Value, frozen=True, kw_only=True):
    """Assessments before this one."""

    window_days: int
    count: int
    longest_gap_days: float | None

    def summary(self) -> str:
        """Say the value in one line."""
        return f"{many(self.count, 'earlier assessment')} in {self.window_days} days"
