"""All checks that the package carries."""

from functools import cache

from seawall.capabilities.evidence.checks import access, data, keys, trail
from seawall.capabilities.evidence.checks.registry import Registry


@cache
def shipped_checks() -> Registry:
    """Return every check, in a fixed order."""
    return Registry.of_all(keys.checks, data.checks, trail.checks, access.checks)
