"""Puts ceremonies and backups together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seawall.adapters.files.backups import BackupFolder
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.snapshots import StoreSnapshots
from seawall.app.unsealing import NoOpeners
from seawall.capabilities.keys import commands_backup as c
from seawall.capabilities.keys.backup import BackupRoom
from seawall.capabilities.keys.ceremony import Ceremony
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.ports_backup import RootOpeners
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.settings import Settings

Handlers = Mapping[type[Command], Callable[[Any, Any], Any]]


def of_ceremonies(
    store: Store,
    mac: RowMac,
    root: RootOfTrust,
    settings: Settings,
    *,
    folder: Path,
    clock: Clock,
    anywhere: bool,
    openers: RootOpeners | None = None,
) -> Handlers:
    """Carry out ceremonies and backups.

    Args:
        store: the store.
        mac: checks its rows.
        root: the root of trust.
        settings: what is configured.
        folder: where backups are written.
        clock: the time.
        anywhere: whether they may be written elsewhere, because the asker's own process writes them.
        openers: what opens the root; only a command line has it.
    """
    ceremonies = StoredCeremonies(store, mac)
    ceremony = Ceremony(ceremonies, root, openers or NoOpeners(), trial=settings.trial)
    room = BackupRoom(
        store=ceremonies,
        snapshots=StoreSnapshots(store),
        shelf=BackupFolder(folder, anywhere=anywhere),
        root=root,
        ceremony=ceremony,
        clock=clock,
    )
    return {
        c.InitCeremony: ceremony.init,
        c.ActivateCeremony: ceremony.activate,
        c.ShowCeremonies: ceremony.show,
        c.AskPossession: ceremony.challenge,
        c.ProvePossession: ceremony.drill,
        c.CreateBackup: room.create,
        c.ListBackups: room.page,
        c.VerifyBackup: room.verify,
    }
