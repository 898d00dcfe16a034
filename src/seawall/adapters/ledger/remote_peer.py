"""A ledger of another node, asked over REST with a bearer token."""

import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.peers import KeptPeer, Offer

_MOST: Final = 8 << 20
_OK: Final = 200
T = TypeVar("T")


class _Peers(msgspec.Struct, frozen=True):
    peers: list[KeptPeer]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAddress:
    """Where a node answers, who certifies it (a PEM file; the system's authorities otherwise), and the token's file."""

    url: str
    ca_file: Path | None
    token_file: Path | None
    timeout_s: float = 10.0


class HttpPeer:
    """Asks one node."""

    def __init__(self, address: PeerAddress, token: str = "") -> None:
        self._address = address
        self._token = token

    def show(self, old_size: int) -> Offer:
        """Ask it to show its ledger from a size on.

        Raises:
            Unavailable: it does not answer, or not so, with code ``peer.unreachable``.
            InvalidInput: a file of the settings cannot be used, with code ``peer.files``.
        """
        return self._ask(f"/v1/ledger/consistency?old_size={old_size}", Offer)

    def peers(self) -> list[KeptPeer]:
        """Ask what it keeps of other ledgers.

        Raises:
            SeawallError: as :meth:`show`.
        """
        return list(self._ask("/v1/ledger/peers", _Peers).peers)

    def _ask(self, path: str, kind: type[T]) -> T:
        parts = urlsplit(self._address.url)
        try:
            connection = self._connect(parts.scheme, parts.hostname or "", parts.port)
            try:
                headers = {"accept": "application/json", "authorization": f"Bearer {self._bearer()}"}
                connection.request("GET", parts.path.rstrip("/") + path, headers=headers)
                answer = connection.getresponse()
                body = answer.read(_MOST)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(type(error).__name__) from None
        if answer.status != _OK:
            raise _unreachable(f"status {answer.status}")
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _unreachable("an answer of another form") from None

    def _connect(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        timeout = self._address.timeout_s
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            context = ssl.create_default_context(cafile=self._address.ca_file)
        except OSError:
            raise _files("the authorities") from None
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)

    def _bearer(self) -> str:
        if self._address.token_file is None:
            return self._token
        try:
            return self._address.token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise _files("the token") from None


def _files(what: str) -> InvalidInput:
    return InvalidInput("peer.files", f"the file of {what} cannot be used.", field="ledger.peer")


def _unreachable(why: str) -> Unavailable:
    return Unavailable("peer.unreachable", f"the peer does not answer as a node does ({why}).")
