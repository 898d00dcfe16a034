"""Hand key material out: of exportable keys alone, under a key of the receiver, or plain where policy lets it."""

import os
from contextlib import ExitStack
from typing import Any

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.commands_exchange import Exported, ExportKey, ExportPlain, Form
from seawall.capabilities.keys.exchange import hand_out
from seawall.capabilities.keys.export_access import EXPORT_ACCESS
from seawall.capabilities.keys.model import Key, KeyVersion, Origin, Purpose, Use
from seawall.capabilities.keys.receivers import read_receiver
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.vault import Vault
from seawall.crypto.algorithms.registry import Algorithm, Operation, spec_of
from seawall.crypto.algorithms.registry import Form as Shape
from seawall.crypto.exchange.private_keys import read_public_key
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret


class KeyExporter:
    """Hands material out; nothing else in this room does.

    Args:
        vault: reads and opens material.
        ring: gives the domains' key-encryption keys and the wrapping keys.
        jurisdiction: where this node stands.
        entropy: random bytes.
    """

    def __init__(self, vault: Vault, ring: KeyRing, *, jurisdiction: str = "", entropy: Entropy = os.urandom) -> None:
        self._vault = vault
        self._ring = ring
        self._jurisdiction = jurisdiction
        self._entropy = entropy

    def wrapped(self, turn: Turn, command: ExportKey) -> Exported:
        """Hand material out under a key of the receiver.

        Raises:
            InvalidInput: ``keys.recipient`` unless one receiver is named; ``exchange.recipient``, ``exchange.spki``.
            NotFound: no such domain, key, version or wrapping key.
            Conflict: ``keys.not_exportable``, ``keys.weak_wrapping``, or the key's state.
            Denied: ``keys.jurisdiction``.
            Unavailable: the root or the store.
        """
        if bool(command.recipient) is bool(command.wrapping_key):
            raise InvalidInput(
                "keys.recipient",
                "a key leaves under one key: the receiver's public key, or a wrapping key of this domain.",
                field="recipient",
            )
        with ExitStack() as opened:
            key, version, material = self._opened(turn, command.domain, command.key, command.version, opened)
            recipient, strength = self._receiver(command, opened)
            needs = spec_of(version.algorithm).strength_bits
            facts: dict[str, Any] = {"form": command.form, "version": version.number}
            if strength < needs:
                if not command.weaker_wrapping:
                    raise errors.weak_recipient(strength, version.algorithm, needs)
                facts["weaker_wrapping"] = command.weaker_wrapping[:1024]
            if command.wrapping_key:
                facts["wrapping_key"] = command.wrapping_key
            form = Form(command.form)
            data = hand_out(
                EXPORT_ACCESS,
                form,
                version.algorithm,
                material,
                kid=str(key.id),
                recipient=recipient,
                digest=command.digest,
                entropy=self._entropy,
            )
        turn.note(**facts, key_id=str(key.id), key_check_value=version.key_check_value)
        return _exported(form, data, version)

    def plain(self, turn: Turn, command: ExportPlain) -> Exported:
        """Hand material out as it is.

        Raises:
            InvalidInput: ``exchange.form``.
            NotFound, Conflict, Denied, Unavailable: as :meth:`wrapped`.
        """
        form = Form(command.form)
        with ExitStack() as opened:
            key, version, material = self._opened(turn, command.domain, command.key, command.version, opened)
            data = hand_out(EXPORT_ACCESS, form, version.algorithm, material, kid=str(key.id))
        turn.note(
            form=form, version=version.number, key_id=str(key.id), key_check_value=version.key_check_value, plain=True
        )
        return _exported(form, data, version)

    def _opened(
        self, turn: Turn, domain: str, name: str, number: int | None, opened: ExitStack
    ) -> tuple[Key, KeyVersion, Secret]:
        sealed = self._vault.read(domain, name, number)
        key, version = sealed.key, sealed.key.at(sealed.version)
        if not key.attributes.exportable or version.origin is Origin.HSM:
            raise errors.not_exportable(domain, name)
        sealed.domain.policy.allows(
            key, Use.PROCESS, now_ms=turn.now_ms, version=version.number, jurisdiction=self._jurisdiction
        )
        kek = opened.enter_context(self._ring.kek_for(sealed))
        return key, version, opened.enter_context(self._vault.open(kek, sealed))

    def _receiver(self, command: ExportKey, opened: ExitStack) -> tuple[Any, int]:
        if command.recipient:
            return read_receiver(command.recipient)
        held = self._ring.take(command.domain, command.wrapping_key, Purpose.WRAP, Use.PROTECT)
        held.key.permits(Operation.WRAP)
        used = held.key.current
        strength = spec_of(used.algorithm).strength_bits
        if spec_of(used.algorithm).form is Shape.ASYMMETRIC:
            public = used.public or b""
            hybrid = used.algorithm is Algorithm.X25519_ML_KEM_768
            return (read_receiver(public)[0] if hybrid else read_public_key(public, field="wrapping_key")), strength
        material = held.material(used.number)
        if material is None:
            raise InvalidInput("keys.wrapping_key", "the wrapping key changed just now.", field="wrapping_key")
        return opened.enter_context(material), strength


def _exported(form: Form, data: bytes, version: KeyVersion) -> Exported:
    return Exported(
        form=form,
        material=data,
        algorithm=version.algorithm,
        version=version.number,
        key_check_value=version.key_check_value,
        public=version.public,
    )
