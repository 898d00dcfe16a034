"""Campaigns: everything that Seawall knows to hold what older versions of a key protected is protected anew.

1. What is left is asked anew for every slice, so one that was done twice does no harm, and one that was done by
   somebody else is not done again.
2. A slice moves one holding: whole or not at all. What cannot be moved is passed over, with the code why.
3. It is done as whoever started it, through the corridor; access decides for each.
"""

import os
from collections.abc import Iterable
from typing import Final

import msgspec

from seawall.capabilities.keys import commands_rewrap as c
from seawall.capabilities.keys.commands_work import WorkView
from seawall.capabilities.keys.long_work import begin, one_at_a_time, text_of
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.ports_rewrap import Holding, Holdings
from seawall.capabilities.keys.ports_work import LongWork
from seawall.capabilities.keys.vault import find_key
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, NotFound, SeawallError, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.jobs import Job, Slice

KIND: Final = "keys.rewrap"


class _Spec(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    key: str


class _At(msgspec.Struct, frozen=True, kw_only=True):
    """How far a campaign came: how many were moved, and which could not be, with the code why."""

    moved: int = 0
    refused: dict[str, str] = {}


class RewrapJob:
    """The kind of work that moves what older versions protected."""

    name = KIND

    def step(self, job: Job) -> c.RewrapSlice:
        """Make the command of the next slice."""
        spec = msgspec.json.decode(job.spec, type=_Spec)
        return c.RewrapSlice(domain=spec.domain, key=spec.key, checkpoint=job.checkpoint)


class Rewrapping:
    """Carries out campaigns.

    Args:
        store: where keys are kept.
        holdings: what holds what they protected.
        work: starts jobs.
        entropy: random bytes for ids.
    """

    def __init__(self, store: KeyStore, holdings: Holdings, work: LongWork, *, entropy: Entropy = os.urandom) -> None:
        self._store = store
        self._holdings = holdings
        self._work = work
        self._entropy = entropy

    def start(self, turn: Turn, command: c.StartRewrap) -> c.Campaign:
        """Start a campaign.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.work_standing``, or ``keys.nothing_older`` when nothing known is under an older version.
            Denied: when policy does not let the asker protect what is to be moved.
            Unavailable: the store.
        """
        key = self._key(command.domain, command.key)
        one_at_a_time(self._newest(key))
        left = list(self._left(key))
        if not left:
            raise Conflict(
                "keys.nothing_older",
                f"nothing known here is under an older version of key {key.domain}/{key.name}.",
                remedy="What lies elsewhere is moved with: seawall keys rewrap DOMAIN/KEY SOURCE --out OUT",
            )
        for one in left:
            self._holdings.check(turn, key.domain, one)
        spec = _Spec(domain=key.domain, key=key.name)
        work = begin(self._work, turn, KIND, command, spec, entropy=self._entropy)
        return _campaign(key, work, left, {})

    def slice(self, turn: Turn, command: c.RewrapSlice) -> Slice:
        """Move the next holding.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Unavailable: the store, or what looks after the holding.
        """
        at = msgspec.json.decode(command.checkpoint, type=_At) if command.checkpoint else _At()
        key = self._key(command.domain, command.key)
        left = [one for one in self._left(key) if one.id not in at.refused]
        total = at.moved + len({one.id for one in left}) + len(at.refused)
        if not left:
            what = f"{at.moved} moved" + (f", {len(at.refused)} could not be" if at.refused else "")
            return Slice(checkpoint=_encode(at), done=total - len(at.refused), total=total, what=what, over=True)
        one = left[0]
        try:
            self._holdings.move(turn, one)
        except Unavailable:
            raise
        except SeawallError as error:
            turn.note(holding=one.id, refused=error.code)
            at = msgspec.structs.replace(at, refused={**at.refused, one.id: error.code})
        else:
            turn.note(holding=one.id, version=key.version)
            at = msgspec.structs.replace(at, moved=at.moved + 1)
        return Slice(checkpoint=_encode(at), done=at.moved, total=total, what=one.what)

    def show(self, turn: Turn, command: c.ShowRewrap) -> c.Campaign:  # noqa: ARG002 - a handler is given its turn
        """Show how the last campaign stands, and what is left.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
        """
        key = self._key(command.domain, command.key)
        return self._shown(key, self._newest(key))

    def pause(self, turn: Turn, command: c.PauseRewrap) -> c.Campaign:
        """Let a campaign rest.

        Raises:
            NotFound: as showing; ``keys.no_campaign``.
            Conflict: ``job.paused``, ``job.cancelled`` or ``job.over``.
        """
        key, job = self._steered(command)
        return self._shown(key, self._work.pause(job.id, turn.record({"job": job.id})))

    def resume(self, turn: Turn, command: c.ResumeRewrap) -> c.Campaign:
        """Go on with a campaign.

        Raises:
            NotFound: as pausing.
            Conflict: ``job.running``, ``job.cancelled`` or ``job.over``.
        """
        key, job = self._steered(command)
        return self._shown(key, self._work.resume(job.id, turn.record({"job": job.id})))

    def _steered(self, command: c.PauseRewrap | c.ResumeRewrap) -> tuple[Key, Job]:
        key = self._key(command.domain, command.key)
        job = self._newest(key)
        if job is None:
            raise NotFound("keys.no_campaign", f"key {key.domain}/{key.name} has had no campaign.", field="key")
        return key, job

    def _shown(self, key: Key, job: Job | None) -> c.Campaign:
        at = msgspec.json.decode(job.checkpoint, type=_At) if job is not None and job.checkpoint else _At()
        work = None if job is None else WorkView.of(job)
        return _campaign(key, work, self._left(key), at.refused)

    def _newest(self, key: Key) -> Job | None:
        spec = _Spec(domain=key.domain, key=key.name)
        return self._work.newest(KIND, domain=key.domain, spec=text_of(spec))

    def _left(self, key: Key) -> Iterable[Holding]:
        held = self._holdings.of(key.domain, key.name)
        return [one for one in held if one.current and one.version < key.version]

    def _key(self, domain: str, name: str) -> Key:
        with self._store.read() as reads:
            return find_key(reads, domain, name)


def shown(one: Holding, refused: str = "") -> c.HoldingView:
    """Show a holding."""
    return c.HoldingView(
        kind=one.kind,
        id=one.id,
        what=one.what,
        part=one.part,
        version=one.version,
        values=one.values,
        refused=refused,
    )


def _campaign(key: Key, work: WorkView | None, left: Iterable[Holding], refused: dict[str, str]) -> c.Campaign:
    return c.Campaign(
        key=f"{key.domain}/{key.name}",
        version=key.version,
        work=work,
        left=[shown(one, refused.get(one.id, "")) for one in left],
    )


def _encode(at: _At) -> bytes:
    return msgspec.json.encode(at)
