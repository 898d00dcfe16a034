"""Which root keys a home knows, and whether a token that claims one of them really holds it.

1. A key that this home has met has to open its known answer: a fixed text that it sealed when it was met. AES-GCM's own
   check decides; nothing of the key shows, as the usual check value of a block cipher would under GCM.
2. A key that is new, under the number of one that was met, is another root's.
3. A key of a new number is a new generation, made by another process or node; it is met now.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots import wrapped
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_link import Ask, refusal
from seawall.adapters.roots.token_record import KnownRoot, TokenRecord
from seawall.capabilities.keys.root import RootGeneration, RootKind
from seawall.kernel.errors import Conflict

_TEXT = b"seawall root of trust"
_CONTEXT = b"seawall root known answer"


def label_of(label: str, number: int) -> str:
    """Name the key of a generation: the first has the root's own label."""
    return label if number == 1 else f"{label}/{number}"


def number_of(label: str, found: str) -> int:
    """Read a generation's number from its key's label.

    Raises:
        Conflict: ``root.key_unfit``.
    """
    if found == label:
        return 1
    written = found.removeprefix(f"{label}/")
    if not written.isascii() or not written.isdecimal() or written.startswith("0") or len(written) > 6:  # noqa: PLR2004
        raise Conflict(
            "root.key_unfit",
            f"the token holds a key that is named like a root key and is none: {found[:64]!r}.",
            remedy="Name it otherwise.",
        )
    return int(written)


class KnownRoots:
    """The root keys of one label; may be used by many threads."""

    def __init__(self, label: str, record: TokenRecord) -> None:
        self._label = label
        self._record = record
        self._seen: Mapping[UUID, RootGeneration] = {}

    def generations(self) -> tuple[RootGeneration, ...]:
        """List what was seen in tokens, oldest first."""
        return tuple(sorted(self._seen.values(), key=lambda one: one.number))

    def one(self, key_id: UUID) -> RootGeneration:
        """Return one that was seen.

        Raises:
            NotFound: ``root.generation_missing``.
        """
        if key_id not in self._seen:
            raise token_error("generation_missing")
        return self._seen[key_id]

    def holds(self, key_id: UUID) -> bool:
        """Tell whether a root key was seen in a token."""
        return key_id in self._seen

    def met(self, key_id: UUID) -> bool:
        """Tell whether this home has ever met a root key."""
        return key_id in self._seen or str(key_id) in self._record.roots()

    def newest_met(self) -> int:
        """Say the number of the newest generation that this home has ever met; 0 for none."""
        return max((one.number for one in self._record.roots().values()), default=0)

    def miss(self, key_id: UUID) -> None:
        """Take in that a root key is in no token any more: another process destroyed it."""
        self._seen = {known: one for known, one in self._seen.items() if known != key_id}

    def admit(self, keys: Iterable[m.RootSeen], ask: Ask, *, primary: bool) -> None:
        """Look at the root keys of a token that was just opened.

        Raises:
            Corrupt: ``root.other_root`` for the primary token, ``root.standby_differs`` for another.
            Conflict: ``root.key_unfit`` or ``root.key_ambiguous``.
        """
        self._take(keys, ask, other="other_root" if primary else "standby_differs")

    def learn(self, keys: Iterable[m.RootSeen], ask: Ask) -> None:
        """Take in a generation that was just made, here or elsewhere.

        Raises:
            Corrupt, Conflict: as :meth:`admit`.
        """
        self._take(keys, ask, other="other_root")

    def forget(self, key_id: UUID) -> None:
        """Forget a root key that was destroyed."""
        self.miss(key_id)
        self._record.forget(str(key_id))

    def _take(self, keys: Iterable[m.RootSeen], ask: Ask, *, other: str) -> None:
        met = self._record.roots()
        taken: dict[UUID, RootGeneration] = {}
        for key in keys:
            generation = self._generation(key)
            if generation.number in {one.number for one in taken.values()}:
                raise token_error("key_ambiguous")
            known = met.get(str(generation.key_id))
            if known is not None:
                if known.number != generation.number or not _opens(generation.key_id, known.check, self._label, ask):
                    raise token_error(other)
            elif generation.number in {one.number for one in met.values()}:
                raise token_error(other)
            taken[generation.key_id] = generation
        for generation in taken.values():
            if str(generation.key_id) not in met:
                self._meet(generation, ask)
        self._seen = {**self._seen, **taken}

    def _generation(self, key: m.RootSeen) -> RootGeneration:
        try:
            key_id = UUID(bytes=key.key_id)
        except ValueError:
            raise Conflict(
                "root.key_unfit",
                "the key's CKA_ID is no UUID, so Seawall did not make it.",
                remedy="Let Seawall make its root key in the token.",
            ) from None
        if not key.fit:
            raise token_error("key_unfit")
        return RootGeneration(
            number=number_of(self._label, key.label),
            key_id=key_id,
            kind=RootKind.PKCS11,
            scheme=key.scheme,
            extractable=key.extractable,
        )

    def _meet(self, generation: RootGeneration, ask: Ask) -> None:
        key_id = generation.key_id
        self._record.count_use(str(key_id))
        bound = wrapped.associated(key_id, wrapped.NONCES[generation.scheme], _CONTEXT)
        answer = ask(m.Wrap(key_id=key_id.bytes, plaintext=_TEXT, aad=bound, root=self._label))
        if not isinstance(answer, m.Wrapped):
            raise refusal(answer)
        check = wrapped.pack(wrapped.Wrapped(root_id=key_id, nonce=answer.iv, sealed=answer.sealed))
        self._record.meet(str(key_id), KnownRoot(number=generation.number, check=check))


def _opens(key_id: UUID, check: bytes, root: str, ask: Ask) -> bool:
    value = wrapped.unpack(check)
    bound = wrapped.associated(key_id, len(value.nonce), _CONTEXT)
    answer = ask(m.Unwrap(key_id=key_id.bytes, iv=value.nonce, sealed=value.sealed, aad=bound, root=root))
    if isinstance(answer, m.Failed) and answer.code != "open_failed":
        raise refusal(answer)
    return isinstance(answer, m.Unwrapped) and answer.plaintext == _TEXT
