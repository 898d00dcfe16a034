"""What others lend to the long work of rotation."""

from dataclasses import dataclass

from seawall.capabilities.keys.ports_rewrap import EnvelopeCopies, Holdings, Traces
from seawall.capabilities.keys.ports_work import Fleet, LongWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Aids:
    """Jobs, the nodes of the store, what holds protected values, copies of files, and what is known of uses."""

    work: LongWork
    fleet: Fleet
    holdings: Holdings
    copies: EnvelopeCopies
    traces: Traces
