"""Bring what a dead process left in the outbox into the ledger, before anybody is answered."""

from collections.abc import Callable, Sequence

from seawall.desk.ports import Outbox


def relay(outbox: Outbox, append: Callable[[Sequence[bytes]], None], contains: Callable[[str], bool]) -> int:
    """Append the entries that were committed with a change of state and never reached the ledger.

    Args:
        outbox: where they wait.
        append: makes entries durable in the ledger.
        contains: whether an entry with this uid is there already: its writer may have died in between.

    Returns:
        How many were missing.

    Raises:
        Unavailable: when the ledger does not take them; they keep waiting.
    """
    waiting = outbox.pending()
    missing = [record for record in waiting if not contains(record.uid)]
    if missing:
        append([record.body for record in missing])
    outbox.done([record.uid for record in waiting])
    return len(missing)
