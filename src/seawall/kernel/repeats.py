"""What is kept of a request that named itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What is kept of a request that had the same idempotency key.

    Args:
        fingerprint: SHA-256 of what was asked.
        status: what it was answered with; 0 while it is under way.
        body: the answer's body; None where it is told once only.
        tag: the answer's entity tag; empty without one.
    """

    fingerprint: bytes
    status: int
    body: bytes | None
    tag: bytes = b""
