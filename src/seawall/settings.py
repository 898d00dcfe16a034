"""Configuration: a home folder, a ``seawall.toml`` in it, and the environment on top.

A home is 0700 and every file in it 0600. Secrets are never in the configuration: it names where they are.
"""

import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from seawall.kernel.errors import InvalidInput
from seawall.settings_keys import KeySettings
from seawall.settings_ledger import LedgerSettings
from seawall.settings_root import Root
from seawall.settings_telemetry import Telemetry
from seawall.settings_tls import Tls

DEFAULT_PORT = 8643
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Listen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a node listens and which Host names it answers to; ``workers`` 0 means one per core.

    ``roots`` are the folders in which whoever asks over the network may have files scanned, protected and written; none
    stands for anywhere that the node's user may, but for the node's own home. Without ``tls`` it is loopback alone.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 0
    allowed_hosts: list[str] = []
    roots: list[str] = []
    tls: Tls | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``seawall.toml`` can say.

    Args:
        store: a database URL; empty means the SQLite file in the home.
        trial: whether the passphrase lies beside the store it opens, for trying things out only.
        jurisdiction: where this node stands, as ISO 3166 code such as CH or DE-BY; a node without one uses only keys
            that are bound to no place.
        backups: the folder that backups are written to; empty means that of the home.
    """

    store: str = ""
    trial: bool = False
    jurisdiction: str = ""
    backups: str = ""
    root: Root = Root()
    listen: Listen = Listen()
    keys: KeySettings = KeySettings()
    ledger: LedgerSettings = LedgerSettings()
    telemetry: Telemetry = Telemetry()

    def __post_init__(self) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        if self.root.kind == "pkcs11" and self.root.pkcs11 is None:
            raise InvalidInput("settings.invalid", "a PKCS#11 root needs this section.", field="root.pkcs11")
        if not 0 <= self.listen.port <= 65_535:  # noqa: PLR2004 - the range of a TCP port
            raise InvalidInput("settings.invalid", "a port is 0 to 65535.", field="listen.port")
        if self.jurisdiction and not _PLACE.fullmatch(self.jurisdiction):
            raise InvalidInput(
                "settings.invalid", "a jurisdiction is a code of ISO 3166 such as CH or DE-BY.", field="jurisdiction"
            )
        if self.backups and not Path(self.backups).is_absolute():
            raise InvalidInput("settings.invalid", "a folder is named from the root.", field="backups")
        if not all(Path(folder).is_absolute() for folder in self.listen.roots):
            raise InvalidInput("settings.invalid", "a folder is named from the root.", field="listen.roots")
        if self.store and urlsplit(self.store).scheme.split("+")[0] not in {"sqlite", "postgresql"}:
            raise InvalidInput("settings.invalid", "a store is sqlite:///… or postgresql://….", field="store")


class Home:
    """Where everything of one installation lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "seawall.toml"
        self.lock = path / "lock"
        self.store = path / "store.sqlite"
        self.node = path / "node"
        self.sealed_root = path / "root.sealed"
        self.passphrase = path / "passphrase"
        self.ledger = path / "ledger"
        self.projection = path / "projection.sqlite"
        self.epoch = path / "run" / "epoch.map"
        self.policies = path / "policies"
        self.reports = path / "reports"
        self.backups = path / "backups"
        self.tokens = path / "tokens"
        self.samples = path / "samples"

    @property
    def exists(self) -> bool:
        """Whether an installation was made here."""
        return self.config.is_file()

    def settings(self) -> Settings:
        """Read the configuration; ``SEAWALL_STORE``, ``SEAWALL_LISTEN_HOST`` and ``SEAWALL_LISTEN_PORT`` override it.

        Raises:
            InvalidInput: when there is no home, or naming the field that is wrong.
        """
        if not self.exists:
            raise InvalidInput(
                "home.missing", f"there is no Seawall home at {self.path}.", field="home", remedy="Run: seawall init"
            )
        try:
            values = tomllib.loads(self.config.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidInput("settings.invalid", f"it is not valid TOML: {error}", field=str(self.config)) from None
        listen = values.setdefault("listen", {})
        if store := os.environ.get("SEAWALL_STORE"):
            values["store"] = store
        if host := os.environ.get("SEAWALL_LISTEN_HOST"):
            listen["host"] = host
        if port := os.environ.get("SEAWALL_LISTEN_PORT"):
            listen["port"] = int(port) if port.isdecimal() else port
        try:
            return msgspec.convert(values, Settings)
        except msgspec.ValidationError as error:
            raise InvalidInput("settings.invalid", str(error), field=str(self.config)) from None


def default_home() -> Path:
    """``$SEAWALL_HOME``, or ``seawall`` under ``$XDG_DATA_HOME`` (by default ``~/.local/share``)."""
    if path := os.environ.get("SEAWALL_HOME"):
        return Path(path)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "seawall"
