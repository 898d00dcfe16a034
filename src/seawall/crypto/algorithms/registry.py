"""The registry of algorithms: the one place that says what each is, and which mechanism serves which operation.

A number, a name or a default that stands here is kept: stored keys refer to it.
"""

from collections.abc import Sequence
from types import MappingProxyType

from seawall.crypto.algorithms.names import Algorithm, Form, Mechanism, NonceKind, Operation, QuantumStatus
from seawall.crypto.algorithms.specs import ALGORITHMS, MECHANISMS, AlgorithmSpec, MechanismSpec, Sunset
from seawall.kernel.errors import InvalidInput

__all__ = [
    "Algorithm",
    "AlgorithmSpec",
    "Form",
    "Mechanism",
    "MechanismSpec",
    "NonceKind",
    "Operation",
    "QuantumStatus",
    "Sunset",
    "check",
    "material_bytes",
    "mechanism_spec",
    "mechanisms_of",
    "operations_of",
    "spec_of",
]

_ALGORITHMS = MappingProxyType({spec.algorithm: spec for spec in ALGORITHMS})
_MECHANISMS = MappingProxyType({spec.mechanism: spec for spec in MECHANISMS})
_ALONE = frozenset({Operation.ENCRYPT, Operation.WRAP})


def spec_of(algorithm: Algorithm) -> AlgorithmSpec:
    """Return what is true of an algorithm."""
    return _ALGORITHMS[algorithm]


def mechanism_spec(mechanism: Mechanism) -> MechanismSpec:
    """Return what is true of a mechanism."""
    return _MECHANISMS[mechanism]


def mechanisms_of(algorithm: Algorithm, operation: Operation) -> tuple[Mechanism, ...]:
    """Return the mechanisms by which an algorithm serves an operation, the default first; none when it does not."""
    return tuple(m for m in _ALGORITHMS[algorithm].mechanisms if operation in _MECHANISMS[m].operations)


def operations_of(algorithm: Algorithm) -> frozenset[Operation]:
    """Return every operation that some mechanism of an algorithm serves."""
    return frozenset(o for m in _ALGORITHMS[algorithm].mechanisms for o in _MECHANISMS[m].operations)


def material_bytes(algorithm: Algorithm, mechanism: Mechanism) -> int | None:
    """Return how long a symmetric key is, in bytes; ``None`` for an asymmetric one.

    SIV takes two keys of the algorithm's length as one (RFC 5297, section 2.2).
    """
    size = _ALGORITHMS[algorithm].material_bytes
    return size * 2 if size is not None and mechanism is Mechanism.SIV else size


def check(
    algorithm: Algorithm, mechanisms: Sequence[Mechanism], operation: Operation | None = None
) -> tuple[Mechanism, ...]:
    """Return the mechanisms of a key, after making sure that one key may have them all.

    Args:
        algorithm: of the key.
        mechanisms: the first is the key's default; empty means the algorithm's default for ``operation``.
        operation: one that each mechanism must serve; without it, one that they all have in common must exist.

    Raises:
        InvalidInput: with field ``mechanisms`` and code ``algorithms.mechanism`` when the algorithm has not one of
            them or they have no operation in common, ``algorithms.operation`` when the algorithm serves not the
            operation, ``algorithms.one_mechanism`` when a symmetric key would encrypt or wrap in two ways, and
            ``algorithms.twice`` when one is named twice.
    """
    spec = _ALGORITHMS[algorithm]
    if operation is not None and not mechanisms_of(algorithm, operation):
        serves = ", ".join(sorted(operations_of(algorithm)))
        raise InvalidInput(
            "algorithms.operation",
            f"{algorithm} does not serve {operation}.",
            field="algorithm",
            remedy=f"It serves: {serves}.",
        )
    if not mechanisms:
        return _default(algorithm, operation)
    if len(set(mechanisms)) != len(mechanisms):
        raise InvalidInput("algorithms.twice", "a mechanism is named twice.", field="mechanisms")
    allowed = spec.mechanisms if operation is None else mechanisms_of(algorithm, operation)
    for mechanism in mechanisms:
        if mechanism not in allowed:
            doing = "" if operation is None else f" for {operation}"
            raise InvalidInput(
                "algorithms.mechanism",
                f"{algorithm} has no mechanism {mechanism}{doing}.",
                field="mechanisms",
                remedy=f"It has: {', '.join(allowed)}.",
            )
    shared = set(Operation).intersection(*(_MECHANISMS[m].operations for m in mechanisms))
    if not shared:
        raise InvalidInput(
            "algorithms.mechanism",
            "these mechanisms have no operation in common, and no key serves two purposes.",
            field="mechanisms",
            remedy="Make one key for each purpose.",
        )
    if spec.form is Form.SYMMETRIC and len(mechanisms) > 1 and shared & _ALONE:
        raise InvalidInput(
            "algorithms.one_mechanism",
            "a symmetric key encrypts or wraps by one mechanism alone.",
            field="mechanisms",
            remedy="Make one key for each mechanism.",
        )
    return tuple(mechanisms)


def _default(algorithm: Algorithm, operation: Operation | None) -> tuple[Mechanism, ...]:
    if operation is None:
        raise InvalidInput(
            "algorithms.mechanism",
            "a key has one mechanism at least.",
            field="mechanisms",
            remedy=f"{algorithm} has: {', '.join(_ALGORITHMS[algorithm].mechanisms)}.",
        )
    return mechanisms_of(algorithm, operation)[:1]
