"""The Luhn check digit of payment card numbers (ISO/IEC 7812-1, annex B)."""

DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""What a digit in a doubled place adds to the sum, modulo 10: a permutation of the ten digits."""


def luhn_check_digit(body: str) -> int:
    """Return the digit that makes ``body`` followed by it pass.

    Args:
        body: ASCII digits, without the check digit.

    Raises:
        ValueError: when something else than a digit is among them.
    """
    if not (body.isascii() and body.isdigit()):
        raise ValueError("a Luhn check digit is made over ASCII digits alone")
    total = sum(DOUBLED[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
    return -total % 10


def luhn_valid(digits: str) -> bool:
    """Tell whether the last digit is the right check digit of those before it; separators are not accepted."""
    if len(digits) < 2 or not (digits.isascii() and digits.isdigit()):  # noqa: PLR2004 - one of body, one of check
        return False
    return luhn_check_digit(digits[:-1]) == int(digits[-1])
