"""Makes an installation: folders, root of trust, store, ledger and the first administrator, all of it or nothing."""

import os
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import msgspec

from seawall.access.commands import CreateEnrolment, CreatePrincipal, Enrol
from seawall.adapters.store.core import Installation, Meta
from seawall.adapters.store.migrate import upgrade
from seawall.app import homes
from seawall.app.rooms import INTEGRITY, Rooms, build, open_ledger, open_store, origin_of
from seawall.app.roots import make_root
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from seawall.kernel.terms import ANONYMOUS, SYSTEM, Role
from seawall.settings import Home, Settings

_KEY_BYTES = 32
_PASSPHRASE_BYTES = 12


def found(
    home: Home,
    passphrase: Callable[[], Secret] | None,
    *,
    administrator: str,
    config: Mapping[str, Any],
    trial: bool,
) -> str:
    """Make an installation.

    1. Check the configuration and make the folders.
    2. Make the root key.
    3. Bring the store up to date and claim it, with a key for row MACs under the root.
    4. Make the ledger and its signing keys.
    5. Make the first administrator and its enrolment code, through the desk like everything that follows.
    6. Write the configuration: with it the folder is a home, so nobody finds one without an administrator.

    Returns:
        The enrolment code, which is shown once.

    Raises:
        Conflict: ``home.exists``, ``store.founded``.
        SeawallError: whatever stands in the way; nothing is left behind.
    """
    # 1.
    try:
        settings = msgspec.convert({"trial": trial, **config}, Settings)
    except msgspec.ValidationError as error:
        raise InvalidInput("settings.invalid", str(error), field="init") from None
    with homes.founding(home):
        # 2.
        root = make_root(home, settings, lambda: _new_passphrase(home, passphrase, trial=trial))
        try:
            # 3. and 4.
            _claim(home, settings, root)
            # 5.
            rooms = build(home, settings, root)
            try:
                code = _first_administrator(rooms, administrator, keep=trial)
                rooms.ledger.sign_now(root)
            finally:
                rooms.close()
            # 6.
            homes.write_config(home, config, trial=trial)
            return code
        finally:
            root.close()


def _new_passphrase(home: Home, source: Callable[[], Secret] | None, *, trial: bool) -> Secret:
    return homes.make_trial_passphrase(home) if trial else new_passphrase(home, source)


def new_passphrase(home: Home, source: Callable[[], Secret] | None) -> Secret:
    """Return the passphrase that a new root of trust is to have.

    Raises:
        InvalidInput: ``passphrase.missing`` or ``passphrase.short``.
    """
    found = homes.find_passphrase(home, source, trial=False)
    if len(found) < _PASSPHRASE_BYTES:
        found.close()
        raise InvalidInput(
            "passphrase.short", f"a new passphrase has at least {_PASSPHRASE_BYTES} bytes.", field="passphrase"
        )
    return found


def _claim(home: Home, settings: Settings, root: RootOfTrust) -> None:
    clock = SystemClock()
    store = open_store(home, settings)
    try:
        upgrade(store)
        with Secret(os.urandom(_KEY_BYTES)) as key:
            installation = Installation(id=uuid4(), integrity_key=root.wrap(key, INTEGRITY), created_ms=clock.now_ms())
        with store.begin() as tx:
            Meta(store).found(tx, installation)
        ledger = open_ledger(home, store, installation.id, clock)
        try:
            ledger.create(origin_of(installation.id, str(installation.id)), root)
        finally:
            ledger.close()
    finally:
        store.close()


def _first_administrator(rooms: Rooms, name: str, *, keep: bool) -> str:
    command = CreatePrincipal(name=name, roles=(Role.ADMINISTRATOR,), domains=("*",))
    rooms.desk.perform(SYSTEM, command, source="system")
    if keep:
        # A trial keeps a credential of the administrator in the home; the code that is shown stays unused.
        mine = rooms.desk.perform(SYSTEM, CreateEnrolment(principal=name), source="system")
        enrolled = rooms.desk.perform(ANONYMOUS, Enrol(code=mine.code), source="system")
        homes.write_private(rooms.home.tokens / f"{name}.token", enrolled.token + "\n")
    code: str = rooms.desk.perform(SYSTEM, CreateEnrolment(principal=name), source="system").code
    return code
