"""What a root of trust is, as records and evidence see it."""

from dataclasses import dataclass
from enum import StrEnum


class RootKind(StrEnum):
    """Kinds of root of trust."""

    MEMORY = "memory"
    SEALED_FILE = "sealed_file"
    PKCS11 = "pkcs11"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleInfo:
    """What a token says of itself (PKCS#11 2.40, CK_TOKEN_INFO and CK_INFO)."""

    manufacturer: str
    model: str
    serial: str
    token_label: str
    hardware_version: str
    firmware_version: str
    library: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RootDescription:
    """What a root of trust is, for records and evidence; nothing of it is secret.

    ``key_id`` is the root key's UUID. ``hardware`` is what the token claims. ``extractable`` was measured: whether the
    root key can leave. ``certificate`` is recorded by the operator, such as a CMVP number.
    """

    kind: RootKind
    label: str
    key_id: str
    hardware: bool
    extractable: bool
    module: ModuleInfo | None = None
    certificate: str | None = None
