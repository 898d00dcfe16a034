"""What the command line is handed: every way to put the program together for one call."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from seawall.edge.cli.ports import Finding, Initialised, Progress
from seawall.kernel.command import Command
from seawall.kernel.errors import NotFound, Unauthenticated
from seawall.kernel.secret import Secret
from seawall.kernel.terms import ANONYMOUS, Appeal, Principal
from seawall.settings import Home, Listen

_SOURCE = "cli"
PassphraseSource = Callable[[], Secret]
ShareSource = Callable[[Any], Any]


class Composition:
    """Implements :class:`seawall.edge.cli.ports.Composer`."""

    def initialise(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        *,
        administrator: str,
        config: Mapping[str, Any],
        trial: bool,
    ) -> Initialised:
        """Make a home.

        Raises:
            Conflict: when there is one already.
        """
        from seawall.app.founding import found

        place = Home(home)
        code = found(place, passphrase, administrator=administrator, config=config, trial=trial)
        listen = place.settings().listen
        return Initialised(
            home=home,
            administrator=administrator,
            enrolment_code=code,
            enrolment_url=f"{'https' if listen.tls else 'http'}://{listen.host}:{listen.port}/enrol#{code}",
            trial=trial,
        )

    @contextmanager
    def open(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        token: str,
        *,
        appeal: Appeal | None = None,
        shares: ShareSource | None = None,
    ) -> "Iterator[OpenHome]":
        """Open a home as whoever the token belongs to; what was recorded is signed when no node will do it.

        Raises:
            SeawallError: no home, a wrong passphrase, a token that proves nothing.
        """
        with self._rooms(home, passphrase, shares) as rooms:
            yield OpenHome(rooms, _prove(rooms, token), appeal)

    def join(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        token: str,
        *,
        root_file: Path | None,
        config: Mapping[str, Any],
    ) -> str:
        """Make a further home on the store of an installation; return the node's id.

        Raises:
            SeawallError: what stands in the way; nothing is left behind.
        """
        from seawall.app.joining import join

        return join(Home(home), passphrase, token, root_file=root_file, config=config)

    def enrol(self, home: Path, passphrase: PassphraseSource | None, code: str) -> str:
        """Exchange a one-time enrolment code for a bearer token."""
        from seawall.access.commands import Enrol

        with self._rooms(home, passphrase) as rooms:
            token: str = rooms.desk.perform(ANONYMOUS, Enrol(code=code), source=_SOURCE).token
            return token

    def check_serving(self, home: Path, *, host: str | None, port: int | None) -> None:
        """See whether a node could run on this home and listen there.

        Raises:
            SeawallError: ``home.in_use`` or ``node.port_busy``.
        """
        from seawall.app.homes import node_lock
        from seawall.node.sockets import bind

        place = Home(home)
        listen = _listen(place.settings().listen if place.exists else Listen(), host, port, None)
        if place.exists:
            with node_lock(place):
                pass
        for listener in bind(listen.host, listen.port, 1, plain=listen.tls is None):
            listener.close()

    def serve(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        *,
        host: str | None,
        port: int | None,
        workers: int | None,
        on_ready: Callable[[str], None],
    ) -> int:
        """Run a node until it is told to stop.

        Raises:
            SeawallError: a port or a home in use, a wrong passphrase, a store that is newer than this program.
        """
        from seawall.app.homes import find_passphrase
        from seawall.app.roots import open_root
        from seawall.app.serving import Node

        place = Home(home)
        settings = place.settings()
        listen = _listen(settings.listen, host, port, workers)

        def root() -> Any:
            return open_root(place, settings, lambda: find_passphrase(place, passphrase, trial=settings.trial))

        return Node(place, settings, listen, root).run(on_ready)

    def diagnose(self, home: Path, passphrase: PassphraseSource | None) -> Sequence[Finding]:
        """Look at a home without changing it."""
        from seawall.app.doctor import diagnose

        return diagnose(Home(home), passphrase)

    def verify_ledger(self, directory: Path, *, checkpoint: str | None, vkeys: str | None = None) -> Any:
        """Verify a ledger's folder offline; in a home where a node runs, up to where the journal ends now."""
        from seawall.adapters.files.os_files import OsFiles
        from seawall.app.homes import node_runs
        from seawall.kernel.clock import SystemClock
        from seawall.ledger.journal import Journal
        from seawall.ledger.keys import Verifiers
        from seawall.ledger.verify import verify

        verifiers = Verifiers.parse(vkeys) if vkeys else None
        files, place = OsFiles(), Home(directory.absolute().parent)
        if place.ledger != directory.absolute() or node_runs(place) is None:
            return verify(str(directory), files, verifiers=verifiers, kept_checkpoint=checkpoint)
        journal = Journal(str(place.ledger), str(place.epoch.parent), files, clock=SystemClock())
        try:
            return verify(str(directory), files, verifiers=verifiers, kept_checkpoint=checkpoint, tail=journal.peek)
        finally:
            journal.close()

    def share_opener(self, home: Path, shares: ShareSource) -> PassphraseSource | None:
        """Return what combines custodians' shares to open a home's root; None where a passphrase opens it."""
        from seawall.app.unsealing import combine, opened_by_shares

        place = Home(home)
        return (lambda: combine(place, shares)) if opened_by_shares(place) else None

    def verify_backup(self, file: Path, shares: ShareSource | None) -> Any:
        """Verify a backup offline, and with shares everything inside."""
        from seawall.app.opened_backups import verify_backup

        return verify_backup(file, shares)

    def restore(
        self,
        file: Path,
        home: Path,
        passphrase: PassphraseSource | None,
        *,
        shares: ShareSource,
        config: Mapping[str, Any],
        since: Sequence[Path],
        accept_unknown: bool,
        accept_expired: bool,
    ) -> Any:
        """Restore a backup to a new home and an empty database."""
        from seawall.app.restoring import Restoring, restore

        return restore(
            file,
            Restoring(
                home=Home(home),
                shares=shares,
                passphrase=passphrase,
                config=config,
                since=since,
                accept_unknown=accept_unknown,
                accept_expired=accept_expired,
            ),
        )

    def recover(self, home: Path, shares: ShareSource, passphrase: PassphraseSource | None) -> None:
        """Put a home's root of trust under a new passphrase with the shares for recovery."""
        from seawall.app.founding import new_passphrase
        from seawall.app.unsealing import record_recovery, recover

        place = Home(home)
        with new_passphrase(place, passphrase) as words:
            recover(place, place.settings(), shares, words)
            with self._rooms(home, lambda: Secret(words.expose())) as rooms:
                record_recovery(rooms.ledger)

    def peer_checkpoint(self, url: str, origin: str, token: str) -> str:
        """Ask a node for the newest checkpoint that it keeps of a ledger.

        Raises:
            NotFound: it keeps none, with code ``peer.unknown``.
            Unavailable: ``peer.unreachable``.
        """
        from seawall.adapters.ledger.remote_peer import HttpPeer, PeerAddress

        address = PeerAddress(url=url, ca_file=None, token_file=None)
        for kept in HttpPeer(address, token).peers():
            if kept.origin == origin:
                return kept.note
        raise NotFound("peer.unknown", f"that node keeps no checkpoint of {origin}.", field="--against")

    def kept_checkpoint(self, home: Path) -> str | None:
        """Return the newest ledger checkpoint that the store keeps."""
        from seawall.adapters.store.core import KeptCheckpoint
        from seawall.app.nodes import node_of
        from seawall.app.rooms import installation_of, open_store, origin_of
        from seawall.kernel.clock import SystemClock

        place = Home(home)
        store = open_store(place, place.settings())
        try:
            installation = installation_of(store).id
            origin = origin_of(installation, node_of(place, installation))
            return KeptCheckpoint(store, origin, SystemClock()).kept()
        finally:
            store.close()

    @contextmanager
    def _rooms(
        self, home: Path, passphrase: PassphraseSource | None, shares: ShareSource | None = None
    ) -> Iterator[Any]:
        from seawall.app.homes import find_passphrase, node_runs
        from seawall.app.nodes import Follower
        from seawall.app.rooms import build
        from seawall.app.roots import open_root
        from seawall.app.unsealing import Openers
        from seawall.kernel.clock import SystemClock

        place = Home(home)
        settings = place.settings()

        def secret() -> Secret:
            return find_passphrase(place, passphrase, trial=settings.trial)

        root = open_root(place, settings, secret)
        openers = Openers(place, settings, secret, shares)
        stop = threading.Event()
        try:
            rooms = build(place, settings, root, writes_anywhere=True, signs=node_runs(place) is None, openers=openers)
            try:
                following = None
                if rooms.store.dialect == "postgresql":
                    # The lease that a node left behind has lapsed; this process keeps the home's own.
                    follower = Follower(place, rooms.store, rooms.node, SystemClock(), hears=False)
                    follower.step()
                    following = threading.Thread(target=follower.run, args=(stop,), daemon=True)
                    following.start()
                if node_runs(place) is None:
                    rooms.bring_left()
                yield rooms
            finally:
                rooms.desk.close()
                stop.set()
                if following is not None:
                    following.join()
                    if node_runs(place) is None:
                        follower.leave()
                rooms.commit.close()
                if node_runs(place) is None:
                    rooms.ledger.sign_now(root)
                rooms.close()
        finally:
            root.close()


class OpenHome:
    """Implements :class:`seawall.edge.cli.ports.Session`."""

    def __init__(self, rooms: Any, principal: Principal, appeal: Appeal | None = None) -> None:
        self._rooms = rooms
        self._principal = principal
        self._appeal = appeal

    def perform(self, command: Command, *, progress: Progress | None = None) -> Any:
        """Take a command through the corridor.

        Raises:
            SeawallError: what the corridor refuses.
        """
        return self._rooms.desk.perform(
            self._principal, command, source=_SOURCE, appeal=self._appeal, progress=progress
        )

    def finish(self, job: str, progress: Progress) -> Any:
        """Wait for long work that was begun here; where no node does it, it is done here.

        Raises:
            NotFound: ``job.unknown``, also for work of somebody else.
            Unavailable: the store.
        """
        from seawall.app.jobs import finish
        from seawall.capabilities.keys.commands_work import WorkView

        return WorkView.of(finish(self._rooms, job, self._principal.id, progress))

    def act_as(self, token: str) -> "OpenHome":
        """The same home for somebody else.

        Raises:
            Unauthenticated: when the token proves nothing.
        """
        return OpenHome(self._rooms, _prove(self._rooms, token))


def _prove(rooms: Any, token: str) -> Principal:
    try:
        principal: Principal = rooms.authenticator.bearer(token)
    except Unauthenticated as error:
        rooms.desk.stranger("", error.code, _SOURCE)
        raise
    return principal


def _listen(configured: Listen, host: str | None, port: int | None, workers: int | None) -> Listen:
    return structs.replace(
        configured,
        host=host or configured.host,
        port=configured.port if port is None else port,
        workers=configured.workers if workers is None else workers,
    )
