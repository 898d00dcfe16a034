"""The root of trust, as evidence asks for it."""

import re
from datetime import UTC, datetime
from typing import Final

from seawall.capabilities.evidence.seen import CertificateSeen, RootSeen
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.root import ModuleInfo

#: The words of the NIST Cryptographic Module Validation Program for a certificate's standing.
_STATUS: Final = re.compile(r"\b(active|historical|revoked)\b", re.IGNORECASE)
_SUNSET: Final = re.compile(r"\bsunset\W{0,3}(\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)


class RootDescribed:
    """Fills evidence's ``RootInfo``.

    Args:
        root: the root of trust.
        trial: whether its passphrase lies beside it, as the settings say.
    """

    def __init__(self, root: RootOfTrust, *, trial: bool) -> None:
        self._root = root
        self._trial = trial

    def root(self) -> RootSeen:
        """Describe it.

        Raises:
            Unavailable: when the token does not answer.
        """
        told = self._root.describe()
        return RootSeen(
            kind=told.kind.value,
            label=told.label,
            hardware=told.hardware,
            extractable=told.extractable,
            trial=self._trial,
            module=_line(told.module) if told.module else "",
            certificate=read_certificate(told.certificate) if told.certificate else None,
        )


def read_certificate(text: str) -> CertificateSeen:
    """Take a standing and a date out of a record such as ``FIPS 140-3 #4811, active, sunset 2030-01-31``.

    The reference is what stands before either; a date that is none is left out.
    """
    status, sunset = _STATUS.search(text), _SUNSET.search(text)
    ends = [match.start() for match in (status, sunset) if match]
    reference = text[: min(ends, default=len(text))].strip(" \t,;:()-")
    sunset_ms = None
    if sunset:
        try:
            sunset_ms = round(datetime.fromisoformat(sunset[1]).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            sunset_ms = None
    return CertificateSeen(
        reference=reference or text.strip(), status=status[1].lower() if status else "", sunset_ms=sunset_ms
    )


def _line(module: ModuleInfo) -> str:
    return " ".join(part for part in (module.manufacturer, module.model, module.firmware_version) if part)
