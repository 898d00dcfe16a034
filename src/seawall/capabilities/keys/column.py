"""Use of one version of a key on a whole column, by another room, under a lease that is asked for every batch."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.model import Purpose, Use
from seawall.capabilities.keys.ring import KeyRing
from seawall.crypto import envelope
from seawall.crypto.algorithms.registry import Mechanism, Operation
from seawall.crypto.envelope import Sealer
from seawall.kernel.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from uuid import UUID

    from seawall.crypto.ff1 import Ff1
    from seawall.crypto.ff1_batch import Ff1Batch
    from seawall.crypto.rank import RankedDomain

PROCESSING = frozenset({"data.decrypt", "data.reveal"})
_TRIES = 4


class ColumnCipher:
    """One version of a key, for a column. A context manager; ask it anew for every batch.

    Sealing and opening need a key of purpose ``encrypt``, the FF1 ciphers one of purpose ``tokenise``. Each method
    first makes sure that the key may still be used, so suspending it stops the work at the next batch.
    """

    def __init__(self, ring: KeyRing, domain: str, name: str, version: int | None, use: Use) -> None:
        self._ring = ring
        self._domain = domain
        self._name = name
        self._use = use
        self._made: dict[tuple[str, int], Any] = {}
        held = ring.take(domain, name, None, use, version)
        self.purpose = held.key.purpose
        self.key_id: UUID = held.id
        self.version: int = held.version if version is None else version
        if self.purpose is Purpose.ENCRYPT and use is Use.PROTECT and self.version != held.version:
            raise errors.other_version(domain, name, self.version)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._made.clear()

    def seal_many(self, values: Sequence[bytes], context: bytes) -> list[bytes]:
        """Encrypt values under the key's current version; each envelope names it.

        Raises:
            InvalidInput: ``keys.purpose``, or ``keys.usage``.
            Conflict: the key may no longer protect.
        """
        held = self._ring.take(self._domain, self._name, Purpose.ENCRYPT, Use.PROTECT)
        held.key.permits(Operation.ENCRYPT)
        if held.sealer is None:
            raise _changing()
        if isinstance(held.sealer, Sealer):
            return held.sealer.seal_many(values, context)
        raise InvalidInput(
            "keys.mechanism",
            f"columns are encrypted by {Mechanism.XAES_256_GCM}.",
            field="key",
            remedy="Name a key whose current version has that mechanism.",
        )

    def open_many(self, values: Sequence[bytes], context: bytes) -> list[bytes]:
        """Decrypt envelopes, whichever of the key's versions made each.

        Raises:
            InvalidInput: ``keys.purpose``, ``keys.usage``, ``envelope.malformed``, or ``envelope.other_key``.
            Corrupt: ``crypto.open_failed``; one that fails fails them all.
            Conflict: the key may no longer process.
        """
        held = self._ring.take(self._domain, self._name, Purpose.ENCRYPT, Use.PROCESS, self.version)
        held.key.permits(Operation.DECRYPT)
        by_version = {self.version: held.openers.get(self.version)}
        opened: list[bytes] = []
        for sealed in values:
            header = envelope.parse(sealed)
            if header.key_id != self.key_id:
                raise InvalidInput("envelope.other_key", "this was encrypted with another key.")
            opener = by_version.get(header.version)
            if opener is None:
                held = self._ring.take(self._domain, self._name, Purpose.ENCRYPT, Use.PROCESS, header.version)
                opener = by_version[header.version] = held.openers.get(header.version)
            if opener is None:
                raise _changing()
            opened.append(opener.open(sealed, context))
        return opened

    def digits(self) -> "Ff1Batch":
        """Give FF1 over columns of decimal digits.

        Raises:
            InvalidInput: ``keys.purpose``, or ``keys.usage``.
            Conflict: the key may no longer be used so.
        """
        from seawall.crypto.ff1_batch import Ff1Batch

        made: Ff1Batch = self._cipher("digits", 10, Ff1Batch)
        return made

    def ranked(self, size: int) -> "RankedDomain":
        """Give a bijection on the ranks 0 to ``size`` - 1.

        Raises:
            InvalidInput: ``keys.purpose``, ``keys.usage``, or a size that is too small.
            Conflict: the key may no longer be used so.
        """
        from seawall.crypto.rank import RankedDomain

        made: RankedDomain = self._cipher("ranked", size, lambda key: RankedDomain(key, size))
        return made

    def scalar_ff1(self, radix: int) -> "Ff1":
        """Give FF1 for single values of any radix.

        Raises:
            InvalidInput: ``keys.purpose``, ``keys.usage``, or a radix out of range.
            Conflict: the key may no longer be used so.
        """
        from seawall.crypto.ff1 import Ff1

        made: Ff1 = self._cipher("scalar", radix, lambda key: Ff1(key, radix))
        return made

    def _cipher(self, kind: str, size: int, make: Callable[[bytes], Any]) -> Any:
        for _ in range(_TRIES):
            held = self._ring.take(self._domain, self._name, Purpose.TOKENISE, self._use, self.version)
            held.key.permits(Operation.TOKENISE if self._use is Use.PROTECT else Operation.REVEAL)
            if (found := self._made.get((kind, size))) is not None:
                return found
            if (material := held.material(self.version)) is not None:
                with material:
                    found = self._made[kind, size] = make(material.expose())
                    return found
        raise _changing()


def _changing() -> Unavailable:
    return Unavailable("keys.changing", "the key changed just now.", remedy="Try again.")
