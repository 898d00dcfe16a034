"""Entries as syslog messages (RFC 5424), framed for TLS by octet counting (RFC 5425, section 4.3).

The message is the event as it was recorded, OCSF JSON; its place in the log stands in structured data, so that a
receiver can drop what comes twice and see what is missing.
"""

import re
from typing import Final

import msgspec

from seawall.kernel.clock import iso
from seawall.ledger.ship_ports import Batch

_BOM: Final = b"\xef\xbb\xbf"
_LOG_AUDIT: Final = 13
_WARNING, _NOTICE, _INFORMATIONAL = 4, 5, 6
# OCSF severity_id: 1 informational, 2 low, 3 medium and upwards.
_SEVERITY: Final = {0: _INFORMATIONAL, 1: _INFORMATIONAL, 2: _NOTICE}
_NOT_PLAIN: Final = re.compile(r"[^\x21-\x7e]")
_HOST: Final = 255


class _Head(msgspec.Struct):
    time: int = 0
    severity_id: int = 0


_decode = msgspec.json.Decoder(_Head).decode


class SyslogFormat:
    """Writes messages.

    Args:
        hostname: the machine's name.
        enterprise: the private enterprise number under which the structured data is named.
    """

    def __init__(self, hostname: str, enterprise: int) -> None:
        self._host = _NOT_PLAIN.sub("-", hostname)[:_HOST] or "-"
        self._enterprise = enterprise

    def entry(self, origin: str, index: int, digest: bytes, entry: bytes) -> bytes:
        """Write the frame of an entry."""
        try:
            head = _decode(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            head = _Head()
        data = f'origin="{_quoted(origin)}" index="{index}" leafHash="{digest.hex()}"'
        return self._frame(_SEVERITY.get(head.severity_id, _WARNING), head.time, "ocsf", data, entry)

    def checkpoint(self, origin: str, time_ms: int, note: str) -> bytes:
        """Write the frame of a signed checkpoint."""
        return self._frame(_NOTICE, time_ms, "checkpoint", f'origin="{_quoted(origin)}"', note.encode())

    def batch(self, batch: Batch, now_ms: int) -> bytes:
        """Write the frames of a batch, and of its checkpoint after them."""
        frames = [
            self.entry(batch.origin, batch.first + at, digest, entry)
            for at, (entry, digest) in enumerate(zip(batch.entries, batch.hashes, strict=True))
        ]
        return b"".join([*frames, self.checkpoint(batch.origin, now_ms, batch.checkpoint)])

    def _frame(self, severity: int, time_ms: int, kind: str, data: str, message: bytes) -> bytes:
        priority = _LOG_AUDIT * 8 + severity
        head = f"<{priority}>1 {iso(time_ms)} {self._host} seawall - {kind} [seawall@{self._enterprise} {data}] "
        whole = head.encode() + _BOM + message
        return b"%d %b" % (len(whole), whole)


def _quoted(text: str) -> str:
    """Escape a parameter's value (RFC 5424, section 6.3.3)."""
    return re.sub(r'(["\\\]])', r"\\\1", text)
