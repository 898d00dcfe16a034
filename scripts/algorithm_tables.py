# ruff: noqa: INP001 - a script, not a package
"""Writes the tables of the guide to algorithms from the registry; a test holds them to it."""

from pathlib import Path

from seawall.crypto.algorithms.registry import (
    Algorithm,
    Mechanism,
    NonceKind,
    Operation,
    Sunset,
    mechanism_spec,
    operations_of,
    spec_of,
)
from seawall.crypto.suites import SUITES, suite_of

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "algorithms.md"
BEGIN, END = "<!-- {} from the registry -->", "<!-- end of {} -->"
NONCES = {NonceKind.NONE: "none", NonceKind.RANDOM: "random, {} bytes", NonceKind.COUNTED: "counted, {} bytes"}


def tables() -> dict[str, str]:
    """Return each table by its name."""
    return {"algorithms": _algorithms(), "mechanisms": _mechanisms(), "suites": _suites()}


def renewed(text: str) -> str:
    """Return a page with its tables as the registry has them now."""
    for name, table in tables().items():
        head, tail = BEGIN.format(name), END.format(name)
        before, _, rest = text.partition(head)
        _, _, after = rest.partition(tail)
        text = f"{before}{head}\n\n{table}\n\n{tail}{after}"
    return text


def _algorithms() -> str:
    rows = [
        (
            algorithm.value,
            ", ".join(operation.value for operation in Operation if operation in operations_of(algorithm)),
            str(spec.strength_bits),
            spec.quantum.value if spec.nist_category is None else f"{spec.quantum}, category {spec.nist_category}",
            spec.standard,
            _sunset(spec.sunset),
            ", ".join(spec.mechanisms),
        )
        for algorithm in Algorithm
        for spec in (spec_of(algorithm),)
    ]
    heads = ("algorithm", "operations", "bits", "quantum", "standard", "until", "mechanisms, the default first")
    return _table(heads, rows)


def _mechanisms() -> str:
    rows = [
        (
            mechanism.value,
            ", ".join(how.operations),
            NONCES[how.nonce].format(how.nonce_bytes),
            "yes" if how.binds_context else "no",
            how.standard,
            "interoperability" if how.interoperability_only else "",
            _sunset(how.sunset),
        )
        for mechanism in Mechanism
        for how in (mechanism_spec(mechanism),)
    ]
    return _table(("mechanism", "operations", "nonce", "binds a context", "standard", "only for", "until"), rows)


def _suites() -> str:
    rows = [
        (
            f"`0x{suite:04x}`",
            info.algorithm.value,
            info.mechanism.value,
            "envelope" if info.in_envelope else "told beside what it made",
        )
        for suite, info in sorted(SUITES.items())
        if suite_of(info.algorithm, info.mechanism) is suite
    ]
    return _table(("number", "algorithm", "mechanism", "stands in"), rows)


def _sunset(sunset: Sunset | None) -> str:
    if sunset is None:
        return ""
    first = f"deprecated after {sunset.deprecated_after}, " if sunset.deprecated_after else ""
    return f"{first}disallowed after {sunset.disallowed_after} ({sunset.source})"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = (heads, tuple("---" for _ in heads), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    GUIDE.write_text(renewed(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
