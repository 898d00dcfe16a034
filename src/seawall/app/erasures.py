"""Puts certificates of erasure together."""

from collections.abc import Callable, Mapping
from typing import Any

from seawall.app.bridges.tombstones import StoreTombstones
from seawall.capabilities.keys.ports import KeyLists, KeyStore
from seawall.kernel.command import Command
from seawall.ledger.commands_erasure import CertifyDomain, CertifyKey
from seawall.ledger.erasure import ErasureCertifier
from seawall.ledger.erasure_ports import ApprovalsOf, Backups, NoApprovals, NoBackups
from seawall.ledger.ledger import Ledger

Handlers = Mapping[type[Command], Callable[[Any, Any], Any]]


def of_erasures(
    ledger: Ledger,
    store: KeyStore,
    lists: KeyLists,
    *,
    settle: Callable[[], bool],
    approvals: ApprovalsOf | None = None,
    backups: Backups | None = None,
) -> Handlers:
    """Carry out certifying erasure.

    Args:
        ledger: where everything is recorded.
        store: where the tombstones are.
        lists: the same, many at a time.
        settle: lets what was recorded come under a checkpoint.
        approvals: who approved; nobody where nothing asks for approval.
        backups: what could still be restored; nothing is known without it.
    """
    certifier = ErasureCertifier(
        ledger,
        StoreTombstones(store, lists),
        approvals=approvals or NoApprovals(),
        backups=backups or NoBackups(),
        settle=settle,
    )
    return {CertifyKey: certifier.key, CertifyDomain: certifier.domain}
