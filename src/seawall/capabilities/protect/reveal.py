"""Reveal values of one column, under the key version that the column records."""

from collections.abc import Sequence
from typing import Final

from seawall.capabilities.protect.clearing import sealed_of, tokens_of
from seawall.capabilities.protect.commands import Reveal, Revealed
from seawall.capabilities.protect.errors import not_a_token, unknown_protection
from seawall.capabilities.protect.model import Cell, ProtectedColumn, Protection, ProtectionState, TechniqueName
from seawall.capabilities.protect.open_keys import OpenKeys
from seawall.capabilities.protect.ports import ColumnKeys, Protections, Targets
from seawall.capabilities.protect.sealing import as_text, is_sealed
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput
from seawall.kernel.terms import Resource

ACTION: Final = Reveal.action
_SHOWN: Final = 20
_FOREIGN: Final = frozenset({"protect.not_a_token", "envelope.malformed", "envelope.other_key", "crypto.open_failed"})


class RevealValues:
    """Handles :class:`Reveal`."""

    def __init__(self, *, keys: ColumnKeys, targets: Targets, store: Protections) -> None:
        self._keys = keys
        self._targets = targets
        self._store = store

    def __call__(self, turn: Turn, command: Reveal) -> Revealed:
        """Show what stands behind values.

        Raises:
            NotFound: for a copy that is not known, with ``protect.unknown``.
            InvalidInput: for a column that was not protected (``protect.column``), or a value that is no token and no
                ciphertext of it (``protect.not_a_token``).
            Conflict: for a masked column, with ``protect.masked``; and as the keys say, such as when the domain was
                shredded.
            Denied: when access says no, to the copy or to its key.
        """
        values = _values(command)
        protection = find(self._store, self._targets, command.protection)
        turn.check(ACTION, Resource(type="protection", id=protection.id, domain=protection.domain))
        column = _column(protection, command.column)
        turn.note(domain=protection.domain, protection=protection.id, values=len(values), version=column.version)
        with OpenKeys(self._keys, turn, protection.domain) as keys:
            revealed = _reveal(keys, column, values, "value" if command.value is not None else None)
        return Revealed(
            protection=protection.id,
            column=column.name,
            version=column.version,
            values=tuple(as_text(cell) for cell in revealed),
        )


def find(store: Protections, targets: Targets, id_or_out: str) -> Protection:
    """Find a protection by id or path.

    Raises:
        NotFound: with ``protect.unknown``.
    """
    protection = store.get(id_or_out) or store.get(targets.resolve(id_or_out))
    if protection is None or protection.state is ProtectionState.WITHDRAWN:
        raise unknown_protection()
    return protection


def _values(command: Reveal) -> Sequence[str]:
    if (command.value is None) == (not command.values):
        raise InvalidInput(
            "protect.values", "name either one value or a list of values.", field="value", remedy="Pass `value`."
        )
    return command.values if command.value is None else (command.value,)


def _column(protection: Protection, name: str) -> ProtectedColumn:
    for column in protection.columns:
        if column.name == name:
            if column.technique is TechniqueName.MASK:
                raise Conflict(
                    "protect.masked",
                    "this column is masked, and what a mask hides is gone from the copy.",
                    field="column",
                    remedy="Look in the source, or protect it again with encryption.",
                )
            return column
    names = [column.name for column in protection.columns][:_SHOWN]
    raise InvalidInput(
        "protect.column",
        "this column was not protected in that copy.",
        field="column",
        remedy=f"Its protected columns are {', '.join(names)}.",
    )


def _reveal(keys: OpenKeys, column: ProtectedColumn, values: Sequence[str], only: str | None) -> list[Cell]:
    out: list[Cell] = [None] * len(values)
    plain = [i for i, value in enumerate(values) if not is_sealed(value)]
    if plain and column.technique is TechniqueName.TOKENISE:
        found = tokens_of(keys, column, ACTION).reveal([values[i] for i in plain])
        for i, value in zip(plain, found, strict=True):
            out[i] = value
    sealed = [i for i, value in enumerate(values) if is_sealed(value)]
    if sealed:
        cipher = sealed_of(keys, column, ACTION)
        for i in sealed:
            try:
                (out[i],) = cipher.open([values[i]])
            except (InvalidInput, Corrupt) as error:
                # Of another key, of another column, or changed: in no case a ciphertext of this column.
                if error.code not in _FOREIGN:
                    raise
                raise not_a_token(only or f"values[{i}]") from None
    for i in plain:
        if out[i] is None:
            raise not_a_token(only or f"values[{i}]")
    return out
