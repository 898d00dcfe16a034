"""Turn what the keys room shows into facts."""

from collections.abc import Callable, Sequence

import msgspec

from seawall.capabilities.evidence.seen import (
    ActionSeen,
    KeySeen,
    RootSeen,
    ShredSeen,
)
from seawall.capabilities.evidence.values import (
    KeyMeasured,
    KeysValue,
    RootValue,
    RotationsValue,
    ShredMeasured,
    ShredsValue,
)
from seawall.kernel.clock import iso

DAY_MS = 86_400_000
ROTATION_WINDOW_DAYS = 365
Actions = Callable[[int], Sequence[ActionSeen]]

_FIPS_140_2 = "140-2"
_FIPS_140_2_ENDED_MS = 1_789_948_800_000  # 2026-09-21T00:00:00Z


def inventory(keys: Sequence[KeySeen], now_ms: int) -> KeysValue:
    """Measure the age of every key; a creation in the future (the clock went back) counts as age 0."""
    return KeysValue(keys=tuple(_key(key, now_ms) for key in sorted(keys, key=lambda key: (key.domain, key.key))))


def root(seen: RootSeen, now_ms: int) -> RootValue:
    """Describe the root of trust; a certificate past its sunset counts as expired, whatever was recorded.

    Every FIPS 140-2 certificate moved to the historical list on 21 September 2026 (NIST CMVP).
    """
    certificate = seen.certificate
    if certificate is not None and certificate.sunset_ms is not None and certificate.sunset_ms <= now_ms:
        certificate = msgspec.structs.replace(certificate, status="expired")
    elif certificate is not None and _FIPS_140_2 in certificate.reference and now_ms >= _FIPS_140_2_ENDED_MS:
        certificate = msgspec.structs.replace(certificate, status="historical")
    return RootValue(
        kind=seen.kind,
        hardware=seen.hardware,
        extractable=seen.extractable,
        trial=seen.trial,
        module=seen.module,
        certificate=certificate,
    )


def shreds(seen: Sequence[ShredSeen]) -> ShredsValue:
    """List shredded domains with the result of reading back."""
    return ShredsValue(
        domains=tuple(
            ShredMeasured(
                domain=shred.domain,
                shredded_at=iso(shred.shredded_ms),
                read_back=shred.read_back,
                readable=shred.readable,
                ledger_uid=shred.ledger_uid,
            )
            for shred in sorted(seen, key=lambda shred: (shred.shredded_ms, shred.domain))
        )
    )


def rotations(actions: Actions, now_ms: int) -> RotationsValue:
    """Count rotations that the ledger recorded in the last year."""
    seen = [item for item in actions(now_ms - ROTATION_WINDOW_DAYS * DAY_MS) if item.action == "keys.rotate"]
    done = [item for item in seen if item.outcome == "success"]
    return RotationsValue(
        window_days=ROTATION_WINDOW_DAYS,
        performed=sum(item.count for item in done),
        failed=sum(item.count for item in seen if item.outcome == "failure"),
        last_at=iso(max(item.last_ms for item in done)) if done else None,
    )


def _key(key: KeySeen, now_ms: int) -> KeyMeasured:
    return KeyMeasured(
        domain=key.domain,
        key=key.key,
        purpose=key.purpose,
        state=key.state,
        age_days=_days(key.created_ms, now_ms),
        last_rotation_days=_days(key.rotated_ms, now_ms),
        version_count=key.versions,
        rotation_period_days=key.rotation_days,
        destroy_pending=key.destroy_due_ms is not None,
        destroy_overdue=key.destroy_due_ms is not None and key.destroy_due_ms < now_ms - DAY_MS,
        jurisdiction=key.jurisdiction,
    )


def _days(then_ms: int, now_ms: int) -> float:
    return round(max(0, now_ms - then_ms) / DAY_MS, 2)
