"""Puts shipping together: the sinks that the settings name, the process that serves them, and what others ask of it."""

import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from seawall.adapters.files.os_files import OsFiles
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import SeawallError
from seawall.ledger.journal import Journal
from seawall.ledger.keys import load_verifiers
from seawall.ledger.ledger import Ledger
from seawall.ledger.ship import Shipment, Shipper, Stop, ship_all
from seawall.ledger.ship_board import ShipBoard, SinkRules, SinkStanding, unshipped
from seawall.ledger.ship_ports import Sink
from seawall.ledger.ship_position import load_ship_position
from seawall.settings import Home, Settings
from seawall.settings_ledger import ShipFile, ShipS3, ShipSyslog

_GRACE_S = 5.0
Configured = ShipSyslog | ShipFile | ShipS3


class Shipping:
    """The shipping of one node.

    Args:
        home: where the ledger is.
        settings: which sinks there are.
    """

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._sinks = settings.ledger.ship

    @property
    def wanted(self) -> bool:
        """Whether there is any sink."""
        return bool(self._sinks)

    def begin(self) -> None:
        """Lay the board out; the parent does it before anybody serves, and every time, so that no old one speaks."""
        files = OsFiles()
        board = board_of(self._home, SystemClock())
        board.lay_out([_rules(sink) for sink in self._sinks], [_position(self._home, files, s) for s in self._sinks])
        board.close()

    def run(self, stop: Stop) -> None:
        """Ship until told to stop; called in a process of its own, which has no signing keys."""
        files, clock = OsFiles(), SystemClock()
        directory = str(self._home.ledger)
        journal = Journal(directory, str(self._home.epoch.parent), files, clock=clock)
        board = board_of(self._home, clock)
        verifiers = load_verifiers(files, directory)
        shippers = [
            Shipper(
                directory,
                files,
                verifiers,
                shipment=shipment_of(sink, clock),
                board=board,
                slot=slot,
                size=lambda: journal.tail().count,
                clock=clock,
            )
            for slot, sink in enumerate(self._sinks)
        ]
        ship_all(shippers, stop, grace_s=_GRACE_S)
        journal.close()


def board_of(home: Home, clock: Clock) -> ShipBoard:
    """Open the board of a home."""
    return ShipBoard(str(home.epoch.parent), OsFiles(), clock)


def guard_of(home: Home, settings: Settings, ledger: Ledger, clock: Clock, *, alone: bool) -> Callable[[], None] | None:
    """Make what keeps records from being made while a required sink is too far behind; None where none is required.

    Args:
        home: where the ledger is.
        settings: which sinks there are.
        ledger: how long it is.
        clock: monotonic time.
        alone: whether no node runs, so that nobody ships: then only the count of entries is bounded.
    """
    required = [sink for sink in settings.ledger.ship if sink.required]
    if not required:
        return None
    if alone:
        return partial(_check_positions, home, required, ledger)
    board = board_of(home, clock)
    return lambda: board.check(ledger.size())


def standings(home: Home, settings: Settings, size: int) -> Sequence[SinkStanding]:
    """Say how every configured sink stands; where no node has run since the machine started, by their positions."""
    if not settings.ledger.ship:
        return []
    board = board_of(home, SystemClock())
    try:
        found = {standing.rules.name: standing for standing in board.standings(size)}
    finally:
        board.close()
    return [found.get(sink.name) or _by_position(home, sink, size) for sink in settings.ledger.ship]


def size_of(home: Home) -> int:
    """Say how many entries a home's ledger has, without mending anything; 0 where only a walk through it could tell."""
    journal = Journal(str(home.ledger), str(home.epoch.parent), OsFiles(), clock=SystemClock())
    try:
        tail = journal.peek()
    finally:
        journal.close()
    return tail.count if tail else 0


def shipment_of(sink: Configured, clock: Clock) -> Shipment:
    """Make a sink of its settings."""
    match sink:
        case ShipSyslog():
            return Shipment(rules=_rules(sink), sink=_syslog(sink, clock), overlap=sink.overlap)
        case ShipFile():
            from seawall.adapters.sinks.append_file import AppendFile

            file = AppendFile(Path(sink.path), rotate_bytes=sink.rotate_bytes)
            return Shipment(rules=_rules(sink), sink=file)
        case ShipS3():
            return Shipment(
                rules=_rules(sink), sink=_s3(sink, clock), batch_entries=sink.batch_entries, every_s=sink.every_s
            )


def _syslog(sink: ShipSyslog, clock: Clock) -> Sink:
    from seawall.adapters.sinks.syslog_format import SyslogFormat
    from seawall.adapters.sinks.syslog_tls import SyslogReceiver, SyslogTls

    receiver = SyslogReceiver(
        host=sink.host,
        port=sink.port,
        server_name=sink.server_name or sink.host,
        ca_file=Path(sink.ca_file),
        client_certificate=Path(sink.cert_file) if sink.cert_file else None,
        client_key=Path(sink.key_file) if sink.key_file else None,
    )
    return SyslogTls(receiver, SyslogFormat(socket.gethostname(), sink.enterprise), clock)


def _s3(sink: ShipS3, clock: Clock) -> Sink:
    from seawall.adapters.sinks.s3_objects import S3Bucket, S3Objects

    bucket = S3Bucket(
        bucket=sink.bucket,
        prefix=sink.prefix,
        region=sink.region,
        endpoint=sink.endpoint,
        retain_days=sink.retain_days,
        profile=sink.profile,
    )
    return S3Objects(bucket, clock)


def _rules(sink: Configured) -> SinkRules:
    return SinkRules(
        name=sink.name, required=sink.required, max_lag_entries=sink.max_lag_entries, max_lag_s=sink.max_lag_s
    )


def _position(home: Home, files: OsFiles, sink: Configured) -> int:
    directory = str(home.ledger)
    try:
        return load_ship_position(files, directory, sink.name, load_verifiers(files, directory).origin)
    except SeawallError:
        return 0


def _by_position(home: Home, sink: Configured, size: int) -> SinkStanding:
    shipped = _position(home, OsFiles(), sink)
    return SinkStanding(
        rules=_rules(sink), shipped=shipped, behind=max(0, size - shipped), lag_s=0.0, error="", sent=0, failed=0
    )


def _check_positions(home: Home, required: Sequence[Configured], ledger: Ledger) -> None:
    size = ledger.size()
    for sink in required:
        if size - _position(home, OsFiles(), sink) > sink.max_lag_entries:
            raise unshipped(sink.name)
