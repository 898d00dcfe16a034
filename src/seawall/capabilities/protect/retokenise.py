"""Protect a protected copy anew under the newest versions of its keys; what was clear in between is written nowhere."""

import os
from dataclasses import replace
from typing import Final

from seawall.capabilities.protect.clearing import clear_of
from seawall.capabilities.protect.commands import Protected, Retokenise
from seawall.capabilities.protect.conversions import Anew, CellCipher, EncryptCells, TokeniseCells
from seawall.capabilities.protect.errors import unknown_protection
from seawall.capabilities.protect.finish import finish
from seawall.capabilities.protect.model import ProtectedColumn, Protection, ProtectionState, TechniqueName
from seawall.capabilities.protect.open_keys import OpenKeys
from seawall.capabilities.protect.ports import ColumnKeys, Protections, Targets
from seawall.capabilities.protect.reveal import find
from seawall.capabilities.protect.run import ENCRYPT, TOKENISE, counted
from seawall.capabilities.protect.sealing import binding
from seawall.capabilities.protect.tokens import tokens_for
from seawall.capabilities.protect.views import answer
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import Resource

ACTION: Final = Retokenise.action


class RetokeniseCopy:
    """Handles :class:`Retokenise`."""

    def __init__(
        self, *, keys: ColumnKeys, targets: Targets, store: Protections, entropy: Entropy = os.urandom
    ) -> None:
        self._keys = keys
        self._targets = targets
        self._store = store
        self._entropy = entropy

    def __call__(self, turn: Turn, command: Retokenise) -> Protected:
        """Write the new copy.

        Raises:
            NotFound: for a copy that is not known, with ``protect.unknown``.
            InvalidInput: for a column that has no key (``protect.column``).
            Conflict: when a newer copy stands in this one's place (``protect.superseded``), it was changed since
                (``protect.copy_changed``), or nothing is newer (``protect.newest``).
            Denied: when the keys may not be used.
            Unavailable, Corrupt: as targets, keys and store say.
        """
        old = find(self._store, self._targets, command.protection)
        turn.check(ACTION, Resource(type="protection", id=old.id, domain=old.domain))
        if old.state is not ProtectionState.CURRENT:
            raise Conflict(
                "protect.superseded",
                "a newer copy has taken this one's place.",
                field="protection",
                remedy="Name the copy by its path.",
            )
        chosen = _chosen(old, command.columns)
        with self._targets.open(old.out, command.out, overwrite=command.overwrite) as copy:
            if not {column.name for column in chosen} <= {field.name for field in copy.fields()}:
                raise unknown_protection()
            with OpenKeys(self._keys, turn, old.domain) as keys:
                work = {column.name: _anew(keys, column) for column in chosen}
                if all(before == after for before, (after, _) in zip(chosen, work.values(), strict=True)):
                    raise Conflict(
                        "protect.newest",
                        "these columns are protected under the newest versions of their keys.",
                        field="protection",
                        remedy="Rotate the key first.",
                    )
                copy.rewrite({name: conversion for name, (_, conversion) in work.items()}, turn.progress)
            counts = {name: conversion.counts for name, (_, conversion) in work.items()}
            columns = tuple(counted(work[c.name][0], counts[c.name]) if c.name in work else c for c in old.columns)
            protection = replace(
                old,
                id=str(uuid7(turn.now_ms, self._entropy)),
                out=copy.out,
                created_ms=turn.now_ms,
                created_by=turn.principal.id,
                columns=columns,
            )
            finish(turn, self._store, copy, protection)
        return answer(protection, counts)


def _chosen(protection: Protection, names: tuple[str, ...]) -> list[ProtectedColumn]:
    keyed = {c.name: c for c in protection.columns if c.technique is not TechniqueName.MASK}
    for name in names:
        if name not in keyed:
            raise InvalidInput(
                "protect.column",
                "this column was neither tokenised nor encrypted in that copy.",
                field="columns",
                remedy="Leave `columns` out for all that can be protected anew.",
            )
    chosen = [column for name, column in keyed.items() if not names or name in names]
    if not chosen:
        raise InvalidInput("protect.column", "no column of that copy was tokenised or encrypted.", field="protection")
    return chosen


def _anew(keys: OpenKeys, old: ProtectedColumn) -> tuple[ProtectedColumn, Anew]:
    clear = clear_of(keys, old, token_action=TOKENISE, sealed_action=ENCRYPT)
    context = binding(old.data_class, old.name)
    cipher = keys.get(old.key, None, TOKENISE if clear.tokens else ENCRYPT)
    if clear.tokens is None or old.data_class is None:
        sealer = CellCipher(cipher=cipher, context=context, field=old.name)
        return replace(old, version=cipher.version), Anew(clear=clear, protect=EncryptCells(sealer=sealer))
    other = keys.get(old.invalid_key, None, ENCRYPT)
    tokens = tokens_for(old.data_class, cipher, old.tweak_id, keep_first=old.keep_first, keep_last=old.keep_last)
    invalid = CellCipher(cipher=other, context=context, field=old.name)
    new = replace(old, version=cipher.version, invalid_version=other.version)
    return new, Anew(clear=clear, protect=TokeniseCells(tokens=tokens, invalid=invalid))
