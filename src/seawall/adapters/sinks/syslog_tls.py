"""A sink that speaks syslog over TLS (RFC 5425, with the profile of RFC 9662), both sides proven by certificates.

Syslog has no answer, so nobody can know that a receiver has stored what it was sent. A batch counts as taken when the
receiver's machine has confirmed every byte of it and has not closed the connection or sent an alert; whatever it may
have lost nevertheless is covered by telling it the last entries again after every new connection.
"""

import fcntl
import socket
import ssl
import struct
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.adapters.sinks.syslog_format import SyslogFormat
from seawall.kernel.clock import Clock
from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.ship_ports import Batch

_LOOK_S: Final = 0.005
_SETTLE_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogReceiver:
    """Where a receiver listens, the name that its certificate must carry, and the files of certificates and key.

    ``client_certificate`` and ``client_key`` are PEM files; empty where the receiver asks for none.
    """

    host: str
    port: int
    server_name: str
    ca_file: Path
    client_certificate: Path | None
    client_key: Path | None
    timeout_s: float = 10.0


class SyslogTls:
    """Sends to one receiver over one connection.

    Args:
        receiver: where it is.
        format_: how messages are written.
        clock: wall time of checkpoints.
    """

    def __init__(self, receiver: SyslogReceiver, format_: SyslogFormat, clock: Clock) -> None:
        self._receiver = receiver
        self._format = format_
        self._clock = clock
        self._connection: ssl.SSLSocket | None = None

    def send(self, batch: Batch) -> None:
        """Send, and return when the receiver's machine has confirmed every byte.

        Raises:
            Unavailable: ``ship.syslog``, ``ship.syslog_tls`` or ``ship.syslog_unconfirmed``.
            InvalidInput: a file of a certificate or key cannot be used, with code ``ship.syslog_files``.
        """
        try:
            connection = self._connection or self._connect()
            connection.sendall(self._format.batch(batch, self._clock.now_ms()))
            self._confirm(connection)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Unavailable(
                "ship.syslog_tls",
                f"the receiver's certificate is not accepted: {error.verify_message}",
                remedy="See that ca_file and server_name are those of the receiver.",
            ) from None
        except ssl.SSLError as error:
            self.close()
            raise Unavailable(
                "ship.syslog_tls", f"TLS with the receiver failed ({error.reason or 'closed'})."
            ) from None
        except OSError as error:
            self.close()
            raise Unavailable("ship.syslog", f"the receiver does not answer ({type(error).__name__}).") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection in good order, where it still stands."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, ValueError):
                connection.settimeout(1.0)
                connection.unwrap()
            connection.close()

    def _connect(self) -> ssl.SSLSocket:
        receiver = self._receiver
        context = self._context()
        plain = socket.create_connection((receiver.host, receiver.port), timeout=receiver.timeout_s)
        try:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection = context.wrap_socket(plain, server_hostname=receiver.server_name)
        except BaseException:
            plain.close()
            raise
        self._connection = connection
        # In TLS 1.3 a receiver says only after the handshake that it does not take our certificate.
        self._listen(connection, _SETTLE_S)
        return connection

    def _context(self) -> ssl.SSLContext:
        receiver = self._receiver
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_verify_locations(receiver.ca_file)
            if receiver.client_certificate is not None:
                context.load_cert_chain(receiver.client_certificate, receiver.client_key, password=_no_passphrase)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                "ship.syslog_files",
                f"a certificate or key of the sink cannot be used ({type(error).__name__}).",
                field="ledger.ship",
                remedy="See ca_file, cert_file and key_file: PEM, the key without a passphrase.",
            ) from None
        return context

    def _confirm(self, connection: ssl.SSLSocket) -> None:
        deadline = time.monotonic() + self._receiver.timeout_s
        pending = struct.pack("i", 0)
        while struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, pending))[0]:
            if time.monotonic() > deadline:
                raise Unavailable("ship.syslog_unconfirmed", "the receiver's machine did not confirm what was sent.")
            time.sleep(_LOOK_S)
        self._listen(connection, 0.0)

    def _listen(self, connection: ssl.SSLSocket, seconds: float) -> None:
        """Hear whether the receiver has ended the connection; what it says otherwise means nothing."""
        connection.settimeout(seconds)
        try:
            while connection.recv(4096):
                pass
        except (TimeoutError, ssl.SSLWantReadError):
            connection.settimeout(self._receiver.timeout_s)
            return
        raise ConnectionResetError


def _no_passphrase() -> str:
    """Answer OpenSSL, which would ask on the terminal."""
    raise ValueError
