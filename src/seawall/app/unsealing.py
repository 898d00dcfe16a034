"""A sealed root of trust that custodians' shares open instead of a passphrase.

The file ``root.sealed`` is under the secret of a set of shares, whose public record lies beside it in ``unseal.json``.
A recovery set opens a copy of its own, ``root.recovery``, and is another set with another secret.

1. A new set is *prepared*: a copy of the file is sealed under its secret, and its record written, both beside what
   holds now.
2. It is *activated* with its shares, when they have opened the copy: the copy takes the file's place, then the record.
   Between these two moments the new record alone opens the file; shares are matched with either record by their set.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seawall.adapters.roots.sealed_file import SealedFileRoot, change_passphrase, describe_file
from seawall.app import homes
from seawall.crypto.shares import Share, SharePurpose, ShareSet, open_set
from seawall.desk.uids import EventUids
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import Conflict, Unavailable
from seawall.kernel.secret import Secret
from seawall.kernel.terms import SYSTEM, Resource
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.ledger import Ledger
from seawall.settings import Home, Settings

ShareSource = Callable[[ShareSet], Sequence[Share]]


def unseal_record(home: Home, purpose: SharePurpose = SharePurpose.UNSEAL) -> Path:
    """Say where the record lies of the shares that open the root; it is there when they do."""
    return home.path / f"{purpose}.json"


def opened_by_shares(home: Home) -> bool:
    """Say whether shares open this home's root, not a passphrase."""
    return bool(_records(home, SharePurpose.UNSEAL))


def combine(home: Home, shares: ShareSource, purpose: SharePurpose = SharePurpose.UNSEAL) -> Secret:
    """Give the secret that opens a home's root.

    Args:
        home: whose root.
        shares: gives shares of a set; asked for those of the set that holds.
        purpose: unseal or recovery.

    Raises:
        Conflict: ``unseal.no_shares``, or as the shares.
        InvalidInput, Corrupt: as the shares.
    """
    records = _records(home, purpose)
    if not records:
        raise Conflict("unseal.no_shares", f"no shares for {purpose} open this home's root of trust.")
    given = shares(records[0])
    try:
        sets = {share.set_id for share in given}
        record = next((one for one in records if one.id in sets), records[0])
        with open_set(record, given) as secret:
            return _words(secret)
    finally:
        for share in given:
            share.close()


class Openers:
    """Implements the keys' ``RootOpeners`` for a home, in the process of its command line.

    Args:
        home: whose root.
        settings: what is configured.
        secret: gives what opens the root now; asked once for each set.
        shares: gives shares of the set that is activated.
    """

    def __init__(
        self, home: Home, settings: Settings, secret: Callable[[], Secret], shares: ShareSource | None
    ) -> None:
        self._home = home
        self._settings = settings
        self._secret = secret
        self._shares = shares

    def prepare(self, record: ShareSet, secret: Secret) -> None:
        """Seal the root under the secret of a new set, beside what opens it now.

        Raises:
            Conflict: ``ceremony.no_sealed_file`` or ``ceremony.trial``.
            Unavailable: ``root.file_unusable``.
        """
        _check_kind(self._home, self._settings)
        copy, record_file = _next(self._home, record.purpose)
        with _usable():
            record_file.unlink(missing_ok=True)
            homes.write_private(copy, self._home.sealed_root.read_text(encoding="utf-8"))
        with self._secret() as now, _words(secret) as words:
            change_passphrase(copy, now, words)
        with _usable():
            homes.write_private(record_file, record.encode().decode())

    def activate(self, record: ShareSet) -> None:
        """Let a prepared set open the root from now on.

        Raises:
            Conflict: ``ceremony.not_prepared``, ``ceremony.root_changed``, or as the shares.
            InvalidInput, Corrupt: as the shares.
        """
        copy, record_file = _next(self._home, record.purpose)
        if self._shares is None or not (copy.is_file() and record_file.is_file()):
            raise Conflict("ceremony.not_prepared", "no new set waits to open the root of trust.")
        given = self._shares(record)
        try:
            with open_set(record, given) as secret, _words(secret) as words:
                SealedFileRoot.open(copy, words).close()
        finally:
            for share in given:
                share.close()
        if describe_file(copy).generations != describe_file(self._home.sealed_root).generations:
            raise Conflict(
                "ceremony.root_changed",
                "the root of trust has got other root keys since the set was made.",
                remedy="Make the set again: seawall ceremony init",
            )
        with _usable():
            copy.replace(_sealed(self._home, record.purpose))
            record_file.replace(unseal_record(self._home, record.purpose))


class NoOpeners:
    """Where nobody can be asked for shares: a node that serves."""

    def prepare(self, record: ShareSet, secret: Secret) -> None:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            Conflict: ``ceremony.command_line``.
        """
        raise _command_line()

    def activate(self, record: ShareSet) -> None:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            Conflict: ``ceremony.command_line``.
        """
        raise _command_line()


def recover(home: Home, settings: Settings, shares: ShareSource, passphrase: Secret) -> None:
    """Put the root under a passphrase again, with the shares of the recovery set; unseal shares open it no more.

    Raises:
        Conflict: ``unseal.no_shares`` or ``ceremony.root_changed``.
        InvalidInput, Corrupt: as the shares.
    """
    _check_kind(home, settings)
    with combine(home, shares, SharePurpose.RECOVERY) as secret:
        source, copy = _sealed(home, SharePurpose.RECOVERY), home.path / "root.recovered"
        if home.sealed_root.exists():
            here, there = describe_file(home.sealed_root).generations, describe_file(source).generations
            if {one.key_id for one in here} - {one.key_id for one in there}:
                raise Conflict(
                    "ceremony.root_changed",
                    "the recovery set was made before the root of trust got its newest root key, and lacks it.",
                    remedy="Use the shares for unsealing.",
                )
        with _usable():
            homes.write_private(copy, source.read_text(encoding="utf-8"))
        change_passphrase(copy, secret, passphrase)
    with _usable():
        for record_file in (unseal_record(home), _next(home, SharePurpose.UNSEAL)[1]):
            record_file.unlink(missing_ok=True)
        _next(home, SharePurpose.UNSEAL)[0].unlink(missing_ok=True)
        copy.replace(home.sealed_root)


def record_recovery(ledger: Ledger) -> None:
    """Tell the ledger that the root was put under a passphrase by the shares for recovery."""
    now_ms = SystemClock().now_ms()
    event = Event(
        uid=EventUids().next(now_ms),
        time_ms=now_ms,
        action="ceremony.recover",
        activity=3,
        principal=SYSTEM,
        resource=Resource(type="platform", id="seawall"),
        outcome=Outcome.SUCCESS,
        source="cli",
    )
    ledger.journal.append([encode(event)])


def _records(home: Home, purpose: SharePurpose) -> list[ShareSet]:
    """Read the records that may hold now: the one in force, and a new one whose file took its place already."""
    copy, record_file = _next(home, purpose)
    places = [unseal_record(home, purpose), *([] if copy.exists() else [record_file])]
    return [ShareSet.parse(place.read_bytes()) for place in places if place.is_file()]


def _sealed(home: Home, purpose: SharePurpose) -> Path:
    return home.path / "root.recovery" if purpose is SharePurpose.RECOVERY else home.sealed_root


def _next(home: Home, purpose: SharePurpose) -> tuple[Path, Path]:
    return home.path / f"root.{purpose}-next", home.path / f"{purpose}-next.json"


def _words(secret: Secret) -> Secret:
    # The format of the file derives its key from words; 32 random bytes need none of that, and are not hurt by it.
    return Secret(secret.expose().hex().encode())


def _check_kind(home: Home, settings: Settings) -> None:
    if settings.trial:
        raise Conflict("ceremony.trial", "the passphrase of a trial home lies beside it; shares would guard nothing.")
    if settings.root.kind != "sealed_file" or not home.sealed_root.exists():
        raise Conflict(
            "ceremony.no_sealed_file",
            "this home's root of trust is in a token, which is not opened by shares.",
            remedy="Share the token's PIN among custodians by the means of its maker.",
        )


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not what it was"
        raise Unavailable("root.file_unusable", f"the sealed root of trust cannot be used: {reason}.") from None


def _command_line() -> Conflict:
    return Conflict(
        "ceremony.command_line",
        "shares that open the root of trust are made and given on the command line of the home alone.",
        remedy="Run: seawall ceremony init, on the machine of the home",
    )
