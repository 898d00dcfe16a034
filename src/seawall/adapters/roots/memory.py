"""A root of trust in memory alone: what it sealed is lost with it. The conformance suite begins with it."""

import os
from dataclasses import dataclass
from uuid import UUID

from seawall.adapters.roots import wrapped
from seawall.capabilities.keys.root import RootDescription, RootGeneration, RootKind
from seawall.crypto.xaes import Xaes256Gcm
from seawall.kernel.errors import Conflict, Corrupt, NotFound, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_NONCE = 24
SCHEME = "XAES-256-GCM"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A generation and its key of 32 bytes."""

    generation: RootGeneration
    key: Secret


class KeyRoot:
    """Root keys held in this process, used with XAES-256-GCM (C2SP) and a random 24-byte nonce.

    Args:
        keys: at least one generation; this object closes their keys.
        label: what this root is called.
        entropy: random bytes for nonces and keys.
    """

    kind = RootKind.MEMORY

    def __init__(self, *keys: HeldKey, label: str, entropy: Entropy = os.urandom) -> None:
        self._keys: dict[UUID, HeldKey] = {one.generation.key_id: one for one in keys}
        self._label = label
        self._entropy = entropy
        self._closed = False

    def describe(self) -> RootDescription:
        """Say what this root is."""
        generations = self._generations()
        return RootDescription(
            kind=self.kind,
            label=self._label,
            key_id=str(generations[-1].key_id),
            hardware=False,
            extractable=True,
            generations=generations,
        )

    def refresh(self) -> tuple[RootGeneration, ...]:
        """Say which generations there are, oldest first."""
        return self._generations()

    def holds(self, key_id: UUID) -> bool:
        """Tell whether a root key is here."""
        return key_id in self._keys

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes for a context, under the newest generation.

        Raises:
            TooLarge: over the limit.
            Unavailable: after :meth:`close`.
        """
        wrapped.check_size(len(plaintext))
        self._must_be_open()
        root_id = self.refresh()[-1].key_id
        nonce = self._entropy(_NONCE)
        bound = wrapped.associated(root_id, _NONCE, context)
        sealed = self._cipher(root_id).seal(nonce, plaintext.expose(), bound)
        return wrapped.pack(wrapped.Wrapped(root_id=root_id, nonce=nonce, sealed=sealed))

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open what a generation of this root sealed for the same context.

        Raises:
            Corrupt: changed, sealed by another root, or for another context.
            Unavailable: after :meth:`close`.
        """
        self._must_be_open()
        value = wrapped.unpack(wrapped_bytes)
        if not self.holds(value.root_id):
            self.refresh()
        cipher = self._cipher(value.root_id)
        if len(value.nonce) != _NONCE:
            raise wrapped.refused()
        try:
            return Secret(cipher.open(value.nonce, value.sealed, wrapped.associated(value.root_id, _NONCE, context)))
        except Corrupt:
            raise wrapped.refused() from None

    def create_generation(self, number: int) -> RootGeneration:
        """Make a root key; the next :meth:`wrap` uses it.

        Raises:
            Conflict: ``root.key_exists``.
        """
        self._must_be_open()
        if number in {one.number for one in self.refresh()}:
            raise Conflict("root.key_exists", f"there is a root key of generation {number} already.")
        made = self._make(number)
        self._keys = {**self._keys, made.generation.key_id: made}
        return made.generation

    def retire(self, key_id: UUID) -> None:
        """Destroy a root key; what it sealed is unreadable from then on.

        Raises:
            NotFound: ``root.generation_missing``.
        """
        self._must_be_open()
        if key_id not in {one.key_id for one in self.refresh()}:
            raise NotFound("root.generation_missing", f"there is no root key {key_id} here.")
        self._drop(key_id)

    def release(self) -> None:
        """Give back what need not be kept between two uses: nothing."""

    def close(self) -> None:
        """Wipe the root keys."""
        self._closed = True
        for one in self._keys.values():
            one.key.close()

    def _make(self, number: int) -> HeldKey:
        key_id = UUID(bytes=self._entropy(16), version=4)
        generation = RootGeneration(number=number, key_id=key_id, kind=self.kind, scheme=SCHEME, extractable=True)
        return HeldKey(generation=generation, key=Secret(self._entropy(32)))

    def _drop(self, key_id: UUID) -> None:
        kept = dict(self._keys)
        kept.pop(key_id).key.close()
        self._keys = kept

    def _generations(self) -> tuple[RootGeneration, ...]:
        return tuple(sorted((one.generation for one in self._keys.values()), key=lambda one: one.number))

    def _cipher(self, root_id: UUID) -> Xaes256Gcm:
        held = self._keys.get(root_id)
        if held is None:
            raise wrapped.other_root(root_id)
        return Xaes256Gcm(held.key.expose())

    def _must_be_open(self) -> None:
        if self._closed:
            raise Unavailable("root.closed", "the root of trust is closed.", remedy="Unseal it again.")


def memory_root(*, label: str = "memory", entropy: Entropy = os.urandom) -> KeyRoot:
    """Make a root with a fresh key that exists in this process alone."""
    key_id = UUID(bytes=entropy(16), version=4)
    generation = RootGeneration(number=1, key_id=key_id, kind=RootKind.MEMORY, scheme=SCHEME, extractable=True)
    return KeyRoot(HeldKey(generation=generation, key=Secret(entropy(32))), label=label, entropy=entropy)
