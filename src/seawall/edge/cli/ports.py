"""What the command line needs of whoever composes the program."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seawall.kernel.command import Command
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Appeal

Progress = Callable[[str, int, int], None]
PassphraseSource = Callable[[], Secret]
#: Gives custodians' shares of a set, whose record it is told.
ShareSource = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """A new home: what its maker must be told once."""

    home: Path
    administrator: str
    enrolment_code: str
    enrolment_url: str
    trial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that ``doctor`` looked at: ``level`` is ok, warning or error."""

    subject: str
    level: str
    text: str
    remedy: str = ""


class Session(Protocol):
    """An opened home and somebody who proved who they are."""

    def perform(self, command: Command, *, progress: Progress | None = None) -> Any:
        """Take a command through the corridor.

        Raises:
            SeawallError: what the corridor refuses.
        """
        ...

    def finish(self, job: str, progress: Progress) -> Any:
        """Wait for long work that was begun here; where no node does it, it is done here.

        Returns:
            A ``capabilities.keys.commands_work.WorkView``.

        Raises:
            NotFound: ``job.unknown``.
            Unavailable: the store.
        """
        ...

    def act_as(self, token: str) -> "Session":
        """The same home for somebody else, who proves who they are by this token.

        Raises:
            Unauthenticated: when it proves nothing.
        """
        ...


class Composer(Protocol):
    """Puts the program together for one call of the command line."""

    def initialise(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        *,
        administrator: str,
        config: Mapping[str, Any],
        trial: bool,
    ) -> Initialised:
        """Make a home; a trial home makes its passphrase itself and keeps it beside the root.

        Raises:
            Conflict: when there is one already.
        """
        ...

    def open(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        token: str,
        *,
        appeal: Appeal | None = None,
        shares: ShareSource | None = None,
    ) -> AbstractContextManager[Session]:
        """Open a home for commands; closing it signs what was recorded when no node runs.

        Args:
            home: where.
            passphrase: what opens it.
            token: who asks.
            appeal: what is cited beside every command.
            shares: gives shares of a set that is to open the root of trust.

        Raises:
            SeawallError: no home, a wrong passphrase, a token that proves nothing.
        """
        ...

    def join(
        self,
        home: Path,
        passphrase: PassphraseSource | None,
        token: str,
        *,
        root_file: Path | None,
        config: Mapping[str, Any],
    ) -> str:
        """Make a further home on the store of an installation, as an administrator of it; return the node's id.

        Raises:
            SeawallError: what stands in the way; nothing is left behind.
        """
        ...

    def enrol(self, home: Path, passphrase: PassphraseSource | None, code: str) -> str:
        """Exchange a one-time enrolment code for a bearer token."""
        ...

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
        """Run a node until it is told to stop; ``on_ready`` gets the console's address.

        Raises:
            SeawallError: a port or a home in use, a store that is newer than this program.
        """
        ...

    def diagnose(self, home: Path, passphrase: PassphraseSource | None) -> Sequence[Finding]:
        """Look at a home without changing it."""
        ...

    def check_serving(self, home: Path, *, host: str | None, port: int | None) -> None:
        """See whether a node could run on this home and listen there.

        Raises:
            SeawallError: ``home.in_use`` or ``node.port_busy``.
        """
        ...

    def verify_ledger(self, directory: Path, *, checkpoint: str | None, vkeys: str | None = None) -> Any:
        """Verify a ledger's folder offline.

        Args:
            directory: the ledger's folder, or a copy of it.
            checkpoint: a checkpoint kept elsewhere.
            vkeys: public keys kept elsewhere; those that lie in the folder otherwise.

        Returns:
            A ``ledger.report.Report``.
        """
        ...

    def share_opener(self, home: Path, shares: ShareSource) -> PassphraseSource | None:
        """Return what combines custodians' shares to open a home's root; None where a passphrase opens it."""
        ...

    def verify_backup(self, file: Path, shares: ShareSource | None) -> Any:
        """Verify a backup offline, and with shares everything inside.

        Returns:
            A ``capabilities.keys.commands_backup.BackupVerified``.

        Raises:
            SeawallError: what is wrong with it.
        """
        ...

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
        """Restore a backup to a new home and an empty database.

        Returns:
            What was done, and what is not known.

        Raises:
            SeawallError: what stands in the way; what was begun can be begun again.
        """
        ...

    def recover(self, home: Path, shares: ShareSource, passphrase: PassphraseSource | None) -> None:
        """Put a home's root of trust under a new passphrase with the shares for recovery.

        Raises:
            SeawallError: as the shares.
        """
        ...

    def peer_checkpoint(self, url: str, origin: str, token: str) -> str:
        """Ask a node for the newest checkpoint that it keeps of a ledger.

        Raises:
            SeawallError: it does not answer, or keeps none.
        """
        ...

    def kept_checkpoint(self, home: Path) -> str | None:
        """Return the newest ledger checkpoint that the store keeps."""
        ...
