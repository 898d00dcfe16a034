"""Makes a further home on the store of an installation: a node with a ledger of its own and the same root of trust."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from seawall.adapters.store import migrate
from seawall.adapters.store.epoch import EpochMap
from seawall.app import homes
from seawall.app.rooms import INTEGRITY, build, installation_of, open_ledger, open_store, origin_of
from seawall.app.roots import open_root
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.desk.commands import JoinNode
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from seawall.settings import Home, Settings

_SCHEMES = ("postgresql:", "postgresql+")


def join(
    home: Home,
    passphrase: Callable[[], Secret] | None,
    token: str,
    *,
    root_file: Path | None,
    config: Mapping[str, Any],
) -> str:
    """Make the home.

    1. Check the configuration and make the folders.
    2. Take the root of trust in, and see that it opens the store.
    3. Name the node, and make its ledger.
    4. Join, as the administrator whose token it is, through the desk.
    5. Write the configuration: with it the folder is a home.

    Returns:
        The node's id.

    Raises:
        InvalidInput: ``settings.invalid``, or ``join.root_file``.
        Conflict: ``home.exists``, or ``store.newer``.
        SeawallError: whatever stands in the way; nothing is left behind.
    """
    # 1.
    settings = _settings(config)
    with homes.founding(home):
        # 2.
        if settings.root.pkcs11 is None:
            _take_in(home, root_file)
        root = open_root(home, settings, lambda: homes.find_passphrase(home, passphrase, trial=False))
        try:
            node = str(uuid4())
            # 3.
            _name(home, settings, root, node)
            # 4.
            rooms = build(home, settings, root)
            try:
                rooms.desk.perform(rooms.authenticator.bearer(token), JoinNode(node=node), source="cli")
                rooms.ledger.sign_now(root)
            finally:
                rooms.close()
            # 5.
            homes.write_config(home, config, trial=False)
            return node
        finally:
            root.close()


def _settings(config: Mapping[str, Any]) -> Settings:
    try:
        settings = msgspec.convert(config, Settings)
    except msgspec.ValidationError as error:
        raise InvalidInput("settings.invalid", str(error), field="join") from None
    if not settings.store.startswith(_SCHEMES):
        raise InvalidInput("settings.invalid", "nodes share a PostgreSQL store alone.", field="store")
    return settings


def _take_in(home: Home, root_file: Path | None) -> None:
    try:
        if root_file is None:
            raise FileNotFoundError
        sealed = root_file.read_bytes()
    except OSError:
        raise InvalidInput(
            "join.root_file",
            "the sealed root key of the installation cannot be read.",
            field="root_file",
            remedy="Name a copy of the file root.sealed of a home that is there already.",
        ) from None
    descriptor = os.open(home.sealed_root, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(sealed)
        stream.flush()
        os.fsync(stream.fileno())


def _name(home: Home, settings: Settings, root: RootOfTrust, node: str) -> None:
    store = open_store(home, settings)
    try:
        migrate.check(store)
        installation = installation_of(store)
        root.unwrap(installation.integrity_key, INTEGRITY).close()
        homes.write_private(home.node, node + "\n")
        EpochMap(home.epoch).close()
        ledger = open_ledger(home, store, installation.id, SystemClock())
        try:
            ledger.create(origin_of(installation.id, node), root)
        finally:
            ledger.close()
    finally:
        store.close()
