"""The node's certificate as its processes use it: read at the start, and again when the parent says so.

The parent reads the files first, and only files that can be used make the workers read them too; so a mistake in a
renewal changes nothing, nor does one that meets a worker which starts anew: it begins with what the parent read last.
Connections that stand keep what they were made with.
"""

import logging
import mmap
from collections.abc import Callable
from typing import TYPE_CHECKING

from seawall.edge.tls.contexts import Material, check, make_context
from seawall.edge.tls.handshakes import Handshakes
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.settings_tls import Tls, read_file

if TYPE_CHECKING:
    from OpenSSL import SSL

    from seawall.edge.tls.guard import Door

_log = logging.getLogger("seawall.tls")


def read_material(tls: Tls) -> Material:
    """Read the files that the settings name.

    Raises:
        InvalidInput: ``tls.file`` or ``tls.key_open``, naming the setting.
    """
    return Material(
        certificate=read_file(tls.certificate, "certificate"),
        key=read_file(tls.key, "key", private=True),
        client=tls.client,
        client_ca=read_file(tls.client_ca, "client_ca"),
        crl=read_file(tls.crl, "crl"),
    )


class Certificates:
    """Gives the context for new connections; made by the parent before it forks.

    Args:
        tls: the settings.
        clock: tells whether the certificate holds now.

    Raises:
        InvalidInput: when the files cannot be used, naming which and why.
    """

    def __init__(self, tls: Tls, clock: Clock) -> None:
        self._tls = tls
        self._clock = clock
        self._generation = memoryview(mmap.mmap(-1, 8)).cast("Q")
        self._context: SSL.Context | None = None
        self._made = 0
        self._material = self._read()

    def _read(self) -> Material:
        material = read_material(self._tls)
        check(material, self._clock.now_ms() / 1000)
        return material

    def reload(self) -> None:
        """See that the files can be used, and have every process read them; called in the parent.

        Raises:
            InvalidInput: when they cannot; everything stays as it was.
        """
        self._material = self._read()
        self._made = self._generation[0] = self._generation[0] + 1

    def context(self) -> "SSL.Context":
        """Return the context for a new connection; called in a worker."""
        if self._context is None:
            self._context = make_context(self._material)
        now = self._generation[0]
        if self._made != now:
            try:
                self._context = make_context(read_material(self._tls))
            except SeawallError as error:
                _log.error("the certificate was not read again, the one before stays in use: %s", error)
            self._made = now
        return self._context


class Entrance:
    """What a node's listener needs to speak TLS, the same for all its workers.

    Args:
        certificates: the node's own.
        handshakes: where they are counted.
        tls: the settings.
    """

    def __init__(self, certificates: Certificates, handshakes: Handshakes, tls: Tls) -> None:
        self.handshakes = handshakes
        self._certificates = certificates
        self._group = tls.require_group

    def door(self, stranger: Callable[[str, str, str], None]) -> "Door":
        """Make what leads the handshakes of one worker.

        Args:
            stranger: records an attempt: its origin, its code, and the edge at which it was made.
        """
        from seawall.edge.rest.server import to_plain_text
        from seawall.edge.rest.service import SOURCE
        from seawall.edge.tls.guard import Door

        return Door(
            self._certificates.context,
            counters=self.handshakes,
            group=self._group or None,
            stranger=lambda origin, code: stranger(origin, code, SOURCE),
            plain_answer=to_plain_text(),
        )
