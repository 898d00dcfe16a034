"""Brings a store up to date, and refuses one that is not this version's.

The parent does this once, under the home's lock, before any worker opens the store. All steps run in one transaction on
both databases, in the turn of a writer: a store is at the old revision or at the new one, never between, and of several
nodes one does it.

A migration that programs of an earlier revision can live with says so by ``compatible_from``, the oldest such revision:
one that adds tables, or columns that may be empty, and nothing that the earlier ones would have to heed. Nodes of both
versions then work side by side until the last one is replaced.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.sql import column, table

from seawall.adapters.store.engine import Store
from seawall.adapters.store.faults import faults
from seawall.adapters.store.tables import leader as t
from seawall.kernel.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_FOLDER = Path(__file__).parent / "migrations"
_PATIENCE_S = 300.0  # another node may be migrating a large store
_VERSION = table("alembic_version", column("version_num"))


def upgrade(store: Store) -> str:
    """Bring a store to the newest revision, an empty one too; return the revision that it is at.

    Nodes that start at once take turns: the first one migrates, the others wait for it and find nothing to do. A store
    that a later version has brought further is left as it is where this version can work with it.

    Raises:
        Conflict: store.newer, when a later version of Seawall has been here; store.foreign, when the database holds
            tables of something else.
        Unavailable, Corrupt: as the store's.
    """
    from alembic import command

    config = _config()
    scripts = _scripts(config)
    with store.begin(wait_s=_PATIENCE_S) as tx:
        found = _revision(tx.connection)
        if found is None:
            _check_empty(tx.connection)
        elif found not in _known(scripts):
            _check_compatible(scripts, tx.connection, found)
            return found
        if found != scripts.get_current_head():
            config.attributes["connection"] = tx.connection
            command.upgrade(config, "head")
            _mark(scripts, tx.connection)
    return head()


def prepare(store: Store, revision: str) -> None:
    """Bring a store without tables to a revision, for what a backup of that revision holds.

    Raises:
        Conflict: store.newer, store.foreign, or store.founded when the store is at another revision.
        Unavailable, Corrupt: as the store's.
    """
    from alembic import command

    config = _config()
    scripts = _scripts(config)
    with store.begin(wait_s=_PATIENCE_S) as tx:
        found = _revision(tx.connection)
        if revision not in _known(scripts):
            raise Conflict(
                "store.newer",
                f"the backup is of a store at revision {revision}, which this version of Seawall does not know.",
                remedy="Restore it with the version that made it, or a newer one.",
            )
        if found not in (None, revision):
            raise Conflict(
                "store.founded", "this database holds a store already.", field="store", remedy="Give an empty one."
            )
        if found is None:
            _check_empty(tx.connection)
            config.attributes["connection"] = tx.connection
            command.upgrade(config, revision)


def current(store: Store) -> str | None:
    """Read a store's revision; None for one without tables."""
    with store.read() as connection:
        return _revision(connection)


def head() -> str:
    """Name the newest revision that this version knows."""
    newest = _scripts(_config()).get_current_head()
    assert newest is not None  # there is at least one
    return newest


def check(store: Store) -> None:
    """Check that this version can work with a store as it is.

    Raises:
        Conflict: store.newer.
        Unavailable: store.schema, when it is older or has no tables.
    """
    scripts = _scripts(_config())
    with store.read() as connection:
        found = _revision(connection)
        if found is not None and found not in _known(scripts):
            _check_compatible(scripts, connection, found)
            return
    if found != scripts.get_current_head():
        raise Unavailable(
            "store.schema",
            "the store has no tables, or not those of this version.",
            remedy="Run seawall init, or start a node: it brings the store up to date.",
        )


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts(config: "Config") -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def _revision(connection: Connection) -> str | None:
    """Read the revision of the store that a connection leads to; None for one without tables."""
    with faults():
        if not inspect(connection).has_table(_VERSION.name):
            return None
        found = connection.execute(select(_VERSION.c.version_num)).scalar()
        return None if found is None else str(found)


def _known(scripts: "ScriptDirectory") -> list[str]:
    # Newest first.
    return [script.revision for script in scripts.walk_revisions()]


def _mark(scripts: "ScriptDirectory", connection: Connection) -> None:
    """Leave word, for programs that know less, from which revision on they can work with this one."""
    if not inspect(connection).has_table(t.revisions.name):
        return  # as a store of the first revision alone
    for script in scripts.walk_revisions():
        oldest = getattr(script.module, "compatible_from", script.revision)
        connection.execute(delete(t.revisions).where(t.revisions.c.revision == script.revision))
        connection.execute(insert(t.revisions).values(revision=script.revision, compatible_from=oldest))


def _check_compatible(scripts: "ScriptDirectory", connection: Connection, found: str) -> None:
    oldest = None
    if inspect(connection).has_table(t.revisions.name):
        marked = select(t.revisions.c.compatible_from).where(t.revisions.c.revision == found)
        oldest = connection.execute(marked).scalar()
    # Revisions are a line: who knows the oldest that will do, and stands at its newest, has it behind them.
    if oldest not in _known(scripts):
        raise Conflict(
            "store.newer",
            f"the store is at revision {found}, which this version of Seawall does not know and cannot work with.",
            remedy="Start the newer version that brought it there, or restore the backup made before.",
        )


def _check_empty(connection: Connection) -> None:
    if set(inspect(connection).get_table_names()) - {_VERSION.name}:
        raise Conflict(
            "store.foreign",
            "this database holds tables of something else.",
            field="store",
            remedy="Give Seawall a database or a file of its own.",
        )
