"""Looks at a home and says how it stands; changes nothing."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from seawall.app import doctor_tls
from seawall.app.homes import TRIAL_NOTICE, find_passphrase, node_runs
from seawall.capabilities.keys.certificate import Standing
from seawall.capabilities.keys.root import TokenState
from seawall.edge.cli.ports import Finding
from seawall.kernel.errors import SeawallError
from seawall.kernel.secret import Secret
from seawall.settings import Home, Settings

_LITTLE_ROOM = 1 << 30
_OTHERS = 0o077


def diagnose(home: Home, passphrase: Callable[[], Secret] | None) -> list[Finding]:
    """Look at configuration, files, store, root of trust and ledger; what cannot be looked at says why."""
    try:
        settings = home.settings()
    except SeawallError as error:
        return [_error("configuration", error)]
    found = [Finding(subject="configuration", level="ok", text=str(home.config))]
    if settings.trial:
        found.append(Finding(subject="trial", level="warning", text=TRIAL_NOTICE))
    found.extend(_files(home))
    found.append(_room(home))
    found.append(_node(home))
    found.extend(doctor_tls.look(home, settings.listen))
    found.extend(_shipping(home, settings))
    for subject, look in (
        ("store", partial(_store, home, settings)),
        ("root of trust", partial(_root, home, settings, passphrase)),
        ("module certificate", partial(_certificate, settings)),
        ("ledger", partial(_ledger, home, settings)),
        ("glass", partial(_glass, home, settings)),
    ):
        try:
            found.append(look())
        except SeawallError as error:
            found.append(_error(subject, error))
    return found


def _error(subject: str, error: SeawallError) -> Finding:
    return Finding(subject=subject, level="error", text=f"{error.text} [{error.code}]", remedy=error.remedy or "")


def _files(home: Home) -> Iterator[Finding]:
    open_ones = [path for path in _walk(home.path) if path.lstat().st_mode & _OTHERS and not path.is_symlink()]
    if not open_ones:
        yield Finding(subject="file modes", level="ok", text="nobody but the owner can read the home")
    for path in open_ones[:10]:
        yield Finding(
            subject="file modes",
            level="error",
            text=f"others may reach {path}",
            remedy=f"chmod go-rwx {path}",
        )


def _walk(folder: Path) -> Iterator[Path]:
    yield folder
    for base, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield Path(base) / name


def _room(home: Home) -> Finding:
    free = shutil.disk_usage(home.path).free
    text = f"{free / (1 << 30):,.1f} GiB free"
    if free < _LITTLE_ROOM:
        return Finding(subject="disk", level="warning", text=text, remedy="Free space: a full disk stops Seawall.")
    return Finding(subject="disk", level="ok", text=text)


def _node(home: Home) -> Finding:
    pid = node_runs(home)
    return Finding(subject="node", level="ok", text="no node runs" if pid is None else f"a node runs, process {pid}")


def _glass(home: Home, settings: Settings) -> Finding:
    from sqlalchemy import func, select

    from seawall.adapters.store.tables.approvals import glass_breaks
    from seawall.app.rooms import open_store

    store = open_store(home, settings)
    try:
        with store.read() as connection:
            open_ones = select(func.count()).select_from(glass_breaks).where(glass_breaks.c.acknowledged_ms.is_(None))
            count = connection.execute(open_ones).scalar_one()
    finally:
        store.close()
    if not count:
        return Finding(subject="glass", level="ok", text="no command ran without its quorum that nobody looked into")
    return Finding(
        subject="glass",
        level="error",
        text=f"{count} commands ran without their quorum and nobody looked into them",
        remedy="Let an auditor run: seawall approvals breaks",
    )


def _shipping(home: Home, settings: Settings) -> Iterator[Finding]:
    """Say how each sink stands; one that is required and too far behind stops answers."""
    if not settings.ledger.ship:
        return
    from seawall.app.shipping import size_of, standings

    for one in standings(home, settings, size_of(home)):
        subject, name = "shipping", one.rules.name
        text = f"{name}: {one.shipped:,} entries taken, {one.behind:,} to take"
        if one.lag_s >= 1:
            text += f", {one.lag_s:,.0f} s behind"
        if one.error:
            text += f" [{one.error}]"
        if one.over:
            remedy = "Answers stop until it has caught up: mend the sink." if one.rules.required else "Mend the sink."
            yield Finding(subject=subject, level="error", text=text, remedy=remedy)
        else:
            yield Finding(subject=subject, level="warning" if one.error else "ok", text=text)


def _store(home: Home, settings: Settings) -> Finding:
    from seawall.adapters.store.migrate import check
    from seawall.app.rooms import installation_of, open_store

    store = open_store(home, settings)
    try:
        check(store)
        installation = installation_of(store)
        return Finding(subject="store", level="ok", text=f"{store.dialect}, installation {installation.id}")
    finally:
        store.close()


def _root(home: Home, settings: Settings, passphrase: Callable[[], Secret] | None) -> Finding:
    from seawall.app.rooms import INTEGRITY, installation_of, open_store
    from seawall.app.roots import open_root

    root = open_root(home, settings, lambda: find_passphrase(home, passphrase, trial=settings.trial))
    try:
        root.check()
        told = root.describe()
        store = open_store(home, settings)
        try:
            root.unwrap(installation_of(store).integrity_key, INTEGRITY).close()
        finally:
            store.close()
        where = "hardware" if told.hardware else "software"
        text = f"{told.kind}, {where}, opens this store"
        broken = [token for token in told.tokens if token.state is not TokenState.READY]
        if broken:
            said = ", ".join(f"{token.label or token.serial} {token.state} [{token.code}]" for token in broken)
            differs = any(token.state is TokenState.DIFFERS for token in broken)
            return Finding(
                subject="root of trust",
                level="error" if differs else "warning",
                text=f"{text}; not every token can be used: {said}",
                remedy="Mend the token, or clone the root key into it: see the guide to the root of trust.",
            )
        return Finding(subject="root of trust", level="ok", text=text)
    finally:
        root.close()


def _certificate(settings: Settings) -> Finding:
    from seawall.app.root_room import assess_module
    from seawall.kernel.clock import SystemClock

    found = assess_module(settings, SystemClock().now_ms())
    level = "ok"
    if found.alarm:
        level = "warning" if found.standing is Standing.ENDING else "error"
    remedy = "Move the root key to a module whose validation is active: see the guide to the root of trust."
    return Finding(subject="module certificate", level=level, text=found.text, remedy=remedy if found.alarm else "")


def _ledger(home: Home, settings: Settings) -> Finding:
    from seawall.app.rooms import installation_of, open_ledger, open_store
    from seawall.kernel.clock import SystemClock
    from seawall.ledger.report import Finding as Found

    store = open_store(home, settings)
    try:
        ledger = open_ledger(home, store, installation_of(store).id, SystemClock())
        try:
            report = ledger.verify()
        finally:
            ledger.close()
    finally:
        store.close()
    if report.finding is Found.DAMAGED:
        return Finding(subject="ledger", level="error", text=str(report.faults[0]), remedy="seawall ledger verify")
    return Finding(subject="ledger", level="ok", text=f"{report.finding}, {report.size:,} entries signed")
