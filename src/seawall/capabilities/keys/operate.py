"""Use keys to sign, authenticate, agree and encapsulate. Inline, like encrypting: a held key costs no waiting."""

from typing import TYPE_CHECKING, cast

from seawall.capabilities.keys import commands_use as c
from seawall.capabilities.keys.instruments import Tool
from seawall.capabilities.keys.model import Purpose
from seawall.capabilities.keys.purposes import use_of
from seawall.capabilities.keys.ring import KeyRing
from seawall.crypto.algorithms.registry import Mechanism, Operation
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from seawall.crypto.algorithms.instruments import Agreement, Decapsulator, Mac, Signer

_BAD = frozenset({"crypto.bad_signature", "crypto.bad_mac"})


class KeyOperator:
    """Carries out what is done with keys that do not encrypt."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def sign(self, turn: Turn, command: c.Sign) -> c.Signed:
        """Sign with the key's current version.

        Raises:
            InvalidInput: as :meth:`HeldKey.tool` and the mechanism's ``sign``.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, mechanism = self._tool(command.domain, command.key, Operation.SIGN, mechanism=command.mechanism)
        signer = cast("Signer", tool)
        turn.note(version=version)
        signature = signer.sign(command.message, context=command.context, given=command.given, form=command.form)
        return c.Signed(signature=signature, version=version, mechanism=mechanism)

    def verify(self, turn: Turn, command: c.Verify) -> c.Verified:
        """Say whether a signature is good.

        Raises:
            InvalidInput: as :meth:`HeldKey.tool`, and for arguments that nobody could have signed with.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.VERIFY, command.version, command.mechanism)
        verifier = cast("Signer", tool)
        try:
            verifier.verify(
                command.message, command.signature, context=command.context, given=command.given, form=command.form
            )
        except InvalidInput as error:
            return _answer(turn, error, version)
        return _answer(turn, None, version)

    def mac(self, turn: Turn, command: c.MakeMac) -> c.MadeMac:
        """Authenticate a message with the key's current version.

        Raises:
            InvalidInput: as :meth:`HeldKey.tool`.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.MAC)
        turn.note(version=version)
        return c.MadeMac(mac=cast("Mac", tool).mac(command.message), version=version)

    def verify_mac(self, turn: Turn, command: c.VerifyMac) -> c.Verified:
        """Say whether a code is good; the comparison takes the same time wherever it differs.

        Raises:
            InvalidInput: as :meth:`HeldKey.tool`.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.VERIFY_MAC, command.version)
        try:
            cast("Mac", tool).verify_mac(command.message, command.mac)
        except InvalidInput as error:
            return _answer(turn, error, version)
        return _answer(turn, None, version)

    def derive(self, turn: Turn, command: c.Derive) -> c.Derived:
        """Agree on key material with another party.

        Raises:
            InvalidInput: ``crypto.public_key`` or ``crypto.derive_length``, and as :meth:`HeldKey.tool`.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.DERIVE, command.version)
        turn.note(version=version)
        agreement = cast("Agreement", tool)
        with agreement.derive(command.peer, command.length, command.info, command.salt) as material:
            return c.Derived(material=material.expose(), version=version)

    def encapsulate(self, turn: Turn, command: c.Encapsulate) -> c.EncapsulatedSecret:
        """Make a secret for the owner of the key's current version.

        Raises:
            InvalidInput: as :meth:`HeldKey.tool`.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.ENCAPSULATE)
        turn.note(version=version)
        made = cast("Decapsulator", tool).encapsulate()
        with made.secret as secret:
            return c.EncapsulatedSecret(secret=secret.expose(), ciphertext=made.ciphertext, version=version)

    def decapsulate(self, turn: Turn, command: c.Decapsulate) -> c.DecapsulatedSecret:
        """Open what was encapsulated.

        Raises:
            InvalidInput: ``crypto.malformed`` for a ciphertext of another length, and as :meth:`HeldKey.tool`.
            NotFound, Conflict, Denied, Unavailable: as :meth:`KeyRing.take`.
        """
        tool, version, _ = self._tool(command.domain, command.key, Operation.DECAPSULATE, command.version)
        turn.note(version=version)
        with cast("Decapsulator", tool).decapsulate(command.ciphertext) as secret:
            return c.DecapsulatedSecret(secret=secret.expose(), version=version)

    def _tool(
        self,
        domain: str,
        name: str,
        operation: Operation,
        version: int | None = None,
        mechanism: Mechanism | None = None,
    ) -> tuple[Tool, int, Mechanism]:
        held = self._ring.hit(domain, name)
        if held is None or not held.holds(held.version if version is None else version):
            held = self._ring.take(domain, name, _PURPOSES[operation], use_of(operation), version)
        used = held.key.at(version)
        tool = held.tool(operation, version, mechanism)
        held.count(use_of(operation), used.number)
        return tool, used.number, mechanism or used.mechanisms[0]


_PURPOSES = {
    Operation.SIGN: Purpose.SIGN,
    Operation.VERIFY: Purpose.SIGN,
    Operation.MAC: Purpose.MAC,
    Operation.VERIFY_MAC: Purpose.MAC,
    Operation.DERIVE: Purpose.DERIVE,
    Operation.ENCAPSULATE: Purpose.ENCAPSULATE,
    Operation.DECAPSULATE: Purpose.ENCAPSULATE,
}


def _answer(turn: Turn, error: InvalidInput | None, version: int) -> c.Verified:
    if error is not None and error.code not in _BAD:
        raise error
    turn.note(version=version, valid=error is None)
    return c.Verified(valid=error is None, version=version)
