"""``ledger peers`` and ``ledger close-peer``."""

from seawall.edge.cli.options import Options
from seawall.kernel.clock import iso


def show(*, options: Options | None = None) -> int:
    """Show what this node keeps of other ledgers: their newest checkpoints, cosigned."""
    from seawall.ledger.commands_peers import ShowPeers

    options = options or Options()
    output = options.output
    with options.session() as session:
        found = session.perform(ShowPeers())
    output.document(found)
    output.table(
        "",
        ("ledger", "entries", "kept", "closed", "conflict"),
        [
            (
                one.origin,
                f"{one.size:,}",
                iso(one.kept_ms),
                "" if one.closed_ms is None else iso(one.closed_ms),
                one.conflict,
            )
            for one in found.peers
        ],
    )
    return 0


def close(origin: str, *, options: Options | None = None) -> int:
    """Close the ledger of a node that is lost: its last known size is recorded, nothing more of it is taken.

    Args:
        origin: the ledger's name, as ``ledger peers`` shows it.
    """
    from seawall.ledger.commands_peers import ClosePeer

    options = options or Options()
    output = options.output
    with options.session() as session:
        closed = session.perform(ClosePeer(origin=origin))
    output.document(closed)
    output.plain(f"closed {closed.origin}: its last known checkpoint has {closed.size:,} entries")
    return 0
