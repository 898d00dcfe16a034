"""Which children a node has: workers, the steward, the scribe, and who ships what the scribe has signed."""

import socket
from collections.abc import Callable, Sequence
from functools import partial

from seawall.node.children import Child
from seawall.node.pulse import Pulse
from seawall.node.stop import Stop

Worker = Callable[[int, socket.socket, Stop, Pulse], None]
Steward = Callable[[Stop, Pulse], None]


def children(
    listeners: Sequence[socket.socket],
    worker: Worker,
    scribe: Callable[[Stop], None] | None,
    shipper: Callable[[Stop], None] | None = None,
    steward: Steward | None = None,
) -> list[Child]:
    """List the children of a node.

    Args:
        listeners: one listening socket for each worker.
        worker: serves a socket until it is told to stop; its first argument is its number.
        scribe: keeps the ledger; it is told to stop when all before have ended, so that it sees their last records.
        shipper: sends records off the machine; it ends last, so that it sends what the scribe signed last.
        steward: keeps the node's lease and does its duties; it is told to stop when every worker has ended, because
            they answer under its lease.
    """
    found = []
    for index in range(len(listeners)):
        pulse = Pulse()
        run = partial(_work, index, listeners, worker, pulse)
        found.append(Child(name=f"worker {index}", run=run, pulse=pulse))
    if steward is not None:
        pulse = Pulse()
        found.append(Child(name="steward", run=partial(_keep, listeners, steward, pulse), stage=1, pulse=pulse))
    if scribe is not None:
        found.append(Child(name="scribe", run=partial(_write, listeners, scribe), stage=2))
    if shipper is not None:
        found.append(Child(name="shipper", run=partial(_write, listeners, shipper), stage=3))
    return found


def _work(index: int, listeners: Sequence[socket.socket], worker: Worker, pulse: Pulse, stop: Stop) -> None:
    for other, listener in enumerate(listeners):
        if other != index:
            listener.close()
    worker(index, listeners[index], stop, pulse)


def _keep(listeners: Sequence[socket.socket], steward: Steward, pulse: Pulse, stop: Stop) -> None:
    for listener in listeners:
        listener.close()
    steward(stop, pulse)


def _write(listeners: Sequence[socket.socket], scribe: Callable[[Stop], None], stop: Stop) -> None:
    for listener in listeners:
        listener.close()
    scribe(stop)
