"""What other rooms show to this one, in the smallest shapes that can be measured from.

Times are Unix milliseconds. Nothing here carries a key, a secret or a data value: names, counts, states and times.
"""

import msgspec

from seawall.kernel.terms import DataClass, Role, Sensitivity


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that another room showed."""


class KeySeen(Seen, frozen=True, kw_only=True):
    """A key.

    Args:
        purpose: what the key may do, such as ``encrypt``; one purpose only.
        state: NIST SP 800-57 part 1 rev 5, section 7, in snake case.
        created_ms: when the key was made.
        rotated_ms: when its newest version was made; equal to ``created_ms`` for a key with one version.
        versions: how many versions it has.
        rotation_days: the period that its policy sets, or None where no policy sets one.
        destroy_due_ms: when a destruction that waits will be carried out, or None.
        jurisdiction: where the key may be held, as its domain declares (ISO 3166), or None where nothing is declared.
    """

    domain: str
    key: str
    purpose: str
    state: str
    created_ms: int
    rotated_ms: int
    versions: int
    rotation_days: int | None = None
    destroy_due_ms: int | None = None
    jurisdiction: str | None = None


class ShredSeen(Seen, frozen=True, kw_only=True):
    """A domain whose key-encryption key was destroyed.

    Args:
        read_back: how many sealed values were tried after the act.
        readable: how many of them could still be opened; anything but 0 is a failure.
        ledger_uid: the ledger entry that records the act, or empty where none was found.
    """

    domain: str
    shredded_ms: int
    read_back: int
    readable: int
    ledger_uid: str


class CertificateSeen(Seen, frozen=True, kw_only=True):
    """A module's certificate as somebody recorded it; the issuer was not asked.

    Args:
        reference: the certificate's number with its scheme, such as ``FIPS 140-3 #4811``.
        status: the issuer's word in lower case, such as ``active``, ``historical``, ``revoked``; empty if not recorded.
        sunset_ms: when it lapses, or None where the record does not say.
    """

    reference: str
    status: str = ""
    sunset_ms: int | None = None


class RootSeen(Seen, frozen=True, kw_only=True):
    """The root of trust.

    Args:
        kind: ``sealed_file``, ``pkcs11``, or ``memory`` for one that dies with its process.
        hardware: whether the token says that it is hardware (PKCS#11 CKF_HW_SLOT), never assumed.
        extractable: whether the root key can leave the token; a sealed file's always can.
        trial: whether the passphrase lies beside the root that it opens.
        module: manufacturer, model and firmware in one line.
    """

    kind: str
    label: str
    hardware: bool
    extractable: bool
    trial: bool
    module: str
    certificate: CertificateSeen | None = None


class ColumnSeen(Seen, frozen=True, kw_only=True):
    """A place where sensitive data was found: a column, a field, or the text of one file (``column`` empty)."""

    store: str
    column: str
    data_class: DataClass
    sensitivity: Sensitivity
    count: int


class ScanSeen(Seen, frozen=True, kw_only=True):
    """The newest finished scan of one target.

    Args:
        target: what was scanned, without credentials.
        stores: tables and files that were read.
        unscannable: tables and files that could not be read.
        columns: where sensitive data was found.
    """

    target: str
    scanned_ms: int
    stores: int
    unscannable: int
    columns: tuple[ColumnSeen, ...]


class ProtectedColumnSeen(Seen, frozen=True, kw_only=True):
    """A column that was protected.

    Args:
        data_class: None for mixed text, or where policy named the column and not what it holds.
        technique: ``tokenise``, ``encrypt`` or ``mask``.
        rows: values that were protected.
        invalid_encrypted: values of a wrong form, which were encrypted instead of tokenised.
        left_clear: values that were written as they were; anything but 0 is a failure.
    """

    store: str
    column: str
    data_class: DataClass | None
    technique: str
    rows: int
    invalid_encrypted: int
    left_clear: int


class ProtectionSeen(Seen, frozen=True, kw_only=True):
    """The newest protection of one target; ``in_place`` is False where a copy was made and the original remains."""

    target: str
    protected_ms: int
    in_place: bool
    columns: tuple[ProtectedColumnSeen, ...]


class LedgerSeen(Seen, frozen=True, kw_only=True):
    """The result of verifying the ledger.

    Args:
        sound: whether every entry up to the checkpoint is as it was signed.
        place: where the first fault is, empty for none.
        size: entries under the checkpoint.
        signatures: the algorithms whose signatures on the checkpoint were checked, such as ``Ed25519``, ``ML-DSA-44``.
        kept: whether it was held against a checkpoint kept elsewhere, which alone excludes a rollback.
    """

    sound: bool
    place: str
    size: int
    checkpoint_ms: int
    signatures: tuple[str, ...]
    kept: bool


class CoverageSeen(Seen, frozen=True, kw_only=True):
    """How completely the ledger tells what the store did.

    Args:
        waiting: outbox records that are not in the ledger yet.
        oldest_waiting_ms: the time of the oldest of them, or None.
        lost: outbox records that were handed over and are not in the ledger.
        first_ms: the time of the oldest entry, or None for an empty ledger.
    """

    entries: int
    waiting: int
    lost: int
    oldest_waiting_ms: int | None = None
    first_ms: int | None = None
    last_ms: int | None = None


class ActionSeen(Seen, frozen=True, kw_only=True):
    """How often an action ended in one way; ``code`` is the reason of a denial or failure, empty for success."""

    action: str
    outcome: str
    code: str
    count: int
    last_ms: int


class PrincipalSeen(Seen, frozen=True, kw_only=True):
    """A principal that can act, without its name.

    Args:
        person: whether a human signs in with it; False for a workload.
        everywhere: whether it may act in all domains.
        proofs: how it can prove itself, such as ``token``, ``session``, ``webauthn``.
        last_ms: when it last acted, or None.
    """

    roles: tuple[Role, ...]
    person: bool
    disabled: bool
    everywhere: bool
    proofs: tuple[str, ...]
    created_ms: int
    last_ms: int | None = None


class ListenerSeen(Seen, frozen=True, kw_only=True):
    """Something that accepts connections.

    Args:
        tls: the lowest version accepted, such as ``1.3``; empty where plain text is spoken.
        group: the one key exchange group that is let in, such as ``X25519MLKEM768``; empty where several are.
        client: whether clients show a certificate: ``none``, ``optional`` or ``required``; empty without TLS.
    """

    name: str
    loopback: bool
    tls: str
    group: str = ""
    client: str = ""


class SuiteSeen(Seen, frozen=True, kw_only=True):
    """A cipher suite that new envelopes use; ``quantum`` is ``resistant``, ``vulnerable`` or ``unknown``."""

    name: str
    standard: str
    quantum: str


class NodeSeen(Seen, frozen=True, kw_only=True):
    """This node."""

    version: str
    store: str
    listeners: tuple[ListenerSeen, ...]
    suites: tuple[SuiteSeen, ...]
