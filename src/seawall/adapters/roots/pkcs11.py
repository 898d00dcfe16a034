"""A root of trust in PKCS#11 tokens: root keys are made there, are used there, and cannot leave.

1. The first token is the primary; the others stand by with the same root keys, cloned by their vendor's means. Whatever
   one token cannot answer is asked of the next: a call takes at most as many times ``timeout`` as there are tokens.
2. A token is admitted when it opens what each root key that this home has met sealed before: its known answer.
3. Each generation is a key of its own in the token: the label, and from the second on ``/`` and its number behind it.
4. The newest generation seals, and the token is asked each time whether there is a newer one; every generation opens.
"""

import logging
import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from seawall.adapters.roots import mechanism_names, wrapped
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.known_roots import KnownRoots, label_of
from seawall.adapters.roots.pkcs11_resident import Pkcs11Resident
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_link import Ask, LinkLimits, Lost, TokenLink, TokenPlace, refusal
from seawall.adapters.roots.token_record import TokenRecord
from seawall.capabilities.keys.certificate import ModuleCertificate
from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.root import (
    ModuleInfo,
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
# What one token refuses and another may yet do.
_ELSEWHERE = frozenset({"generation_missing", "key_missing", "resident_missing", "key_unfit", "resident_unfit"})


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
        self._links = tuple(
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
        self.resident = Pkcs11Resident(self.ask, self.ask_primary)
        _alive.add(self)

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
        return [link.worker_pid for link in self._links if link.worker_pid is not None]

    def describe(self) -> RootDescription:
        """Say what this root is, and how its tokens stood when they were used last; one token is asked.

        Raises:
            SeawallError: the first token's error, when none can be asked; NotFound when none holds a root key.
        """
        generations = self.refresh()
        if not generations:
            raise token_error("key_missing")
        opened = next(link.opened for link in self._links if link.opened)
        return RootDescription(
            kind=self.kind,
            label=self._label,
            key_id=str(generations[-1].key_id),
            hardware=opened.hardware,
            extractable=any(one.extractable for one in generations),
            module=_module(opened),
            certificate=self._certificate.line() if self._certificate else None,
            validation=self._certificate,
            generations=generations,
            tokens=self.health(),
            mechanisms=mechanism_names.names(one.number for one in opened.mechanisms),
        )

    def check(self) -> tuple[TokenHealth, ...]:
        """Open every token that can be, and say how each stands."""
        for link in self._links:
            try:
                link.ask(m.Probe())
            except Lost as lost:
                _log.warning("token %s: %s", link.place.token_label or link.place.serial, lost.error.text)
        return self.health()

    def health(self) -> tuple[TokenHealth, ...]:
        """Say how each token stands, without touching any."""
        return tuple(link.health() for link in self._links)

    def refresh(self) -> tuple[RootGeneration, ...]:
        """Say which generations there are, oldest first, after looking whether there is a newer one.

        Raises:
            SeawallError: when no token answers.
        """
        if not self._known.generations():
            self.ask(m.Probe())
        while generations := self._known.generations():
            following = label_of(self._label, generations[-1].number + 1)
            newer = self.ask(m.ListRoots(label=following, only=True))
            if not isinstance(newer, m.Roots):
                raise refusal(newer)
            if not newer.keys:
                break
            self._known.learn(newer.keys, self._ask_any)
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
        answer = self.ask(request)
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
        answer = self.ask_primary(request)
        if not isinstance(answer, m.Roots):
            raise refusal(answer)
        self._known.learn(answer.keys, self._ask_primary_or_fail)
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
        for link in self._links:
            answer = _asked(link, m.Destroy(key_id=key_id.bytes, root=self._label))
            if not isinstance(answer, m.Done):
                raise refusal(answer)
        self._known.forget(key_id)

    def objects(self) -> list[TokenObject]:
        """List every key of ours in every token that answers.

        Raises:
            SeawallError: when a token cannot be listed.
        """
        found: list[TokenObject] = []
        for link in self._links:
            answer = _asked(link, m.ListObjects(root_label=self._label))
            if not isinstance(answer, m.Objects):
                raise refusal(answer)
            found += [self._object(link, one) for one in answer.items]
        return found

    def release(self) -> None:
        """End the workers, and with them sessions and logins; the next use starts others."""
        for link in self._links:
            link.release()

    def close(self) -> None:
        """End the workers for good."""
        for link in self._links:
            link.close()

    def ask(self, request: m.Request) -> m.Answer:
        """Ask the tokens, one after the other, until one can answer.

        Raises:
            SeawallError: the first token's error, when none could be asked.
        """
        failed: SeawallError | None = None
        refused: m.Answer | None = None
        for link in self._links:
            try:
                answer = link.ask(request)
            except Lost as lost:
                failed = failed or lost.error
                continue
            if not isinstance(answer, m.Failed) or answer.code not in _ELSEWHERE:
                return answer
            refused = refused or answer
        # That one token has no such key says nothing while another does not answer.
        if failed is not None:
            raise failed
        if refused is None:
            raise token_error("not_open")
        return refused

    def ask_primary(self, request: m.Request) -> m.Answer:
        """Ask the primary token alone: what is made, is made there.

        Raises:
            SeawallError: when it cannot be asked.
        """
        return _asked(self._links[0], request)

    def _ask_any(self, request: m.Request) -> m.Answer:
        return self.ask(request)

    def _ask_primary_or_fail(self, request: m.Request) -> m.Answer:
        return self.ask_primary(request)

    def _wrap(self, key_id: UUID, plaintext: Secret, context: bytes) -> bytes:
        scheme = m.Scheme(self._known.one(key_id).scheme)
        nonce_bytes = wrapped.NONCES[scheme]
        self._record.count_use(str(key_id))
        bound = wrapped.associated(key_id, nonce_bytes, context)
        answer = self.ask(m.Wrap(key_id=key_id.bytes, plaintext=plaintext.expose(), aad=bound, root=self._label))
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

    def _object(self, link: TokenLink, seen: m.ObjectSeen) -> TokenObject:
        return TokenObject(
            token=link.place.token_label or link.place.serial,
            primary=link.primary,
            root=seen.label == self._label or seen.label.startswith(f"{self._label}/"),
            key_id=seen.key_id.hex(),
            label=seen.label,
            kind=seen.kind,
            algorithm=seen.algorithm,
            sensitive=seen.sensitive,
            extractable=seen.extractable,
            never_extractable=seen.never_extractable,
            local=seen.local,
        )

    def _forget_parent(self) -> None:
        for link in self._links:
            link.forget_parent()


def _asked(link: TokenLink, request: m.Request) -> m.Answer:
    try:
        return link.ask(request)
    except Lost as lost:
        raise lost.error from None


def _module(opened: m.Opened) -> ModuleInfo:
    return ModuleInfo(
        manufacturer=opened.manufacturer,
        model=opened.model,
        serial=opened.serial,
        token_label=opened.token_label,
        hardware_version=opened.hardware_version,
        firmware_version=opened.firmware_version,
        library=opened.library,
    )


_alive: "weakref.WeakSet[Pkcs11Root]" = weakref.WeakSet()


def _after_fork() -> None:
    for root in list(_alive):
        root._forget_parent()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_after_fork)
