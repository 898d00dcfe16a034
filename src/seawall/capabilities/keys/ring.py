"""The ring: unwrapped keys of this process, for a bounded time and number, under the lease of the epoch.

1. Whoever uses a key asks the ring first, every time. A hit reads the epoch and the clock, and takes no lock.
2. A miss reads the epoch, then the store; if the epoch has changed meanwhile, what was read is not used.
3. A new epoch voids everything at once: keys and key-encryption keys are closed, and the process says so.
"""

import os
import threading
from collections import deque
from typing import TYPE_CHECKING

from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.held import HeldKey, counts_nonces
from seawall.capabilities.keys.model import Purpose, Use
from seawall.capabilities.keys.ports import Lease
from seawall.capabilities.keys.ports_use import NonceRanges
from seawall.capabilities.keys.resident import ResidentUse
from seawall.capabilities.keys.uses import Used
from seawall.capabilities.keys.vault import Sealed, Vault
from seawall.crypto.algorithms.instruments import NonceSource
from seawall.crypto.algorithms.nonces import CountedNonces
from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from uuid import UUID

_TRIES = 16
_MOST_UNTOLD = 100_000
_RANGE = 1 << 16  # nonces that a process takes at once, and loses when it ends


class _Generation:
    """What is held under one epoch."""

    __slots__ = ("epoch", "keks", "keys")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.keys: dict[tuple[str, str], HeldKey] = {}
        self.keks: dict[tuple[UUID, int], tuple[float, Secret]] = {}

    def close(self) -> None:
        for key in list(self.keys.values()):
            key.close()
        for _, kek in list(self.keks.values()):
            kek.close()
        self.keys.clear()
        self.keks.clear()


class KeyRing:
    """The unwrapped keys of this process.

    Args:
        vault: opens what the store holds.
        lease: the epoch.
        clock: monotonic time.
        keep_s: seconds that a key is held at most.
        limit: keys that are held at most; the one held longest goes first.
        entropy: random bytes for nonces.
        jurisdiction: where this node stands; empty where none was declared.
        nonces: gives out ranges of nonces, for mechanisms that count them.
        slh_dsa: signs by SLH-DSA, where that was installed.
        token: uses keys that live in a token, where there is one.
    """

    def __init__(
        self,
        vault: Vault,
        lease: Lease,
        clock: Clock,
        *,
        keep_s: float = 300.0,
        limit: int = 10_000,
        entropy: Entropy = os.urandom,
        jurisdiction: str = "",
        nonces: NonceRanges | None = None,
        slh_dsa: SlhDsaEngine | None = None,
        token: ResidentUse | None = None,
    ) -> None:
        self._token = token
        self._slh_dsa = slh_dsa
        self._untold: deque[Used] = deque(maxlen=_MOST_UNTOLD)
        self._vault = vault
        self._nonces = nonces
        self._lease = lease
        self._epoch = lease.epoch
        self._now = clock.monotonic
        self._wall = clock.now_ms
        self._jurisdiction = jurisdiction
        self._keep_s = keep_s
        self._limit = limit
        self._entropy = entropy
        self._lock = threading.Lock()
        self._held = _Generation(-1)

    def __len__(self) -> int:
        return len(self._held.keys)

    def hit(self, domain: str, name: str) -> HeldKey | None:
        """Return a key that is held and good; None when the store has to be asked.

        Raises:
            Unavailable: when this node may use nothing from memory.
        """
        held = self._held
        key = held.keys.get((domain, name))
        if key is not None and held.epoch == self._epoch() and key.expires > self._now():
            return key
        return None

    def take(self, domain: str, name: str, purpose: Purpose | None, use: Use, version: int | None = None) -> HeldKey:
        """Return a key, with a version of it (the current one by default), fit for a use.

        Raises:
            NotFound: no such domain, key or version.
            InvalidInput: ``keys.purpose``.
            Conflict: the key's state, or its domain's, forbids the use.
            Unavailable: the store, the root or the lease.
        """
        key = self.hit(domain, name)
        if (
            key is None
            or not key.holds(key.version if version is None else version)
            or (use is Use.PROTECT and key.lacks_nonces)
        ):
            key = self._load(domain, name, purpose, use, version)
        key.require(purpose, use, version)
        return key

    def kek_of(self, domain: str) -> tuple[Domain, Secret]:
        """Return a domain and a copy of its key-encryption key, which the caller closes.

        Raises:
            NotFound: no such domain.
            Conflict: ``keys.destroyed`` or ``keys.pending_destruction``.
            Corrupt, Unavailable: the store, the root or the lease.
        """
        held = self._generation(self._epoch())
        owner, wrapped = self._vault.read_domain(domain)
        return owner, self._kek(held, owner, wrapped, owner.kek_generation)

    def kek_for(self, sealed: Sealed) -> Secret:
        """Return a copy of the key-encryption key of a material, which the caller closes.

        Raises:
            Corrupt, Unavailable: the root or the lease.
        """
        return self.kek_at(sealed.domain, sealed.kek, sealed.generation)

    def kek_at(self, domain: Domain, wrapped: bytes, generation: int) -> Secret:
        """Return a copy of a domain's key-encryption key of a generation, which the caller closes.

        Raises:
            Corrupt, Unavailable: the root or the lease.
        """
        return self._kek(self._generation(self._epoch()), domain, wrapped, generation)

    def tend(self) -> None:
        """Drop what is void or too old, and renew this process's lease; call it twice a second.

        Raises:
            Unavailable: when this node may use nothing from memory; everything was dropped.
        """
        try:
            held = self._generation(self._epoch())
        except Unavailable:
            self.close()
            raise
        now = self._now()
        for name, key in list(held.keys.items()):
            if key.expires <= now and held.keys.pop(name, None) is key:
                key.close()
        with self._lock:
            for owner, (expires, kek) in list(held.keks.items()):
                if expires <= now:
                    del held.keks[owner]
                    kek.close()
        self._lease.acknowledge(held.epoch)

    def uses(self) -> list[Used]:
        """Take the counts of uses since the last time, also of keys that were dropped meanwhile."""
        told = [used for key in list(self._held.keys.values()) for used in key.told()]
        while self._untold:
            told.append(self._untold.popleft())
        return told

    def close(self) -> None:
        """Drop everything; the ring fills again when it is used again."""
        with self._lock:
            self._held.close()
            self._held = _Generation(-1)

    def _load(self, domain: str, name: str, purpose: Purpose | None, use: Use, version: int | None) -> HeldKey:
        for _ in range(_TRIES):
            held = self._generation(self._epoch())
            sealed = self._vault.read(domain, name, version)
            fresh = self._hold(sealed)
            # A key that is refused is not even unwrapped.
            fresh.require(purpose, use, version)
            material: Secret | None = None
            if not sealed.in_token:
                with self._kek(held, sealed.domain, sealed.kek, sealed.generation) as kek:
                    material = self._vault.open(kek, sealed)
            key = held.keys.get((domain, name))
            if key is None or key.version != fresh.version or key.expires <= self._now():
                key = fresh
            nonces = self._range(sealed) if use is Use.PROTECT else None
            if material is None:
                key.hold_resident(sealed.version, nonces)
            else:
                key.hold(sealed.version, material, nonces)
            if held.epoch == self._epoch() and held is self._held:
                self._keep(held, (domain, name), key)
                return key
            key.close()
        raise Unavailable("keys.changing", "keys change faster than they can be read.", remedy="Try again.")

    def _range(self, sealed: Sealed) -> NonceSource | None:
        key = sealed.key
        if self._nonces is None or key.purpose is not Purpose.ENCRYPT or sealed.version != key.version:
            return None
        if not counts_nonces(key.current):
            return None
        return CountedNonces(*self._nonces.take(key.id, key.version, _RANGE))

    def _hold(self, sealed: Sealed) -> HeldKey:
        now_ms, keep_s = self._wall(), self._keep_s
        if (deadline_ms := sealed.key.next_deadline_ms(now_ms)) is not None:
            keep_s = min(keep_s, (deadline_ms - now_ms) / 1000)
        return HeldKey(
            sealed.key,
            sealed.domain.policy,
            entropy=self._entropy,
            expires=self._now() + keep_s,
            now_ms=now_ms,
            jurisdiction=self._jurisdiction,
            slh_dsa=self._slh_dsa,
            untold=self._untold,
            token=self._token,
        )

    def _kek(self, held: _Generation, domain: Domain, wrapped: bytes, generation: int) -> Secret:
        name = (domain.id, generation)
        with self._lock:
            found = held.keks.get(name)
            if found is not None and found[0] > self._now():
                return Secret(found[1].expose())
        # The root may be a token that takes its time: nobody waits for it here but who needs it.
        kek = self._vault.open_kek(domain, wrapped, generation)
        with self._lock:
            if held is self._held:
                if (old := held.keks.get(name)) is not None:
                    old[1].close()
                held.keks[name] = (self._now() + self._keep_s, Secret(kek.expose()))
        return kek

    def _keep(self, held: _Generation, name: tuple[str, str], key: HeldKey) -> None:
        while len(held.keys) >= self._limit and name not in held.keys:
            try:
                held.keys.pop(next(iter(held.keys))).close()
            except (StopIteration, KeyError, RuntimeError):
                # Another thread made room.
                continue
        held.keys[name] = key

    def _generation(self, epoch: int) -> _Generation:
        held = self._held
        if held.epoch >= epoch:
            return held
        with self._lock:
            if self._held.epoch < epoch:
                old, self._held = self._held, _Generation(epoch)
                old.close()
            held = self._held
        self._lease.acknowledge(held.epoch)
        return held
