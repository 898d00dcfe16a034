"""Certificates of erasure: what was crypto-shredded, in a statement that the ledger holds and its keys vouch for.

A certificate is one file. Its statement is an entry of the ledger; the proof shows the entry under a checkpoint that is
signed with Ed25519 and ML-DSA-44; the inventory lists the keys and versions, and the statement holds its digest. All
else in the file follows from these. It has one form, or two: as REST writes it, and indented as a file; whoever checks
it makes it again and compares every byte.

What is vouched for is what Seawall did and found in its own store, and what it knew of backups at that time. Copies
that somebody made of clear data, of exported keys or of a store without Seawall's knowledge are beyond it.
"""

from hashlib import sha256
from typing import Final, Literal

import msgspec

from seawall.crypto.checkpoint import decode64
from seawall.kernel.clock import iso
from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError
from seawall.ledger.checkpoints import SignedCheckpoint
from seawall.ledger.keys import Verifiers
from seawall.ledger.proofs import EntryProof, verify_entry

KIND: Final = "seawall erasure certificate, version 1"
STATED: Final = "keys.erasure_statement"
METHOD: Final = (
    "cryptographic erase (NIST SP 800-88 Rev. 1, section 2.6): the sealed key material and, with a domain, its "
    "key-encryption keys were erased from the store and overwritten as far as the database can; the store was then "
    "read back for what is left"
)
NO_BACKUPS: Final = "no backups recorded"


class ErasedVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version whose material is gone; its key check value tells it from any other."""

    number: int
    created_ms: int
    algorithm: str
    key_check_value: str


class ErasedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key whose material is gone."""

    id: str
    domain: str
    name: str
    purpose: str
    versions: list[ErasedVersion]


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that somebody did, as the ledger has it: when, who, and the entry that tells of it."""

    at_ms: int
    by: str
    name: str
    index: int
    uid: str


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who approved of the erasure, when, and the request for approval that it belongs to."""

    at_ms: int
    by: str
    name: str
    request: str


class Recoverable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backup out of which what was erased could still be restored, and until when; None: without an end."""

    backup: str
    set: str
    made_ms: int
    until_ms: int | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stated; times are Unix milliseconds.

    ``inventory_sha256`` is over the inventory's JSON. ``remaining`` counts the sealed materials and wrapped keys
    that the store still had when the certificate was made; ``read_back`` is the look taken at the time of destruction,
    which found none. ``recoverable`` is what was known of backups when it was made; ``backups`` says so in words.
    """

    subject: Literal["key", "domain"]
    domain: str
    key: str
    id: str
    state: str
    inventory_sha256: str
    keys: int
    versions: int
    kek_generations: int
    asked: Act | None
    approvals: list[Approval]
    done: Act
    read_back: Act | None
    remaining: int
    method: str
    recoverable: list[Recoverable]
    backups: str


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate of erasure. ``issued`` and ``statement`` repeat what the entry in ``proof`` says."""

    kind: str
    vouches: list[str]
    issued: Act
    statement: Statement
    inventory: list[ErasedKey]
    proof: EntryProof


class _Unmapped(msgspec.Struct, frozen=True):
    facts: Statement
    outcome: str = ""


class _Named(msgspec.Struct, frozen=True):
    uid: str = ""
    name: str = ""


class _Actor(msgspec.Struct, frozen=True):
    user: _Named = _Named()


class _Api(msgspec.Struct, frozen=True):
    operation: str = ""


class _Entry(msgspec.Struct, frozen=True):
    time: int
    metadata: _Named
    actor: _Actor
    api: _Api
    unmapped: _Unmapped


def digest_inventory(inventory: list[ErasedKey]) -> str:
    """Digest an inventory as the statement holds it: SHA-256, hexadecimal."""
    return sha256(msgspec.json.encode(inventory)).hexdigest()


def compose(proof: EntryProof, inventory: list[ErasedKey]) -> Certificate:
    """Make the certificate that follows from a proven entry and an inventory.

    Raises:
        Corrupt: the entry states no erasure (``certificate.statement``), or another inventory
            (``certificate.inventory``).
    """
    try:
        entry = msgspec.json.decode(proof.entry, type=_Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _wrong("statement", "the entry that it proves states no erasure") from None
    if entry.api.operation != STATED or entry.unmapped.outcome != "success":
        raise _wrong("statement", "the entry that it proves states no erasure")
    statement = entry.unmapped.facts
    if statement.inventory_sha256 != digest_inventory(inventory):
        raise _wrong("inventory", "the inventory is not the one that the statement was made for")
    issued = Act(
        at_ms=entry.time,
        by=entry.actor.user.uid,
        name=entry.actor.user.name,
        index=proof.index,
        uid=entry.metadata.uid,
    )
    return Certificate(
        kind=KIND,
        vouches=vouched(statement, issued),
        issued=issued,
        statement=statement,
        inventory=inventory,
        proof=proof,
    )


def encode_certificate(certificate: Certificate) -> bytes:
    """Write a certificate as a file: JSON, indented by two spaces, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(certificate), indent=2) + b"\n"


def verify_certificate(data: bytes, verifiers: Verifiers) -> tuple[Certificate, SignedCheckpoint]:
    """Check a certificate offline, with public keys alone, and return it with the checkpoint that vouches for it.

    1. It is a certificate.
    2. Its proof shows the entry under a checkpoint that both keys of the ledger signed, and nobody else.
    3. Made again from entry and inventory, it is the same, byte for byte.

    Raises:
        InvalidInput: it is none, with code ``certificate.malformed``.
        Corrupt: ``ledger.checkpoint``, ``merkle.not_included``, ``certificate.statement``, ``certificate.inventory`` or
            ``certificate.form``.
    """
    try:
        given = msgspec.json.decode(data, type=Certificate)  # 1.
        for value in given.proof.hashes:
            decode64(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None
    except SeawallError:
        raise _malformed() from None
    checkpoint = verify_entry(given.proof, verifiers)  # 2.
    signatures = given.proof.checkpoint.rpartition("\n\n")[2].count("\n")
    if signatures != len(verifiers.keys):
        raise _wrong("form", "its checkpoint has other signatures beside those of the ledger")
    made = compose(given.proof, given.inventory)
    if data not in (encode_certificate(made), msgspec.json.encode(made)):  # 3.
        raise _wrong("form", "it is not what follows from its entry and its inventory, byte for byte")
    return made, checkpoint


def vouched(statement: Statement, issued: Act) -> list[str]:
    """Say in words what a statement vouches for, and what it does not."""
    what = f"key {statement.domain}/{statement.key}" if statement.subject == "key" else f"domain {statement.domain}"
    lines = [
        f"Destroyed: the {what} (id {statement.id}), at {iso(statement.done.at_ms)} by {statement.done.name}.",
        f"With it: {statement.versions} version(s) of {statement.keys} key(s), listed in the inventory.",
        f"Method: {statement.method}.",
        f"Left of it in the store at {iso(issued.at_ms)}: {statement.remaining} sealed materials and wrapped keys.",
    ]
    if statement.asked is not None:
        lines.append(f"Asked for at {iso(statement.asked.at_ms)} by {statement.asked.name}.")
    names = sorted({approval.name for approval in statement.approvals})
    lines.append(f"Approved by: {', '.join(names) or 'nobody else was asked'}.")
    if statement.read_back is None:
        lines.append("That the store was read back at the time of destruction is not on record.")
    lines.append(f"Backups: {statement.backups}.")
    for kept in statement.recoverable:
        until = "without an end" if kept.until_ms is None else f"until {iso(kept.until_ms)}"
        lines.append(f"Recoverable from backup {kept.backup} of set {kept.set}, made {iso(kept.made_ms)}, {until}.")
    lines.append(
        "Not vouched for: copies of clear data, keys exported before, and copies of the store that nobody told of."
    )
    return lines


def _wrong(what: str, text: str) -> Corrupt:
    return Corrupt(f"certificate.{what}", f"the certificate does not hold: {text}.")


def _malformed() -> InvalidInput:
    return InvalidInput("certificate.malformed", "this is no certificate of erasure.", field="certificate")
