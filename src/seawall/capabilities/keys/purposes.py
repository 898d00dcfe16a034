"""What a key is for. No key serves two purposes; its usage mask can only narrow its purpose.

SP 800-57 part 1 rev. 5, section 5.2: a single key shall be used for one purpose alone. So no key both wraps and
decrypts data, whatever its algorithm could do.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from seawall.capabilities.keys import errors
from seawall.crypto.algorithms import registry
from seawall.crypto.algorithms.registry import Algorithm, Mechanism, Operation


class Purpose(StrEnum):
    """What a key is for."""

    ENCRYPT = "encrypt"
    TOKENISE = "tokenise"
    WRAP = "wrap"
    SIGN = "sign"
    MAC = "mac"
    DERIVE = "derive"
    ENCAPSULATE = "encapsulate"


class Use(StrEnum):
    """What a key is used for at a moment: to protect new data, or to process what was protected."""

    PROTECT = "protect"
    PROCESS = "process"


class Usage(StrEnum):
    """The bits of KMIP's cryptographic usage mask (KMIP 2.1, section 11.14) that the purposes have.

    KMIP 2.1 has none for encapsulation; those two are named after FIPS 203.
    """

    ENCRYPT = "encrypt"
    DECRYPT = "decrypt"
    FPE_ENCRYPT = "fpe_encrypt"
    FPE_DECRYPT = "fpe_decrypt"
    WRAP_KEY = "wrap_key"
    UNWRAP_KEY = "unwrap_key"
    SIGN = "sign"
    VERIFY = "verify"
    MAC_GENERATE = "mac_generate"
    MAC_VERIFY = "mac_verify"
    DERIVE_KEY = "derive_key"
    ENCAPSULATE = "encapsulate"
    DECAPSULATE = "decapsulate"


class Origin(StrEnum):
    """Where a version's material was made."""

    GENERATED = "generated"
    IMPORTED = "imported"
    HSM = "hsm"


# What each operation is called in a mask, and whether it protects or processes. Deriving is the originator's use:
# SP 800-57 gives a key-agreement and a key-derivation key one period for both sides.
_OPERATIONS: Mapping[Operation, tuple[Usage, Use]] = MappingProxyType(
    {
        Operation.ENCRYPT: (Usage.ENCRYPT, Use.PROTECT),
        Operation.DECRYPT: (Usage.DECRYPT, Use.PROCESS),
        Operation.TOKENISE: (Usage.FPE_ENCRYPT, Use.PROTECT),
        Operation.REVEAL: (Usage.FPE_DECRYPT, Use.PROCESS),
        Operation.WRAP: (Usage.WRAP_KEY, Use.PROTECT),
        Operation.UNWRAP: (Usage.UNWRAP_KEY, Use.PROCESS),
        Operation.SIGN: (Usage.SIGN, Use.PROTECT),
        Operation.VERIFY: (Usage.VERIFY, Use.PROCESS),
        Operation.MAC: (Usage.MAC_GENERATE, Use.PROTECT),
        Operation.VERIFY_MAC: (Usage.MAC_VERIFY, Use.PROCESS),
        Operation.DERIVE: (Usage.DERIVE_KEY, Use.PROTECT),
        Operation.ENCAPSULATE: (Usage.ENCAPSULATE, Use.PROTECT),
        Operation.DECAPSULATE: (Usage.DECAPSULATE, Use.PROCESS),
    }
)
#: Which operations a purpose has; the first is what the purpose is named for.
OPERATIONS: Mapping[Purpose, tuple[Operation, ...]] = MappingProxyType(
    {
        Purpose.ENCRYPT: (Operation.ENCRYPT, Operation.DECRYPT),
        Purpose.TOKENISE: (Operation.TOKENISE, Operation.REVEAL),
        Purpose.WRAP: (Operation.WRAP, Operation.UNWRAP),
        Purpose.SIGN: (Operation.SIGN, Operation.VERIFY),
        Purpose.MAC: (Operation.MAC, Operation.VERIFY_MAC),
        Purpose.DERIVE: (Operation.DERIVE,),
        Purpose.ENCAPSULATE: (Operation.ENCAPSULATE, Operation.DECAPSULATE),
    }
)
#: What a key is where nobody says it.
ALGORITHM: Mapping[Purpose, Algorithm] = MappingProxyType(
    {
        Purpose.ENCRYPT: Algorithm.AES_256,
        Purpose.TOKENISE: Algorithm.AES_256,
        Purpose.WRAP: Algorithm.AES_256,
        Purpose.SIGN: Algorithm.ED25519,
        Purpose.MAC: Algorithm.HMAC_SHA_256,
        Purpose.DERIVE: Algorithm.X25519,
        Purpose.ENCAPSULATE: Algorithm.ML_KEM_768,
    }
)


def use_of(operation: Operation) -> Use:
    """Say whether an operation protects something new or processes what was protected."""
    return _OPERATIONS[operation][1]


def usage_of(operation: Operation) -> Usage:
    """Name an operation as a usage mask does."""
    return _OPERATIONS[operation][0]


def whole_mask(purpose: Purpose) -> frozenset[Usage]:
    """Return everything that a key of a purpose may be used for."""
    return frozenset(usage_of(operation) for operation in OPERATIONS[purpose])


def check_usage(purpose: Purpose, usage: Iterable[Usage]) -> frozenset[Usage]:
    """Return a mask that narrows a purpose; an empty one stands for the whole purpose.

    Raises:
        InvalidInput: ``keys.usage``, when it would widen the purpose.
    """
    whole = whole_mask(purpose)
    mask = frozenset(usage) or whole
    if wider := mask - whole:
        raise errors.wider_usage(purpose, sorted(wider), sorted(whole))
    return mask


def check_suite(
    purpose: Purpose, algorithm: Algorithm | None, mechanisms: Sequence[Mechanism]
) -> tuple[Algorithm, tuple[Mechanism, ...]]:
    """Return algorithm and mechanisms of a new version, filled in where nothing was said.

    Raises:
        InvalidInput: as :func:`seawall.crypto.algorithms.registry.check`.
    """
    chosen = ALGORITHM[purpose] if algorithm is None else algorithm
    return chosen, registry.check(chosen, mechanisms, OPERATIONS[purpose][0])
