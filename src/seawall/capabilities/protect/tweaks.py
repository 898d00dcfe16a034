"""What FF1's tweak is made of: the version of the technique, the domain and the class, and what stays in clear.

The column is not part of it, so the same value has the same token wherever it stands, and tables still join.
"""

from seawall.kernel.terms import DataClass

_TECHNIQUE = "ff1.1"


def tweak_id(domain: str, data_class: DataClass) -> str:
    """Name the tweak of a class in a domain. No part can hold a colon, so two names never meet."""
    return f"{_TECHNIQUE}:{domain}:{data_class}"


def tweak(tweak_id: str, *parts: str) -> bytes:
    """Return the tweak for values that have ``parts`` in common, none of which holds a colon."""
    return ":".join((tweak_id, *parts)).encode()
