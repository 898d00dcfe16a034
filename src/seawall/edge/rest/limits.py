"""How much of anything the REST edge takes from one connection."""

from dataclasses import dataclass

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a connection and of a request; sizes in bytes, times in seconds.

    Args:
        head: request line and headers together.
        headers: number of header lines.
        url: the request target.
        management_body: a body on the management plane.
        data_body: a body on the data plane: 64 KiB of plaintext in base64, and what stands around it.
        pipeline: requests of one connection that wait for their answers before reading from it stops.
        connections: open connections of one worker.
        idle: how long a connection without a request stays open.
        request: how long a request may take to arrive, and an answer to be taken.
    """

    head: int = 16 * _KIB
    headers: int = 64
    url: int = 4 * _KIB
    management_body: int = 1024 * _KIB
    data_body: int = 88 * _KIB
    pipeline: int = 64
    connections: int = 2048
    idle: float = 75.0
    request: float = 30.0
