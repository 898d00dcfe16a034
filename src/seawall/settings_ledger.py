"""What ``seawall.toml`` can say of the ledger: where records are shipped to, and whose checkpoints are kept."""

import re
from pathlib import Path
from typing import Final

import msgspec

from seawall.kernel.errors import InvalidInput

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_PORTS: Final = 65_535
_MOST: Final = 16


class _Sink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every sink has.

    ``required``: answers stop while this sink is further behind than ``max_lag_entries`` or ``max_lag_s``.
    """

    name: str
    required: bool = False
    max_lag_entries: int = 100_000
    max_lag_s: float = 300.0

    def check(self, field: str) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        if not _NAME.fullmatch(self.name):
            raise _wrong(f"{field}.name", "a sink's name has 1 to 31 letters a to z, digits and hyphens.")
        if self.max_lag_entries < 1 or self.max_lag_s < 1:
            raise _wrong(f"{field}.max_lag_s", "a bound of the lag is at least 1.")


class ShipSyslog(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="syslog"):
    """A receiver of syslog over TLS (RFC 5425).

    ``server_name`` is the name that its certificate carries, ``host`` unless said; ``ca_file`` certifies it, and
    ``cert_file`` with ``key_file`` (PEM) prove this node. ``enterprise`` is the private enterprise number that names
    the structured data; 32473 is the one set aside for examples (RFC 5612). ``overlap`` entries are told again after
    each new connection, because syslog has no answer.
    """

    host: str
    port: int = 6514
    server_name: str = ""
    ca_file: str
    cert_file: str = ""
    key_file: str = ""
    enterprise: int = 32_473
    overlap: int = 1000

    def check(self, field: str) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        super().check(field)
        _check_files(field, ca_file=self.ca_file, cert_file=self.cert_file, key_file=self.key_file)
        if not 0 < self.port <= _PORTS:
            raise _wrong(f"{field}.port", "a port is 1 to 65535.")
        if bool(self.cert_file) != bool(self.key_file):
            raise _wrong(f"{field}.key_file", "a certificate and its key go together.")
        if self.enterprise < 1 or self.overlap < 0:
            raise _wrong(f"{field}.overlap", "it is 0 or more, and an enterprise number 1 or more.")


class ShipFile(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="file"):
    """A file that is only appended to, such as one on a share of another machine."""

    path: str
    rotate_bytes: int = 256 << 20

    def check(self, field: str) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        super().check(field)
        _check_files(field, path=self.path)
        if self.rotate_bytes < 1:
            raise _wrong(f"{field}.rotate_bytes", "it is at least 1.")


class ShipS3(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="s3"):
    """A bucket with object lock. Credentials are those that the AWS SDK finds; ``profile`` names one of its own.

    ``every_s`` seconds pass between objects, unless ``batch_entries`` wait.
    """

    bucket: str
    prefix: str = "seawall"
    region: str = ""
    endpoint: str = ""
    profile: str = ""
    retain_days: int = 2555
    every_s: float = 30.0
    batch_entries: int = 10_000

    def check(self, field: str) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        super().check(field)
        if not self.bucket or self.retain_days < 1 or self.every_s < 0 or self.batch_entries < 1:
            raise _wrong(f"{field}.bucket", "a bucket has a name, retain_days and batch_entries are at least 1.")
        if self.endpoint and not self.endpoint.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise _wrong(f"{field}.endpoint", "an endpoint is https://…; plain http is for this machine alone.")


class Peer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node somewhere else whose checkpoints are kept here.

    ``vkeys_file`` holds its ledger's public keys, one a line, as somebody brought them; ``token_file`` a bearer token
    of an auditor there; ``ca_file`` who certifies it, the system's authorities otherwise.
    """

    name: str
    url: str
    vkeys_file: str
    token_file: str
    ca_file: str = ""

    def check(self, field: str) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        if not _NAME.fullmatch(self.name):
            raise _wrong(f"{field}.name", "a peer's name has 1 to 31 letters a to z, digits and hyphens.")
        if not self.url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise _wrong(f"{field}.url", "a peer is https://…; plain http is for this machine alone.")
        _check_files(field, vkeys_file=self.vkeys_file, token_file=self.token_file, ca_file=self.ca_file)


class LedgerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section ``[ledger]``; each ``[[ledger.ship]]`` is a sink, each ``[[ledger.peer]]`` a node elsewhere."""

    ship: list[ShipSyslog | ShipFile | ShipS3] = []
    peer: list[Peer] = []

    def __post_init__(self) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        names = [sink.name for sink in self.ship]
        if len(set(names)) != len(names) or len(names) > _MOST:
            raise _wrong("ledger.ship", f"there are at most {_MOST} sinks, each with a name of its own.")
        for at, sink in enumerate(self.ship):
            sink.check(f"ledger.ship[{at}]")
        for at, peer in enumerate(self.peer):
            peer.check(f"ledger.peer[{at}]")


def _check_files(field: str, **paths: str) -> None:
    for name, path in paths.items():
        if path and not Path(path).is_absolute():
            raise _wrong(f"{field}.{name}", "a file is named from the root.")


def _wrong(field: str, text: str) -> InvalidInput:
    return InvalidInput("settings.invalid", text, field=field)
