"""Which key may wrap which: no wrapping key is weaker than its cargo.

SP 800-57 part 1 rev. 5, section 6.2.1.3: keys in transport or storage are protected at least as strongly as they
protect. Strength is the registry's, of section 5.6.1.
"""

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.model import Key
from seawall.crypto.algorithms.registry import Algorithm, Operation, spec_of


def check_wraps(wrapping: Key, cargo: Algorithm) -> None:
    """Return when a key may carry material of an algorithm.

    Raises:
        InvalidInput: ``keys.purpose`` or ``keys.usage``, when the key is not for wrapping.
        Conflict: ``keys.weak_wrapping``, when it has less security strength than its cargo.
    """
    wrapping.permits(Operation.WRAP)
    has, needs = spec_of(wrapping.algorithm).strength_bits, spec_of(cargo).strength_bits
    if has < needs:
        raise errors.weak_wrapping(wrapping.domain, wrapping.name, has, cargo, needs)
