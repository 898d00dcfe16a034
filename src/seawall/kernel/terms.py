"""Terms that several rooms share: who acts, on what, with whose leave; classes of data; facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """Built-in roles. No one role, and no allowed set of roles, both manages keys and reads data."""

    ADMINISTRATOR = "administrator"
    CUSTODIAN = "custodian"
    SECURITY_ENGINEER = "security_engineer"
    APPLICATION = "application"
    DATA_OWNER = "data_owner"
    AUDITOR = "auditor"


class Proof(StrEnum):
    """How a principal proved itself."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - the name of a method, not a secret
    SESSION = "session"
    CERTIFICATE = "certificate"
    ENROLMENT = "enrolment"
    GRANT = "grant"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who acts. ``domains`` names the domains it may act in; ``*`` stands for all."""

    id: str
    name: str
    roles: frozenset[Role] = frozenset()
    domains: frozenset[str] = frozenset()
    proof: Proof = Proof.NONE
    session: str | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody proved anything."""
        return self.proof is Proof.NONE


ANONYMOUS = Principal(id="anonymous", name="anonymous")
SYSTEM = Principal(id="system", name="seawall", proof=Proof.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is acted on: a Cedar entity type in snake case, its id, and the domain it belongs to."""

    type: str
    id: str
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What somebody cites beside a command: an approval by its id, or the reason for which the glass is broken."""

    approval: str = ""
    break_glass: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave for one piece of long work: who gave it, for what, until when. It can be revoked at any time."""

    id: str
    principal_id: str
    action: str
    resource: Resource
    expires_ms: int


class DataClass(StrEnum):
    """Classes of data that discovery finds and protection is keyed on."""

    HKID = "hkid"
    PAN = "pan"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    DATE_OF_BIRTH = "date_of_birth"
    BANK_ACCOUNT = "bank_account"
    CN_RESIDENT_ID = "cn_resident_id"
    IBAN = "iban"
    SECRET = "secret"  # noqa: S105 - the name of a class of data


class Sensitivity(StrEnum):
    """How much harm disclosure does, from least to most."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


SENSITIVITY: Mapping[DataClass, Sensitivity] = {
    DataClass.HKID: Sensitivity.RESTRICTED,
    DataClass.PAN: Sensitivity.RESTRICTED,
    DataClass.CN_RESIDENT_ID: Sensitivity.RESTRICTED,
    DataClass.SECRET: Sensitivity.RESTRICTED,
    DataClass.BANK_ACCOUNT: Sensitivity.RESTRICTED,
    DataClass.IBAN: Sensitivity.RESTRICTED,
    DataClass.NAME: Sensitivity.CONFIDENTIAL,
    DataClass.EMAIL: Sensitivity.CONFIDENTIAL,
    DataClass.PHONE: Sensitivity.CONFIDENTIAL,
    DataClass.ADDRESS: Sensitivity.CONFIDENTIAL,
    DataClass.DATE_OF_BIRTH: Sensitivity.CONFIDENTIAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something measured on the live system, said in the ledger.

    ``kind`` is dotted and stable (``keys.inventory``), ``value`` is JSON, ``source`` names where it can be looked up
    (a ledger index, a store row).
    """

    kind: str
    subject: str
    value: Mapping[str, Any] = field(default_factory=dict)
    measured_ms: int
    source: str = ""
