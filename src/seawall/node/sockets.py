"""The sockets of a node: one for each worker on the same port, and all of them kept by the parent.

The kernel deals connections out over the sockets. Because the parent keeps them open, those dealt to a worker that died
wait for its successor instead of being refused.
"""

import errno
import ipaddress
import socket
from typing import Final

from seawall.kernel.errors import Conflict, InvalidInput, SeawallError

_BACKLOG: Final = 1024
_LAST_PORT: Final = 65535
_REASONS: Final = {
    errno.EACCES: ("node.port_forbidden", "this user may not listen on port {port}."),
    errno.EADDRNOTAVAIL: ("node.no_address", "{host} is no address of this machine."),
}


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone; a name other than ``localhost`` may not be."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def bind(host: str, port: int, workers: int, *, plain: bool = True) -> list[socket.socket]:
    """Listen on a port with one socket for each worker.

    Args:
        host: a name or address of this machine.
        port: 1 to 65535, or 0 for any that is free.
        workers: how many sockets.
        plain: whether plain text is spoken there, which stays on this machine.

    Raises:
        Conflict: ``node.port_busy``, when somebody else listens there.
        InvalidInput: ``node.plain_text``, where plain text would leave this machine.
        InvalidInput: when there is no such address, or the port is not ours to take.
    """
    if not 0 <= port <= _LAST_PORT:
        raise InvalidInput("node.no_address", f"{port} is no port; there are 1 to {_LAST_PORT}.", field="port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise InvalidInput("node.no_address", f"{host}:{port} is no address to listen on.", field="host") from None
    family, _, _, _, address = found[0]
    if plain and not is_loopback(str(address[0])):
        raise InvalidInput(
            "node.plain_text",
            f"{host} is reached over a network, and this node would speak plain text there.",
            field="host",
            remedy="Configure [listen.tls] in seawall.toml, or listen on 127.0.0.1.",
        )
    # Sockets that share a port share it with every process of this user: ask first as one that does not share.
    probe = _listen(family, address, host, port, shared=False)
    address = probe.getsockname()
    probe.close()
    listeners: list[socket.socket] = []
    try:
        for _ in range(workers):
            listeners.append(_listen(family, address, host, port, shared=True))  # noqa: PERF401 - closed when one fails
    except SeawallError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _listen(family: int, address: object, host: str, port: int, *, shared: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(error, host, port) from None
    listener.setblocking(False)
    return listener


def _refused(error: OSError, host: str, port: int) -> SeawallError:
    if error.errno == errno.EADDRINUSE:
        remedy = f"Stop what listens there ('ss -ltnp sport = :{port}' names it), or choose another with --port."
        return Conflict("node.port_busy", f"port {port} of {host} is in use.", field="port", remedy=remedy)
    code, text = _REASONS.get(error.errno or 0, ("node.no_socket", "{host}:{port} cannot be listened on."))
    return InvalidInput(code, text.format(host=host, port=port), field="port", remedy="Choose another with --port.")
