"""The root of trust, as evidence asks for it."""

from datetime import UTC, datetime

from seawall.capabilities.evidence.seen import CertificateSeen, RootSeen
from seawall.capabilities.keys import certificate as recorded
from seawall.capabilities.keys.certificate import ModuleCertificate
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.root import ModuleInfo


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
        certificate = told.validation
        if certificate is None and told.certificate:
            certificate = recorded.read_certificate(told.certificate)
        return RootSeen(
            kind=told.kind.value,
            label=told.label,
            hardware=told.hardware,
            extractable=told.extractable,
            trial=self._trial,
            module=_line(told.module) if told.module else "",
            certificate=_seen(certificate) if certificate else None,
        )


def read_certificate(text: str) -> CertificateSeen:
    """Take a standing and a date out of a record such as ``FIPS 140-3 #4811, active, sunset 2030-01-31``.

    The reference is what stands before either; a date that is none is left out.
    """
    return _seen(recorded.read_certificate(text))


def _seen(certificate: ModuleCertificate) -> CertificateSeen:
    sunset = certificate.sunset
    return CertificateSeen(
        reference=certificate.reference,
        status=certificate.status or "",
        sunset_ms=round(datetime(sunset.year, sunset.month, sunset.day, tzinfo=UTC).timestamp() * 1000)
        if sunset
        else None,
    )


def _line(module: ModuleInfo) -> str:
    return " ".join(part for part in (module.manufacturer, module.model, module.firmware_version) if part)
