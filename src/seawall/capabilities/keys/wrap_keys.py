"""Wrap and unwrap key material that callers hold, and make data keys for them."""

import os
from typing import TYPE_CHECKING, cast

from seawall.capabilities.keys import commands_use as c
from seawall.capabilities.keys import errors
from seawall.capabilities.keys.held import HeldKey
from seawall.capabilities.keys.model import Purpose, Use
from seawall.capabilities.keys.ring import KeyRing
from seawall.crypto import envelope
from seawall.crypto.algorithms.registry import Operation, spec_of
from seawall.crypto.suite_envelope import SuiteUnwrapper, SuiteWrapper
from seawall.crypto.suites import Suite, suite_of
from seawall.kernel.command import Turn
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from seawall.crypto.algorithms.instruments import KeyUnwrapper

_LONGEST_SYMMETRIC = 32


class KeyWrapper:
    """Carries out wrapping. What is wrapped is nobody's key here: it belongs to the caller."""

    def __init__(self, ring: KeyRing, *, entropy: Entropy = os.urandom) -> None:
        self._ring = ring
        self._entropy = entropy

    def wrap(self, turn: Turn, command: c.WrapMaterial) -> c.Wrapped:
        """Wrap material under the key's current version.

        Raises:
            InvalidInput: ``crypto.empty_key``, ``crypto.no_context``, and as :meth:`HeldKey.tool`.
            Conflict: ``keys.weak_wrapping``, when the material is a stronger symmetric key than this.
            NotFound, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        with Secret(command.material) as material:
            return self._wrapped(turn, command.domain, command.key, material, command.context, raw=command.raw)

    def make(self, turn: Turn, command: c.MakeDataKey) -> c.Wrapped:
        """Make a data key of random bytes and wrap it.

        Raises:
            InvalidInput, NotFound, Conflict, Denied, Unavailable: as :meth:`wrap`.
        """
        with Secret(self._entropy(command.length)) as material:
            made = self._wrapped(turn, command.domain, command.key, material, command.context, raw=False)
            plaintext = material.expose() if command.plaintext else None
        return c.Wrapped(wrapped=made.wrapped, version=made.version, plaintext=plaintext)

    def unwrap(self, turn: Turn, command: c.UnwrapMaterial) -> c.Unwrapped:
        """Unwrap material.

        Raises:
            InvalidInput: ``envelope.malformed``, ``envelope.other_key``, ``crypto.malformed``, ``crypto.no_context``,
                or ``keys.not_opened`` for what was changed, or wrapped for another context.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        version = command.version
        if not command.raw:
            header = envelope.parse(command.wrapped)
            held = self._ring.take(command.domain, command.key, Purpose.WRAP, Use.PROCESS)
            if header.key_id != held.id or not held.key.holds(header.version):
                raise envelope.other_key()
            version = header.version
        held = self._ring.take(command.domain, command.key, Purpose.WRAP, Use.PROCESS, version)
        used = held.key.at(version)
        tool = cast("KeyUnwrapper", held.tool(Operation.UNWRAP, version))
        held.count(Use.PROCESS, used.number)
        context = command.context.encode()
        try:
            if command.raw:
                material = tool.unwrap(command.wrapped, context)
            else:
                opened = SuiteUnwrapper(_suite(held, used.number), tool, held.key.domain, held.id, used.number)
                material = opened.unwrap(command.wrapped, context)
        except Corrupt:
            raise InvalidInput(
                "keys.not_opened",
                "this was changed, or was wrapped under another key or for another context.",
                field="wrapped",
                remedy="Give the key, version and context that it was wrapped with.",
            ) from None
        turn.note(version=used.number)
        with material:
            return c.Unwrapped(material=material.expose(), version=used.number)

    def _wrapped(self, turn: Turn, domain: str, name: str, material: Secret, context: str, *, raw: bool) -> c.Wrapped:
        held = self._ring.take(domain, name, Purpose.WRAP, Use.PROTECT)
        strength = spec_of(held.key.algorithm).strength_bits
        needed = len(material) * 8
        if len(material) <= _LONGEST_SYMMETRIC and needed > strength:
            raise errors.weak_wrapping(domain, name, strength, f"a symmetric key of {needed} bits", needed)
        tool = cast("KeyUnwrapper", held.tool(Operation.WRAP))
        held.count(Use.PROTECT, held.version)
        turn.note(version=held.version)
        if raw:
            return c.Wrapped(wrapped=tool.wrap(material, context.encode()), version=held.version)
        sealer = SuiteWrapper(_suite(held, held.version), tool, domain, held.id, held.version)
        return c.Wrapped(wrapped=sealer.wrap(material, context.encode()), version=held.version)


def _suite(held: HeldKey, version: int) -> Suite:
    used = held.key.at(version)
    suite = suite_of(used.algorithm, used.mechanisms[0])
    if suite is None:
        raise InvalidInput(
            "keys.no_envelope",
            f"{used.mechanisms[0]} has no envelope.",
            field="raw",
            remedy="Ask for the raw form.",
        )
    return suite
