"""The room of protection put together for tests: real keys, real targets, a real store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.adapters.store.engine import Store
from seawall.adapters.store.protect import StoreProtections
from seawall.adapters.targets.open import FileTargets
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, RotateKey, ShredDomain
from seawall.capabilities.keys.model import Purpose
from seawall.capabilities.protect.commands import (
    Protect,
    Protected,
    ProtectionList,
    Retokenise,
    Reveal,
    Revealed,
    ShowProtections,
)
from seawall.capabilities.protect.retokenise import RetokeniseCopy
from seawall.capabilities.protect.reveal import RevealValues
from seawall.capabilities.protect.run import ProtectTarget
from seawall.capabilities.protect.show import ShowProtected
from seawall.kernel.command import Command
from seawall.kernel.terms import DataClass
from support.keyroom import KeyRoom, RoomTurn

POLICY = """
version: 1
domain: harbour
invalid_key: fields
rules:
  - {class: hkid, technique: tokenise, key: tokens}
  - {class: pan, technique: tokenise, key: tokens}
  - {class: bank_account, technique: tokenise, key: tokens}
  - {class: email, technique: encrypt, key: fields}
  - {class: name, technique: encrypt, key: fields}
  - {class: phone, technique: mask, keep_last: 4}
"""


class KnownColumns:
    """A classifier that knows the answer."""

    def __init__(self, columns: Mapping[str, DataClass | None] | None = None) -> None:
        self.found = dict(columns or {})
        self.asked: list[tuple[str, str | None]] = []

    def columns(self, turn: Any, target: str, scan_id: str | None) -> Mapping[str, DataClass | None]:
        self.asked.append((target, scan_id))
        return self.found


class ProtectRoom:
    """The room of protection and everything that it stands on; domain ``harbour`` has a key of each purpose."""

    def __init__(self, folder: Path, targets: Any = None) -> None:
        self.key_room = KeyRoom()
        self.keys = self.key_room.keys
        self.key_room.do(CreateDomain(name="harbour", trial=True, waiting_days=0))
        self.key_room.do(CreateKey(domain="harbour", name="tokens", purpose=Purpose.TOKENISE))
        self.key_room.do(CreateKey(domain="harbour", name="fields", purpose=Purpose.ENCRYPT))
        self.store = Store(f"sqlite:///{folder / 'protections.sqlite'}")
        self.store.create_all()
        self.protections = StoreProtections(self.store)
        self.targets = targets or FileTargets()
        self.classifier = KnownColumns()
        self.turn: RoomTurn = self.key_room.turn()

    def rotate(self, key: str) -> None:
        self.key_room.do(RotateKey(domain="harbour", key=key))

    def shred(self) -> None:
        self.key_room.do(ShredDomain(domain="harbour"))

    def close(self) -> None:
        self.keys.close()
        self.store.close()

    def protect(self, target: Path | str, out: Path | str, columns: Mapping[str, Any], **more: Any) -> Protected:
        classes = {name: value and DataClass(value) for name, value in columns.items()}
        more.setdefault("policy", POLICY)
        result: Protected = self.do(Protect(target=str(target), out=str(out), classification=classes, **more))
        return result

    def reveal(self, protection: str, column: str, value: str) -> str | None:
        result: Revealed = self.do(Reveal(protection=str(protection), column=column, value=value))
        return result.values[0]

    def show(self, **asked: Any) -> ProtectionList:
        result: ProtectionList = self.do(ShowProtections(**asked))
        return result

    def do(self, command: Command, *, deny: frozenset[str] = frozenset()) -> Any:
        """Carry out a command, as the desk would."""
        self.key_room.clock.advance(1)
        self.turn = self.key_room.turn(deny)
        ports: dict[str, Any] = {"keys": self.keys, "targets": self.targets, "store": self.protections}
        handlers: dict[type[Command], Any] = {
            Protect: ProtectTarget(classifier=self.classifier, **ports),
            Retokenise: RetokeniseCopy(**ports),
            Reveal: RevealValues(**ports),
            ShowProtections: ShowProtected(targets=self.targets, store=self.protections),
        }
        return handlers[type(command)](self.turn, command)
