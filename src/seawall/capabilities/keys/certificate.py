"""What is known of a module's validation, and what follows from it today.

It is recorded by the operator and never asserted by Seawall: the issuer's list is the truth. NIST's Cryptographic
Module Validation Program (CMVP) keeps three lists: active, historical and revoked. A module on the historical list may
go on in systems that have it, after a risk decision; it is not for new ones. Every certificate under FIPS 140-2 went to
the historical list after 2026-09-21 (CMVP, FIPS 140-3 transition).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

_STATUS: Final = re.compile(r"\b(active|historical|revoked)\b", re.IGNORECASE)
_SUNSET: Final = re.compile(r"\bsunset\W{0,3}(\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_STANDARD: Final = re.compile(r"\bFIPS\s*140-([23])\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"#\s*(\d{1,6})\b")
_LEVEL: Final = re.compile(r"\blevel\s*([1-4])\b", re.IGNORECASE)
#: The last day on which a certificate under FIPS 140-2 was active.
FIPS_140_2_ENDS: Final = date(2026, 9, 21)
#: Days before the sunset from which on it is said.
NOTICE_DAYS: Final = 180


class Status(StrEnum):
    """The lists of the CMVP."""

    ACTIVE = "active"
    HISTORICAL = "historical"
    REVOKED = "revoked"


class Standing(StrEnum):
    """How a module stands today, worst last; ``unknown`` where nobody recorded enough."""

    NONE = "none"
    ACTIVE = "active"
    UNKNOWN = "unknown"
    ENDING = "ending"
    HISTORICAL = "historical"
    REVOKED = "revoked"


ALARMS: Final = frozenset({Standing.ENDING, Standing.HISTORICAL, Standing.REVOKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCertificate:
    """A module's validation, as far as it was recorded. ``text`` is the record where it was free text."""

    number: int | None = None
    standard: str = ""
    level: int | None = None
    status: Status | None = None
    sunset: date | None = None
    text: str = ""

    @property
    def reference(self) -> str:
        """Standard, number and level, or what stands in a free text before its standing and its sunset."""
        if self.text:
            found = [found.start() for found in (_STATUS.search(self.text), _SUNSET.search(self.text)) if found]
            return self.text[: min(found, default=len(self.text))].strip(" \t,;:()-") or self.text.strip()
        parts = [
            self.standard,
            f"#{self.number}" if self.number is not None else "",
            f"level {self.level}" if self.level else "",
        ]
        return " ".join(part for part in parts if part)

    def line(self) -> str:
        """Write it in one line, which :func:`read_certificate` reads again."""
        if self.text:
            return self.text
        parts = [self.reference, str(self.status or ""), f"sunset {self.sunset.isoformat()}" if self.sunset else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What follows from a certificate on a day. ``days_left`` until the sunset, negative after it."""

    standing: Standing
    text: str
    days_left: int | None = None

    @property
    def alarm(self) -> bool:
        """Whether somebody has to act."""
        return self.standing in ALARMS


def read_certificate(text: str) -> ModuleCertificate:
    """Take what can be told out of a free text such as ``FIPS 140-3 #4811, active, sunset 2030-01-31``."""
    number, level, standard = _NUMBER.search(text), _LEVEL.search(text), _STANDARD.search(text)
    status, sunset = _STATUS.search(text), _SUNSET.search(text)
    try:
        day = date.fromisoformat(sunset[1]) if sunset else None
    except ValueError:
        day = None
    return ModuleCertificate(
        number=int(number[1]) if number else None,
        standard=f"FIPS 140-{standard[1]}" if standard else "",
        level=int(level[1]) if level else None,
        status=Status(status[1].lower()) if status else None,
        sunset=day,
        text=text.strip(),
    )


def assess(certificate: ModuleCertificate | None, now_ms: int) -> Assessment:
    """Say how a module stands today, by what was recorded of it."""
    if certificate is None:
        return Assessment(standing=Standing.NONE, text="no validation is recorded for the module")
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    sunset = _end_of(certificate)
    left = (sunset - today).days if sunset else None
    standing, text = _standing(certificate, sunset, left)
    return Assessment(standing=standing, text=f"{certificate.reference} {text}", days_left=left)


def _standing(certificate: ModuleCertificate, sunset: date | None, left: int | None) -> tuple[Standing, str]:
    if certificate.status is Status.REVOKED:
        return Standing.REVOKED, "was revoked"
    if certificate.status is Status.HISTORICAL:
        return Standing.HISTORICAL, "is historical"
    if sunset is not None and left is not None and left < 0:
        return Standing.HISTORICAL, f"is historical: its sunset was {sunset.isoformat()}"
    if sunset is not None and left is not None and left <= NOTICE_DAYS:
        return Standing.ENDING, f"ends in {left} days, on {sunset.isoformat()}"
    if certificate.status is None:
        return Standing.UNKNOWN, "is recorded without a standing"
    return Standing.ACTIVE, f"is active until {sunset.isoformat()}, as recorded" if sunset else "is active, as recorded"


def _end_of(certificate: ModuleCertificate) -> date | None:
    if certificate.standard == "FIPS 140-2":
        return min(certificate.sunset or FIPS_140_2_ENDS, FIPS_140_2_ENDS)
    return certificate.sunset
