"""Mechanisms by their names in PKCS#11, as far as Seawall has a use for them."""

from collections.abc import Iterable

from seawall.adapters.roots import cryptoki_types as t

_NAMES = {number: name for name, number in vars(t).items() if name.startswith("CKM_")}


def names(numbers: Iterable[int]) -> tuple[str, ...]:
    """Name mechanisms; one that Seawall has no use for is a number in hexadecimal."""
    return tuple(_NAMES.get(number, f"0x{number:08x}") for number in sorted(numbers))
