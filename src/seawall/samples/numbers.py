"""Numbers with check digits, right or wrong as asked, and decoys that only look like them."""

from datetime import date, timedelta
from random import Random

from seawall.kernel.identifiers.hkid import CHECK_CHARACTERS, check_digit
from seawall.kernel.identifiers.luhn import luhn_check_digit

_SCHEMES = (
    ("4", 16, 40),
    ("51", 16, 6),
    ("53", 16, 6),
    ("55", 16, 6),
    ("2221", 16, 4),
    ("2720", 16, 2),
    ("37", 15, 8),
    ("34", 15, 4),
    ("3528", 16, 4),
    ("3589", 16, 2),
    ("62", 16, 10),
    ("62", 19, 8),
)
"""Leading digits, length and weight: Visa, Mastercard (both ranges), American Express, JCB, UnionPay (two lengths)."""
_TOTAL = [sum(w for _, _, w in _SCHEMES[: i + 1]) for i in range(len(_SCHEMES))]
_PHONE_PREFIXES = ("91", "92", "93", "94", "95", "96", "97", "98", "60", "61", "63", "64", "65", "67", "68", "69", "51")
_LANDLINES = ("21", "22", "23", "24", "25", "26", "27", "28", "31", "34", "35", "36")
_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def digits(rng: Random, count: int) -> str:
    """Return that many random digits."""
    return f"{rng.randrange(10**count):0{count}d}"


def hkid(rng: Random, *, valid: bool = True, brackets: bool = True) -> str:
    """Make an identity card number; one in twenty has two letters."""
    prefix = rng.choice("ABCDEGHKPRSVYZ")
    if rng.random() < 0.05:
        prefix = rng.choice(("WX", "XA", "XD", "XE", "XG"))
    body = digits(rng, 6)
    right = check_digit(prefix, body)
    check = right if valid else rng.choice([c for c in CHECK_CHARACTERS if c != right])
    return f"{prefix}{body}({check})" if brackets else f"{prefix}{body}{check}"


def pan(rng: Random, *, valid: bool = True) -> str:
    """Make a payment card number of a known scheme, without separators."""
    prefix, length, _ = rng.choices(_SCHEMES, cum_weights=_TOTAL)[0]
    body = prefix + digits(rng, length - 1 - len(prefix))
    right = luhn_check_digit(body)
    return f"{body}{right if valid else (right + rng.randint(1, 9)) % 10}"


def spaced(number: str) -> str:
    """Write a card number as it stands on the card: in fours, or 4-6-5 with fifteen digits."""
    if len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def order_number(rng: Random) -> str:
    """Make a decoy: sixteen digits that begin like a card number and fail its check."""
    body = rng.choice("45") + rng.choice("12345") + digits(rng, 13)
    return f"{body}{(luhn_check_digit(body) + rng.randint(1, 9)) % 10}"


def phone(rng: Random) -> str:
    """Make a Hong Kong number, eight digits."""
    return rng.choice(_PHONE_PREFIXES if rng.random() < 0.8 else _LANDLINES) + digits(rng, 6)


def written_phone(rng: Random) -> str:
    """Write a Hong Kong number as people do."""
    number = phone(rng)
    return rng.choice((f"{number[:4]} {number[4:]}", f"+852 {number[:4]} {number[4:]}", f"{number[:4]}-{number[4:]}"))


def account_number(rng: Random) -> str:
    """Make an account number: a made-up clearing code, branch, account and suffix."""
    return f"588-{rng.randint(101, 199)}-{digits(rng, 6)}-{digits(rng, 3)}"


def resident_id(rng: Random, born: date, *, valid: bool = True) -> str:
    """Make a Mainland resident identity number (GB 11643) of the province of Guangdong."""
    body = f"4403{rng.randint(3, 9):02d}{born:%Y%m%d}{digits(rng, 3)}"
    right = sum(w * int(d) for w, d in zip(_CN_WEIGHTS, body, strict=True)) % 11
    return body + "10X98765432"[right if valid else (right + rng.randint(1, 10)) % 11]


def birth_date(rng: Random) -> date:
    """Pick a day on which a customer may have been born."""
    return date(1940, 1, 1) + timedelta(days=rng.randrange(24_000))


def version(rng: Random) -> str:
    """Make a decoy: a version with four parts."""
    return f"{rng.randint(1, 12)}.{rng.randint(0, 40)}.{rng.randint(0, 400)}.{rng.randint(0, 9)}"


def epoch_ms(rng: Random) -> int:
    """Make a decoy: a time of 2025 in milliseconds, thirteen digits."""
    return 1_735_689_600_000 + rng.randrange(31_536_000_000)
