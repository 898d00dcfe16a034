"""What a root of trust is, as records and evidence see it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from seawall.capabilities.keys.certificate import ModuleCertificate
from seawall.kernel.errors import Corrupt

#: What every sealed value of a root begins with, before the 16 bytes of the root key's id.
SEALED_MAGIC = b"SWR\x01"
#: The code of the refusal to store what a root key sealed that was retired meanwhile.
ROOT_RETIRED = "root.retired"


class RootKind(StrEnum):
    """Kinds of root of trust."""

    MEMORY = "memory"
    SEALED_FILE = "sealed_file"
    PKCS11 = "pkcs11"


class TokenState(StrEnum):
    """How a token stands with this process.

    ``idle`` was not needed yet, ``ready`` is logged in, ``lost`` does not answer, ``pin_refused`` is not tried again,
    ``differs`` holds another root key than this home's and is not used.
    """

    IDLE = "idle"
    READY = "ready"
    LOST = "lost"
    PIN_REFUSED = "pin_refused"
    DIFFERS = "differs"


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
class RootGeneration:
    """One root key: the greater its number, the newer it is; the newest seals, every one opens what it sealed.

    ``scheme`` names how it seals. ``created_ms`` is None where nothing tells it.
    """

    number: int
    key_id: UUID
    kind: RootKind
    scheme: str
    extractable: bool
    created_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHealth:
    """One token of a root: the first is the primary, the others stand by. ``code`` is the error that it met last."""

    label: str
    serial: str
    primary: bool
    state: TokenState
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootDescription:
    """What a root of trust is, for records and evidence; nothing of it is secret.

    ``key_id`` is the newest root key's UUID. ``hardware`` is what the token claims. ``extractable`` was measured:
    whether a root key can leave. ``certificate`` is what the operator recorded of the module, in one line, and
    ``validation`` the same in its parts. ``mechanisms`` are what the token can do, by their names in PKCS#11.
    """

    kind: RootKind
    label: str
    key_id: str
    hardware: bool
    extractable: bool
    module: ModuleInfo | None = None
    certificate: str | None = None
    validation: ModuleCertificate | None = None
    generations: tuple[RootGeneration, ...] = ()
    tokens: tuple[TokenHealth, ...] = ()
    mechanisms: tuple[str, ...] = ()


def sealed_by(wrapped: bytes) -> UUID:
    """Say which root key sealed a value, without opening it.

    Raises:
        Corrupt: ``root.wrapped_malformed``.
    """
    start, end = len(SEALED_MAGIC), len(SEALED_MAGIC) + 16
    if not wrapped.startswith(SEALED_MAGIC) or len(wrapped) < end:
        raise Corrupt(
            "root.wrapped_malformed", "a sealed key is malformed.", remedy="Compare the store with its backup."
        )
    return UUID(bytes=wrapped[start:end])
