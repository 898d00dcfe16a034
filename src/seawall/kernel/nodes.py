"""The nodes of one store, as others see them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSeen:
    """A node as the store knows it; ``epoch`` is the one from before which it holds nothing. Times by the store."""

    id: str
    name: str
    version: str
    epoch: int
    alive: bool
    seen_ms: int
    joined_ms: int
