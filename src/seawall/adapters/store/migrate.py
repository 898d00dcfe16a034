"""Brings a store up to date, and refuses one that is not this version's.

The parent does this once, under the home's lock, before any worker opens the store. All steps run in one transaction on
both databases: a store is at the old revision or at the new one, never between.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select
from sqlalchemy.sql import column, table

from seawall.adapters.store.engine import Store
from seawall.adapters.store.faults import faults
from seawall.kernel.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_FOLDER = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))


def upgrade(store: Store) -> str:
    """Bring a store to the newest revision, an empty one too; return that revision.

    Raises:
        Conflict: store.newer, when a later version of Seawall has been here; store.foreign, when the database holds
            tables of something else.
        Unavailable, Corrupt: as the store's.
    """
    from alembic import command

    config = _config()
    with store.begin() as tx:
        found = _revision(tx.connection)
        if found is None:
            _check_empty(tx.connection)
        else:
            _check_known(_scripts(config), found)
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "head")
    return head()


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
    """Check that a store is this version's.

    Raises:
        Conflict: store.newer.
        Unavailable: store.schema, when it is older or has no tables.
    """
    found = current(store)
    if found is not None:
        _check_known(_scripts(_config()), found)
    if found != head():
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
    with faults():
        if not inspect(connection).has_table(_VERSION.name):
            return None
        found = connection.execute(select(_VERSION.c.version_num)).scalar()
        return None if found is None else str(found)


def _check_known(scripts: "ScriptDirectory", found: str) -> None:
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise Conflict(
            "store.newer",
            f"the store is at revision {found}, which this version of Seawall does not know.",
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
