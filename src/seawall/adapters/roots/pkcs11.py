"""A root of trust in PKCS#11 tokens: root keys are made there, are used there, and cannot leave.

1. The first token is the primary; the others stand by with the same root keys, cloned by their vendor's means. Whatever
   one token cannot answer is asked of the next: a call takes at most as many times ``timeout`` as there are tokens.
2. A token is admitted when it opens what each root key that this home has met sealed before: its known answer.
3. Each generation is a key of its own in the token: the label, and from the second on ``/`` and its number behind it.
4. The newest generation seals, and the token is asked each time whether there is a newer one; every generation opens.
"""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from seawall.adapters.roots import mechanism_names, wrapped
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.known_roots import KnownRoots, label_of
from seawall.adapters.roots.pkcs11_resident import Pkcs11Resident
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_link import Ask, LinkLimits, TokenLink, TokenPlace, refusal
from seawall.adapters.roots.token_links import TokenLinks
from seawall.adapters.roots.token_record import TokenRecord
from seawall.adapters.roots.token_seen import module_info, token_object
from seawall.capabilities.keys.certificate import ModuleCertificate
from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.root import (
    RootDescription,
    RootGeneration,
    RootKind,
    TokenHealth,
)
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import SeawallError
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_log = logging.getLogger("seawall.roots")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAddress(TokenPlace):
    """Where the root key is: the token, and the label of the root's first generation."""

    key_label: str = "seawall-root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A token with the same root keys, and its PIN."""

    place: TokenPlace
    pin: Callable[[], Secret]


class Pkcs11Root:
    """Uses root keys in tokens through a worker process for each, started at the first use in each process.

    Many threads ask at once; each holds a session of its own meanwhile. A refused PIN is never tried again by any
    process of the home, until a different one is put in place.

    Args:
        address: where the root key is.
        pin: reads the PIN, each time the token is opened; the answer is closed after use.
        record: what the home remembers of its tokens.
        standbys: tokens that are asked where the first does not answer, in this order.
        certificate: what the operator recorded of the module.
        limits: how long to wait for an answer, and how many sessions.
    """

    kind = RootKind.PKCS11

    def __init__(
        self,
        address: TokenAddress,
        *,
        pin: Callable[[], Secret],
        record: TokenRecord,
        standbys: Sequence[Standby] = (),
        certificate: ModuleCertificate | None = None,
        clock: Clock | None = None,
        limits: LinkLimits | None = None,
    ) -> None:
        self._label = address.key_label
        self._record = record
        self._known = KnownRoots(address.key_label, record)
        self._certificate = certificate
        clock, limits = clock or SystemClock(), limits or LinkLimits()
        self.tokens = TokenLinks(
            TokenLink(
                one.place,
                primary=not at,
                pin=one.pin,
                record=record,
                clock=clock,
                limits=limits,
                admit=self._admit,
            )
            for at, one in enumerate((Standby(place=address, pin=pin), *standbys))
        )
        self.resident = Pkcs11Resident(self.tokens.ask, self.tokens.ask_primary)

    @classmethod
    def create(
        cls,
        address: TokenAddress,
        *,
        pin: Callable[[], Secret],
        record: TokenRecord,
        entropy: Entropy = os.urandom,
        scheme: m.Scheme | None = None,
    ) -> Self:
        """Make the first root key inside the token, with attributes that keep it there.

        Raises:
            Conflict: ``root.key_exists``, or ``root.mechanism_missing``.
            Unauthenticated: ``root.pin_refused``.
            Unavailable: no module, no token, or a locked PIN.
        """
        root = cls(address, pin=pin, record=record)
        try:
            root.create_generation(1, entropy=entropy, scheme=scheme)
        except BaseException:
            root.close()
            raise
        return root

    @property
    def worker_pids(self) -> list[int]:
        """The process ids of the workers that run, the primary token's first."""
        return self.tokens.worker_pids

    def check(self) -> tuple[TokenHealth, ...]:
        """Open every token that can be, and say how each stands."""
        return self.tokens.check()

    def health(self) -> tuple[TokenHealth, ...]:
        """Say how each token stands, without touching any."""
        return self.tokens.health()

    def release(self) -> None:
        """End the workers, and with them sessions and logins; the next use starts others."""
        self.tokens.release()

    def close(self) -> None:
        """End the workers for good."""
        self.tokens.close()

    def describe(self) -> RootDescription:
        """Say what this root is, and how its tokens stood when they were used last; one token is asked.

        Raises:
            SeawallError: the first token's error, when none can be asked; NotFound when none holds a root key.
        """
        self.refresh()
        self._look_for_older()
        generations = self._known.generations()
        if not generations:
            raise token_error("key_missing")
        opened = self.tokens.opened()
        return RootDescription(
            kind=self.kind,
            label=self._label,
            key_id=str(generations[-1].key_id),
            hardware=opened.hardware,
            extractable=any(one.extractable for one in generations),
            module=module_info(opened),
            certificate=self._certificate.line() if self._certificate else None,
            validation=self._certificate,
            generations=generations,
            tokens=self.health(),
            mechanisms=mechanism_names.names(one.number for one in opened.mechanisms),
        )

    def refresh(self) -> tuple[RootGeneration, ...]:
        """Say which generations there are, oldest first, after looking whether there is a newer one.

        Raises:
            SeawallError: when no token answers.
        """
        if not self._known.generations():
            self.tokens.ask(m.Probe())
        while generations := self._known.generations():
            following = label_of(self._label, generations[-1].number + 1)
            newer = self.tokens.ask(m.ListRoots(label=following, only=True))
            if not isinstance(newer, m.Roots):
                raise refusal(newer)
            if not newer.keys:
                break
            self._known.learn(newer.keys, self.tokens.ask)
        return self._known.generations()

    def holds(self, key_id: UUID) -> bool:
        """Tell whether a root key is known to be in the tokens, without asking them."""
        return self._known.holds(key_id)

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes under the newest generation, inside a token.

        Raises:
            TooLarge: over the limit.
            Conflict: ``root.uses_spent``.
            Unavailable: no token answers.
        """
        wrapped.check_size(len(plaintext))
        generations = self.refresh()
        if not generations:
            raise token_error("key_missing")
        if generations[-1].number < self._known.newest_met():
            # A standby that lacks the newest key must not seal under one that may be retired.
            raise token_error("newest_missing")
        return self._wrap(generations[-1].key_id, plaintext, context)

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open inside a token what a generation of this root sealed for the same context.

        Raises:
            Corrupt: changed, sealed by another root, or for another context.
            Unavailable: no token answers.
        """
        value = wrapped.unpack(wrapped_bytes)
        bound = wrapped.associated(value.root_id, len(value.nonce), context)
        request = m.Unwrap(key_id=value.root_id.bytes, iv=value.nonce, sealed=value.sealed, aad=bound, root=self._label)
        answer = self.tokens.ask(request)
        if isinstance(answer, m.Unwrapped):
            return Secret(answer.plaintext)
        if isinstance(answer, m.Failed) and answer.code == "generation_missing" and not self._known.met(value.root_id):
            raise wrapped.other_root(value.root_id)
        raise refusal(answer)

    def create_generation(
        self, number: int, *, entropy: Entropy = os.urandom, scheme: m.Scheme | None = None
    ) -> RootGeneration:
        """Make a root key in the primary token; the next :meth:`wrap` uses it, in every process.

        Raises:
            Conflict: ``root.key_exists``, or ``root.mechanism_missing``.
            Unavailable: the primary token does not answer.
        """
        key_id = UUID(bytes=entropy(16), version=4)
        request = m.CreateRoot(label=label_of(self._label, number), key_id=key_id.bytes, scheme=scheme or "")
        answer = self.tokens.ask_primary(request)
        if not isinstance(answer, m.Roots):
            raise refusal(answer)
        self._known.learn(answer.keys, self.tokens.ask_primary)
        return self._known.one(key_id)

    def retire(self, key_id: UUID) -> None:
        """Destroy a root key in every token, and look that it is gone; what it sealed is unreadable from then on.

        Raises:
            Conflict: ``root.newest``, for the generation in use.
            NotFound: ``root.generation_missing``.
            Unavailable: a token does not answer; those before it have destroyed it.
        """
        generations = self.refresh()
        if key_id not in {one.key_id for one in generations}:
            raise token_error("generation_missing")
        for _, answer in self.tokens.ask_each(m.Destroy(key_id=key_id.bytes, root=self._label)):
            if not isinstance(answer, m.Done):
                raise refusal(answer)
        self._known.forget(key_id)

    def objects(self) -> list[TokenObject]:
        """List every key of ours in every token that answers.

        Raises:
            SeawallError: when a token cannot be listed.
        """
        found: list[TokenObject] = []
        for link, answer in self.tokens.ask_each(m.ListObjects(root_label=self._label)):
            if not isinstance(answer, m.Objects):
                raise refusal(answer)
            found += [token_object(link, one, self._label) for one in answer.items]
        return found

    def _look_for_older(self) -> None:
        # What another process destroyed is not told of here any more.
        for one in self._known.generations()[:-1]:
            found = self.tokens.ask(m.ListRoots(label=label_of(self._label, one.number), only=True))
            if isinstance(found, m.Roots) and not found.keys:
                self._known.miss(one.key_id)

    def _wrap(self, key_id: UUID, plaintext: Secret, context: bytes) -> bytes:
        scheme = m.Scheme(self._known.one(key_id).scheme)
        nonce_bytes = wrapped.NONCES[scheme]
        self._record.count_use(str(key_id))
        bound = wrapped.associated(key_id, nonce_bytes, context)
        answer = self.tokens.ask(m.Wrap(key_id=key_id.bytes, plaintext=plaintext.expose(), aad=bound, root=self._label))
        if not isinstance(answer, m.Wrapped) or len(answer.iv) != nonce_bytes:
            raise refusal(answer)
        return wrapped.pack(wrapped.Wrapped(root_id=key_id, nonce=answer.iv, sealed=answer.sealed))

    def _admit(self, link: TokenLink, ask: Ask) -> None:
        answer = ask(m.ListRoots(label=self._label))
        if not isinstance(answer, m.Roots):
            raise refusal(answer)
        link.seen = frozenset(one.key_id for one in answer.keys)
        try:
            self._known.admit(answer.keys, ask, primary=link.primary)
        except SeawallError as error:
            _log.error("token %s: %s", link.place.token_label or link.place.serial, error.text)
            raise
