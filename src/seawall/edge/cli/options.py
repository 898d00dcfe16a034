"""Options that every command takes, and what follows from them."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.output import Output
from seawall.edge.cli.ports import PassphraseSource, Session, ShareSource
from seawall.edge.cli.shares import ShareInput
from seawall.kernel.errors import InvalidInput, Unauthenticated
from seawall.kernel.ids import check_name
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Appeal
from seawall.settings import default_home

_MIN_NEW = 12
_FLAG = "--json"
_VALUED = (
    "--home",
    "--as",
    "--token-file",
    "--passphrase-file",
    "--passphrase-fd",
    "--share-file",
    "--share-fd",
    "--approval",
    "--break-glass",
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """Where, as whom, and how to answer."""

    home: Annotated[Path | None, Parameter(help="Home folder; $SEAWALL_HOME otherwise.")] = None
    json: Annotated[bool, Parameter(negative="", help="Answer in JSON and ask nothing.")] = False
    act_as: Annotated[
        str | None, Parameter(name="--as", help="Act with the token that this home keeps for that principal.")
    ] = None
    token_file: Annotated[
        Path | None, Parameter(help="File with a bearer token; $SEAWALL_TOKEN or $SEAWALL_TOKEN_FILE otherwise.")
    ] = None
    passphrase_file: Annotated[
        Path | None, Parameter(help="File with the root's passphrase; $SEAWALL_PASSPHRASE_FILE otherwise.")
    ] = None
    passphrase_fd: Annotated[int | None, Parameter(help="Open file descriptor to read the passphrase from.")] = None
    share_file: Annotated[
        tuple[Path, ...], Parameter(negative="", help="File with a custodian's share that opens the root; one each.")
    ] = ()
    share_fd: Annotated[
        tuple[int, ...], Parameter(negative="", help="Open file descriptor to read such a share from.")
    ] = ()
    approval: Annotated[
        str, Parameter(help="Run by this approval and no other; found by what is asked otherwise.", show_default=False)
    ] = ""
    break_glass: Annotated[
        str, Parameter(help="Why this must run without its quorum now; everybody is told.", show_default=False)
    ] = ""

    @property
    def path(self) -> Path:
        """The home folder."""
        return (self.home or default_home()).expanduser().absolute()

    @property
    def output(self) -> Output:
        """How this command answers."""
        return Output(as_json=self.json)

    def passphrase(self, *, confirm: bool = False) -> PassphraseSource | None:
        """Say where the passphrase comes from; None when nothing was said and nobody can be asked.

        Args:
            confirm: ask twice, for a passphrase that is new.
        """
        if not confirm:
            given = ShareInput(files=self.share_file, descriptors=self.share_fd, asks=self.asks)
            if (opener := composer().share_opener(self.path, given)) is not None:
                return opener
        if self.passphrase_fd is not None:
            return self._from_descriptor
        if self.passphrase_file or os.environ.get("SEAWALL_PASSPHRASE_FILE"):
            return self._from_file
        if not self.json and sys.stdin.isatty():
            return _ask_twice if confirm else _ask
        return None

    @property
    def asks(self) -> bool:
        """Whether somebody can be asked."""
        return not self.json and sys.stdin.isatty()

    def new_passphrase(self) -> PassphraseSource | None:
        """Say where a passphrase comes from that is new."""
        return self.passphrase(confirm=True)

    def own_passphrase(self) -> PassphraseSource | None:
        """Say where the passphrase of a custodian's key comes from, which is nobody's here."""
        if self.passphrase_fd is None and not self.passphrase_file and self.asks:
            return _ask_own
        return self.passphrase(confirm=True)

    def token(self) -> str:
        """Find the bearer token.

        Raises:
            Unauthenticated: when there is none; the command line proves nothing by itself.
        """
        if self.act_as is not None:
            kept = self.path / "tokens" / f"{check_name(self.act_as, field='--as')}.token"
            return _read(kept, "--as", f"this home keeps no token of {self.act_as}.")
        file = self.token_file or (
            Path(os.environ["SEAWALL_TOKEN_FILE"]) if "SEAWALL_TOKEN_FILE" in os.environ else None
        )
        if file is not None:
            return _read(file, "--token-file", "this file cannot be read.")
        if token := os.environ.get("SEAWALL_TOKEN"):
            return token.strip()
        raise Unauthenticated(
            "cli.token_missing",
            "this command needs to know who you are.",
            remedy="Set SEAWALL_TOKEN, or give --token-file FILE or --as NAME.",
        )

    @contextmanager
    def session(self, *, shares: ShareSource | None = None) -> Iterator[Session]:
        """Open the home as whoever the token belongs to; ``shares`` gives those of a new set."""
        appeal = Appeal(approval=self.approval, break_glass=self.break_glass)
        opener, token = self.passphrase(), self.token()
        with composer().open(self.path, opener, token, appeal=appeal, shares=shares) as session:
            yield session

    def _from_descriptor(self) -> Secret:
        assert self.passphrase_fd is not None
        try:
            with os.fdopen(os.dup(self.passphrase_fd), "rb") as stream:
                return _passphrase(stream.readline(4096), "--passphrase-fd")
        except OSError:
            raise InvalidInput(
                "cli.passphrase_fd", "this descriptor cannot be read.", field="--passphrase-fd"
            ) from None

    def _from_file(self) -> Secret:
        file = self.passphrase_file or Path(os.environ["SEAWALL_PASSPHRASE_FILE"])
        return _passphrase(_read(file, "--passphrase-file", "this file cannot be read.").encode(), "--passphrase-file")


def after_command(arguments: Sequence[str]) -> list[str]:
    """Move options that every command takes, and that stand before the command, to where commands take them.

    Raises:
        InvalidInput: ``cli.usage`` for one whose value is missing, or that no command follows.
    """
    at = 0
    while at < len(arguments) and arguments[at].partition("=")[0] in (_FLAG, *_VALUED):
        at += 2 if arguments[at] in _VALUED else 1
    leading, rest = list(arguments[:at]), list(arguments[at:])
    if leading and not rest:
        raise InvalidInput("cli.usage", f"no command goes with {leading[0]}.", remedy="Run: seawall --help")
    # Whatever follows a bare -- is a value.
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *leading, *rest[end:]]


def _passphrase(line: bytes, field: str) -> Secret:
    # An environment file says NAME=value; a plain one says the value alone.
    value = line.rstrip(b"\r\n").removeprefix(b"SEAWALL_PASSPHRASE=")
    if not value:
        raise InvalidInput("cli.passphrase_empty", "the passphrase is empty.", field=field)
    return Secret(value)


def _ask() -> Secret:
    from getpass import getpass

    return Secret(getpass("Passphrase of the root of trust: ").encode())


def _ask_own() -> Secret:
    from getpass import getpass

    return Secret(getpass("Passphrase of the custodian's key: ").encode())


def _ask_twice() -> Secret:
    first = _ask()
    if len(first) < _MIN_NEW:
        raise InvalidInput(
            "cli.passphrase_short", f"a new passphrase has at least {_MIN_NEW} bytes.", field="passphrase"
        )
    if not first.matches(_ask()):
        raise InvalidInput("cli.passphrase_differs", "the two passphrases differ.", field="passphrase")
    return first


def _read(path: Path, field: str, text: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("cli.file_unreadable", text, field=field, remedy=f"Looked for {path}.") from None
