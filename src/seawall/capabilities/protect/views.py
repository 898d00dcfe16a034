"""From what is kept to what is answered."""

from seawall.capabilities.protect.commands import ColumnReport, Protected, ProtectionView
from seawall.capabilities.protect.model import Counts, ProtectedColumn, Protection


def report(column: ProtectedColumn, invalid_rows: tuple[str, ...] = ()) -> ColumnReport:
    """Write a column for whoever asked."""
    return ColumnReport(
        name=column.name,
        data_class=column.data_class,
        technique=column.technique,
        key=column.key,
        version=column.version,
        tokenised=column.tokenised,
        encrypted=column.encrypted,
        masked=column.masked,
        invalid=column.invalid,
        nulls=column.nulls,
        invalid_rows=invalid_rows,
    )


def view(protection: Protection) -> ProtectionView:
    """Write a protection for whoever asked."""
    return ProtectionView(
        protection=protection.id,
        domain=protection.domain,
        state=protection.state,
        kind=protection.kind,
        source=protection.source,
        source_sha256=protection.source_sha256,
        out=protection.out,
        created_ms=protection.created_ms,
        created_by=protection.created_by,
        columns=tuple(report(column) for column in protection.columns),
    )


def answer(protection: Protection, counts: dict[str, Counts], left: tuple[str, ...] = ()) -> Protected:
    """Write what was done, with the rows that could not be tokenised."""
    columns = (report(c, tuple(counts[c.name].invalid_rows) if c.name in counts else ()) for c in protection.columns)
    return Protected(
        protection=protection.id,
        domain=protection.domain,
        kind=protection.kind,
        out=protection.out,
        columns=tuple(columns),
        left=left,
    )


def facts(protection: Protection) -> dict[str, object]:
    """Say in counts what was done, for the ledger."""
    columns = protection.columns
    return {
        "kind": protection.kind,
        "columns": len(columns),
        "tokenised": sum(c.tokenised for c in columns),
        "encrypted": sum(c.encrypted for c in columns),
        "masked": sum(c.masked for c in columns),
        "invalid": sum(c.invalid for c in columns),
        "nulls": sum(c.nulls for c in columns),
        "key_versions": {c.key: c.version for c in columns if c.key},
    }
