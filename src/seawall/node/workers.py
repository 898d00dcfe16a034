"""Which children a node has: a worker for each socket, the scribe, and who ships what the scribe has signed."""

import socket
from collections.abc import Callable, Sequence
from functools import partial

from seawall.node.children import Child
from seawall.node.stop import Stop

Worker = Callable[[int, socket.socket, Stop], None]


def children(
    listeners: Sequence[socket.socket],
    worker: Worker,
    scribe: Callable[[Stop], None] | None,
    shipper: Callable[[Stop], None] | None = None,
) -> list[Child]:
    """List the children of a node.

    Args:
        listeners: one listening socket for each worker.
        worker: serves a socket until it is told to stop; its first argument is its number.
        scribe: keeps the ledger; it is told to stop when every worker has ended, so that it sees their last records.
        shipper: sends records off the machine; it ends last, so that it sends what the scribe signed last.
    """
    found = [
        Child(name=f"worker {index}", run=partial(_work, index, listeners, worker)) for index in range(len(listeners))
    ]
    if scribe is not None:
        found.append(Child(name="scribe", run=partial(_write, listeners, scribe), stage=1))
    if shipper is not None:
        found.append(Child(name="shipper", run=partial(_write, listeners, shipper), stage=2))
    return found


def _work(index: int, listeners: Sequence[socket.socket], worker: Worker, stop: Stop) -> None:
    for other, listener in enumerate(listeners):
        if other != index:
            listener.close()
    worker(index, listeners[index], stop)


def _write(listeners: Sequence[socket.socket], scribe: Callable[[Stop], None], stop: Stop) -> None:
    for listener in listeners:
        listener.close()
    scribe(stop)
