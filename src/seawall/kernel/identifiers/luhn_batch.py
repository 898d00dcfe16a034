"""Luhn over whole columns: one number a row, numpy arrays of digits of one length."""

import numpy as np
import numpy.typing as npt

from seawall.kernel.identifiers.luhn import DOUBLED

Digits = npt.NDArray[np.uint8]
_DOUBLED = np.array(DOUBLED, dtype=np.uint8)


def luhn_sums(digits: Digits) -> Digits:
    """Return each row's Luhn sum modulo 10; 0 means that the row passes.

    Args:
        digits: shape (n, length), values 0 to 9, the check digit in the last place.
    """
    places = digits.copy()
    places[:, -2::-2] = _DOUBLED[places[:, -2::-2]]
    sums: Digits = (places.sum(axis=1, dtype=np.uint32) % 10).astype(np.uint8)
    return sums


def luhn_valid_batch(digits: Digits) -> npt.NDArray[np.bool_]:
    """Tell for each row of shape (n, length) whether its check digit is right."""
    return np.equal(luhn_sums(digits), 0)


def luhn_check_digits(bodies: Digits) -> Digits:
    """Return the right check digit of each row of shape (n, length without check digit)."""
    padded = np.concatenate([bodies, np.zeros((len(bodies), 1), np.uint8)], axis=1)
    return (10 - luhn_sums(padded)) % 10
