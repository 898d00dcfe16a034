"""The registry of suites: each envelope names one, and a number once given never changes its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Suite(IntEnum):
    """Suite identifiers as they stand in an envelope, two bytes."""

    XAES_256_GCM = 0x0001


class QuantumStatus(StrEnum):
    """What a cryptanalytically relevant quantum computer would mean for a suite."""

    RESISTANT = "resistant"
    VULNERABLE = "vulnerable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteInfo:
    """What a suite is made of; sizes in bytes."""

    name: str
    key_bytes: int
    nonce_bytes: int
    tag_bytes: int
    standard: str
    quantum_status: QuantumStatus


SUITES: Mapping[Suite, SuiteInfo] = MappingProxyType(
    {
        Suite.XAES_256_GCM: SuiteInfo(
            name="XAES-256-GCM",
            key_bytes=32,
            nonce_bytes=24,
            tag_bytes=16,
            standard="C2SP XAES-256-GCM (NIST SP 800-38D, SP 800-108r1)",
            quantum_status=QuantumStatus.RESISTANT,
        ),
    }
)
