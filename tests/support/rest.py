"""A REST edge on a free port, over a desk that is small enough to see through."""

import asyncio
import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from seawall.edge.rest.counters import Counters
from seawall.edge.rest.edge import compose, shared_counters
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.lane import Lane
from seawall.edge.rest.limits import Limits
from seawall.edge.rest.routes import Route
from seawall.edge.rest.server import serve
from seawall.edge.rest.tokens import Tokens
from seawall.edge.tls.guard import Door
from seawall.kernel.clock import SystemClock
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, Denied, InvalidInput, NotFound, SeawallError, Unauthenticated, Unavailable
from seawall.kernel.repeats import Earlier
from seawall.kernel.terms import Appeal, Principal, Proof, Resource, Role
from seawall.node.stop import Stop

ALICE = Principal(id="alice", name="alice", roles=frozenset({Role.APPLICATION}), proof=Proof.TOKEN)
TOKEN = "swt_alice"


class Seal(Command):
    """Seal bytes under a key."""

    action: ClassVar[str] = "data.encrypt"
    inline: ClassVar[bool] = True
    domain: str
    key: str
    plaintext: bytes
    context: str = ""

    def resource(self) -> Resource:
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class Unseal(Command):
    """Open what was sealed."""

    action: ClassVar[str] = "data.decrypt"
    inline: ClassVar[bool] = True
    domain: str
    key: str
    ciphertext: bytes
    context: str = ""

    def resource(self) -> Resource:
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class MakeDomain(Command):
    """Make a domain."""

    action: ClassVar[str] = "domains.create"
    name: str
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class ListDomains(Command):
    """List domains."""

    action: ClassVar[str] = "domains.list"
    limit: int = 100
    state: list[str] = msgspec.field(default_factory=list)
    cursor: str | None = None


class DropDomain(Command):
    """Drop a domain."""

    action: ClassVar[str] = "domains.shred"
    domain: str


class Join(Command):
    """Enrol with a code."""

    action: ClassVar[str] = "access.enrol"
    code: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was sealed."""

    ciphertext: bytes
    version: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What was opened."""

    plaintext: bytes


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A domain."""

    name: str
    labels: dict[str, str]


ROUTES = (
    Route(method="POST", path="/v1/domains", command=MakeDomain, result=Domain, status=201),
    Route(method="GET", path="/v1/domains", command=ListDomains, result=list[Domain]),
    Route(method="DELETE", path="/v1/domains/{domain}", command=DropDomain, status=204),
    Route(method="POST", path="/v1/domains/{domain}/keys/{key}/encrypt", command=Seal, result=Sealed, fast=True),
    Route(method="POST", path="/v1/domains/{domain}/keys/{key}/decrypt", command=Unseal, result=Opened, fast=True),
    Route(method="POST", path="/v1/enrolments", command=Join, result=Opened, public=True),
)


class SmallAuthenticator:
    """Knows one token, and the certificates that it is told of."""

    revoked = False

    def __init__(self) -> None:
        self.certificates: dict[bytes, Principal] = {}

    def bearer(self, token: str) -> Principal:
        if token == TOKEN and not self.revoked:
            return ALICE
        raise Unauthenticated("access.token_unknown", "no such token.")

    def presented(self, token: str | None, certificate: bytes) -> Principal:
        holder = self.certificates.get(certificate)
        if holder is None:
            raise Unauthenticated("access.certificate_unknown", "no such certificate.")
        if token is not None and self.bearer(token) != holder:
            raise Unauthenticated("access.two_principals", "two principals.")
        return holder


@dataclass
class Begun:
    value: Any
    error: SeawallError | None
    entry: bytes


@dataclass
class SmallDesk:
    """Reverses bytes instead of encrypting them, and is durable after ``delay`` seconds.

    Args:
        delay: seconds between a submission and its durability.
        full: whether the ledger refuses.
    """

    delay: float = 0.0
    full: bool = False
    slow: float = 0.0
    epoch: int = 1
    handled: int = 0
    appeals: list[Appeal | None] = field(default_factory=list)
    cold: tuple[str, ...] = ()
    authenticator: SmallAuthenticator = field(default_factory=SmallAuthenticator)
    entries: list[bytes] = field(default_factory=list)
    durable: list[bytes] = field(default_factory=list)
    strangers: list[tuple[str, str]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    arrivals: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def handle(
        self, principal: Principal, command: Command, *, source: str, origin: str = "", appeal: Appeal | None = None
    ) -> Any:
        self.appeals.append(appeal)
        self.handled += 1
        if command.inline:
            begun = self.begin(principal, command, source=source, origin=origin)
            loop = asyncio.get_running_loop()
            durable: asyncio.Future[SeawallError | None] = loop.create_future()
            self.submit(begun.entry, durable.set_result)
            refused = await durable
            if refused or begun.error:
                raise refused or begun.error  # type: ignore[misc]
            return begun.value
        await asyncio.sleep(self.slow)
        self.commands.append(command)
        return self._run(command)

    def instant(self, command: Command) -> bool:
        return command.inline and getattr(command, "key", "") not in self.cold

    def begin(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Begun:
        self.commands.append(command)
        entry = hashlib.sha256(repr((principal.id, command, source, origin)).encode()).digest()
        self.entries.append(entry)
        try:
            return Begun(self._run(command), None, entry)
        except SeawallError as error:
            return Begun(None, error, entry)

    def submit(self, entry: bytes, done: Callable[[SeawallError | None], None]) -> None:
        def settle() -> None:
            if self.full:
                done(Unavailable("ledger.full", "the disk of the ledger is full.", remedy="Make room."))
            else:
                self.durable.append(entry)
                done(None)

        asyncio.get_running_loop().call_later(self.delay, settle)

    def stranger(self, origin: str, code: str, source: str) -> None:
        self.strangers.append((origin, code))

    def arrived(self, principal: Principal, connection: dict[str, str], *, source: str, origin: str = "") -> None:
        self.arrivals.append((principal.name, connection))

    def _run(self, command: Command) -> Any:
        if isinstance(command, Seal | Unseal):
            if command.domain == "shut":
                raise Denied("access.denied", "you may not do that here.", remedy="Ask somebody who may.")
            if command.key == "none":
                raise NotFound("keys.unknown", "there is no such key.", field="key")
            if command.key == "asleep":
                raise Conflict("keys.suspended", "the key is suspended.", remedy="Resume it.")
            if command.key == "broken":
                raise RuntimeError("secret 4111111111111111")
            if isinstance(command, Seal):
                return Sealed(ciphertext=command.plaintext[::-1] + command.context.encode(), version=1)
            return Opened(plaintext=command.ciphertext[::-1])
        if isinstance(command, MakeDomain):
            if command.name == "bad":
                raise InvalidInput("name.invalid", "a name has letters.", field="name")
            return Domain(name=command.name, labels=command.labels)
        if isinstance(command, ListDomains):
            return [Domain(name=state, labels={}) for state in command.state] + [
                Domain(name=str(command.limit), labels={})
            ]
        if isinstance(command, Join):
            return Opened(plaintext=command.code.encode())
        return None


@dataclass
class SmallRepeats:
    """Keeps in memory what was done under an idempotency key."""

    kept: dict[bytes, Earlier] = field(default_factory=dict)

    def claim(self, name: bytes, fingerprint: bytes) -> Earlier | None:
        if name in self.kept:
            return self.kept[name]
        self.kept[name] = Earlier(fingerprint=fingerprint, status=0, body=None)
        return None

    def renew(self, name: bytes, fingerprint: bytes) -> None:
        assert self.kept[name].fingerprint == fingerprint

    def keep(self, name: bytes, done: Earlier) -> None:
        self.kept[name] = done

    def release(self, name: bytes, fingerprint: bytes) -> None:
        assert self.kept.pop(name).fingerprint == fingerprint


@dataclass
class Running:
    """A server that runs in a thread."""

    port: int
    desk: SmallDesk
    counters: Counters
    stop: Stop
    thread: threading.Thread

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def talk(self, *pieces: bytes, half_close: bool = True) -> bytes:
        """Send bytes, and read until the server closes."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            return read_all(client)


@contextlib.contextmanager
def running(
    desk: SmallDesk | None = None,
    *,
    fast: bool = True,
    limits: Limits | None = None,
    routes: Sequence[Route] = ROUTES,
    fallback: Any = None,
    readiness: Callable[[], dict[str, str | None]] = dict,
    grace: float = 5,
    tracer: Any = None,
    door: Door | None = None,
    made: Callable[..., Running] = Running,
    repeats: SmallRepeats | None = None,
) -> Iterator[Running]:
    """Run the edge; without ``fast`` everything takes the slow lane."""
    desk = desk or SmallDesk()
    counters = shared_counters(routes, 1)
    tokens = Tokens(desk.authenticator, lambda: desk.epoch, SystemClock())
    hosts = Hosts(["127.0.0.1", "localhost"])
    edge = compose(
        routes,
        desk,
        tokens,
        counters=counters,
        hosts=hosts,
        readiness=readiness,
        gauges=lambda: {"ledger_backlog": ("Entries that wait for the scribe.", 3)},
        version="0.0.0",
        repeats=repeats or SmallRepeats(),
        limits=limits,
        fallback=fallback,
        tracer=tracer,
        handshakes=door and door.counters,
    )
    lane = edge.lane if fast else Lane(desk, tokens, (), counters=counters, hosts=hosts, limits=limits or Limits())
    listener = socket.create_server(("127.0.0.1", 0))
    stop = Stop()
    thread = threading.Thread(
        target=serve,
        args=(edge.app, lane, listener, stop),
        kwargs={"grace": grace, "door": door},
        name="server",
        daemon=True,
    )
    thread.start()
    try:
        yield made(listener.getsockname()[1], desk, counters, stop, thread)
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        stop.close()


def request(
    method: str = "POST",
    path: str = "/v1/domains/bank/keys/cards/encrypt",
    body: bytes = b'{"plaintext":"aGVsbG8="}',
    **headers: str,
) -> bytes:
    """Write a request; headers by name with ``_`` for ``-``, an empty one is left out."""
    lines = {
        "host": "127.0.0.1",
        "authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def read_all(client: socket.socket) -> bytes:
    received = bytearray()
    while True:
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            return bytes(received)
        if not piece:
            return bytes(received)
        received += piece


def without_date(answers: bytes) -> bytes:
    lines = answers.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"date: "))
