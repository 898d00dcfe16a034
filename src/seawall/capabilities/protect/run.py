"""Protect a target: plan, rewrite a private copy, keep the protection, put the copy in place."""

import os
from dataclasses import replace

from seawall.capabilities.protect.commands import Protect, Protected
from seawall.capabilities.protect.conversions import CellCipher, Conversion, EncryptCells, MaskCells, TokeniseCells
from seawall.capabilities.protect.finish import finish
from seawall.capabilities.protect.model import (
    Counts,
    ProtectedColumn,
    Protection,
    ProtectionState,
    TechniqueName,
)
from seawall.capabilities.protect.open_keys import OpenKeys
from seawall.capabilities.protect.plan import ColumnPlan, Plan, make_plan
from seawall.capabilities.protect.policy import Encrypt, Mask, Policy, Tokenise, decode
from seawall.capabilities.protect.ports import Classification, Classifier, ColumnKeys, Copy, Protections, Targets
from seawall.capabilities.protect.sealing import binding
from seawall.capabilities.protect.tokens import tokens_for
from seawall.capabilities.protect.tweaks import tweak_id
from seawall.capabilities.protect.views import answer
from seawall.kernel.command import Turn
from seawall.kernel.ids import Entropy, uuid7

TOKENISE = "data.tokenise"
ENCRYPT = "data.encrypt"


class ProtectTarget:
    """Handles :class:`Protect`."""

    def __init__(
        self,
        *,
        keys: ColumnKeys,
        classifier: Classifier,
        targets: Targets,
        store: Protections,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._keys = keys
        self._classifier = classifier
        self._targets = targets
        self._store = store
        self._entropy = entropy

    def __call__(self, turn: Turn, command: Protect) -> Protected:
        """Write a protected copy.

        Raises:
            InvalidInput: for a policy, classification or target that does not fit, with codes ``protect.…`` and
                ``targets.…``.
            Conflict: when the copy's path is taken.
            Denied: when the keys may not be used.
            Unavailable, Corrupt: as targets, keys and store say.
        """
        policy = decode(command.policy)
        with self._targets.open(command.target, command.out, overwrite=command.overwrite) as copy:
            plan = make_plan(policy, self._classification(turn, command), copy.fields())
            with OpenKeys(self._keys, turn, policy.domain) as keys:
                work = [self._column(keys, policy, column) for column in plan.columns]
                copy.rewrite({column.name: conversion for column, conversion in work}, turn.progress)
            return self._finish(turn, policy, plan, copy, work)

    def _classification(self, turn: Turn, command: Protect) -> Classification:
        if command.classification is not None:
            return command.classification
        return self._classifier.columns(turn, command.target, command.scan_id)

    def _column(self, keys: OpenKeys, policy: Policy, plan: ColumnPlan) -> tuple[ProtectedColumn, Conversion]:
        context = binding(plan.data_class, plan.name)
        column = ProtectedColumn(name=plan.name, data_class=plan.data_class, technique=TechniqueName.MASK)
        match plan.technique:
            case Mask() as rule:
                return column, MaskCells(rule=rule)
            case Encrypt(key=key):
                cipher = keys.get(key, None, ENCRYPT)
                sealer = CellCipher(cipher=cipher, context=context, field=plan.name)
                column = replace(column, technique=TechniqueName.ENCRYPT, key=key, version=cipher.version)
                return column, EncryptCells(sealer=sealer)
            case Tokenise() as rule:
                assert plan.data_class is not None
                invalid_key = rule.invalid_key or policy.invalid_key or ""
                cipher, other = keys.get(rule.key, None, TOKENISE), keys.get(invalid_key, None, ENCRYPT)
                column = replace(
                    column,
                    technique=TechniqueName.TOKENISE,
                    key=rule.key,
                    version=cipher.version,
                    invalid_key=invalid_key,
                    invalid_version=other.version,
                    tweak_id=tweak_id(policy.domain, plan.data_class),
                    keep_first=rule.keep_first,
                    keep_last=rule.keep_last,
                )
                tokens = tokens_for(
                    plan.data_class, cipher, column.tweak_id, keep_first=rule.keep_first, keep_last=rule.keep_last
                )
                sealer = CellCipher(cipher=other, context=context, field=plan.name)
                return column, TokeniseCells(tokens=tokens, invalid=sealer)

    def _finish(
        self, turn: Turn, policy: Policy, plan: Plan, copy: Copy, work: list[tuple[ProtectedColumn, Conversion]]
    ) -> Protected:
        protection = Protection(
            id=str(uuid7(turn.now_ms, self._entropy)),
            domain=policy.domain,
            source=copy.source,
            source_sha256=copy.fingerprint,
            out=copy.out,
            kind=copy.kind,
            state=ProtectionState.CURRENT,
            created_ms=turn.now_ms,
            created_by=turn.principal.id,
            columns=tuple(counted(column, conversion.counts) for column, conversion in work),
        )
        finish(turn, self._store, copy, protection)
        return answer(protection, {column.name: conversion.counts for column, conversion in work}, plan.left)


def counted(column: ProtectedColumn, counts: Counts) -> ProtectedColumn:
    """Return a column with what was done to its cells."""
    return replace(
        column,
        tokenised=counts.tokenised,
        encrypted=counts.encrypted,
        masked=counts.masked,
        invalid=counts.invalid,
        nulls=counts.nulls,
    )
