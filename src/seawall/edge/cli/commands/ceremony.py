"""``ceremony …``: sets of shares, what custodians do on machines of their own, drills, transcripts."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.options import Options
from seawall.edge.cli.private import place_for, write_private
from seawall.edge.cli.shares import ShareInput
from seawall.kernel.clock import SystemClock, iso
from seawall.kernel.errors import InvalidInput, Unauthenticated
from seawall.kernel.secret import Secret


def make_key(name: str, *, out: Path, public: Path | None = None, options: Options | None = None) -> int:
    """Make a custodian's keys: a file for the custodian alone, under a passphrase, and one for everybody.

    Args:
        name: the custodian's name.
        out: the key file.
        public: the public file; the key file's name with .pub otherwise.
    """
    import os

    from seawall.capabilities.keys import custody

    options = options or Options()
    beside = public or out.with_name(f"{out.name}.pub")
    with place_for(out) as write_key, place_for(beside) as write_public, _words(options, new=True) as words:
        key, everybody = custody.make_key(name, words, os.urandom)
        write_key(key.decode())
        write_public(everybody.decode())
    found = custody.read(everybody, custody.PublicFile)
    options.output.document({"key": str(out), "public": str(beside), "fingerprint": found.fingerprint})
    options.output.plain(f"wrote {out}, for {name} alone, and {beside}, for whoever makes the ceremony")
    options.output.verbatim(f"fingerprint: {found.fingerprint}")
    return 0


def init(
    *,
    to: Annotated[list[Path], Parameter(negative="", consume_multiple=True)],
    threshold: int,
    out: Path,
    purpose: str = "backup",
    name: str = "primary",
    shares: int | None = None,
    options: Options | None = None,
) -> int:
    """Make a set of shares, each sealed to one custodian; it takes the place of one of the same purpose and name.

    Args:
        to: public files of the custodians, one a share.
        threshold: how many shares it takes.
        out: a new folder for the shares and the transcript.
        purpose: unseal, recovery or backup.
        name: the set's name, such as primary.
        shares: how many shares there are; as many as custodians.
    """
    from seawall.capabilities.keys.commands_backup import InitCeremony
    from seawall.crypto.shares import SharePurpose

    options = options or Options()
    output = options.output
    if purpose not in set(SharePurpose):
        raise InvalidInput("ceremony.purpose", "a set is for unseal, recovery or backup.", field="--purpose")
    if shares is not None and shares != len(to):
        raise InvalidInput(
            "ceremony.shares", f"{shares} shares are for {shares} custodians, and {len(to)} were named.", field="--to"
        )
    custodians = [_read(path) for path in to]
    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise InvalidInput("cli.file_unwritable", f"{out}: {error.strerror}.", field="--out") from None
    command = InitCeremony(
        purpose=SharePurpose(purpose), name=name if purpose == "backup" else purpose, threshold=threshold,
        custodians=custodians,
    )  # fmt: skip
    try:
        with options.session() as session:
            made = session.perform(command)
    except BaseException:
        out.rmdir()
        raise
    written = [(share.custodian, out / f"{share.custodian}.share") for share in made.shares]
    for share, (_, path) in zip(made.shares, written, strict=True):
        write_private(path, share.file.decode())
    write_private(out / "transcript.jsonl", made.transcript.decode())
    output.document(
        {
            "set_id": made.set_id,
            "purpose": made.purpose,
            "name": made.name,
            "threshold": made.threshold,
            "shares": {who: str(path) for who, path in written},
            "transcript": str(out / "transcript.jsonl"),
            "replaces": made.replaces,
        }
    )
    output.plain(f"made set {made.name} for {made.purpose}, {made.set_id}: {made.threshold} of {len(written)} shares")
    for who, path in written:
        output.plain(f"  for {who}: {path}")
    output.plain(f"to be signed by those who attended: {out / 'transcript.jsonl'}")
    if made.purpose != "backup":
        output.plain("it opens the root of trust when its shares were tried: seawall ceremony activate")
    return 0


def activate(
    *,
    purpose: str = "unseal",
    new_share_file: Annotated[list[Path] | None, Parameter(negative="")] = None,
    new_share_fd: Annotated[list[int] | None, Parameter(negative="")] = None,
    options: Options | None = None,
) -> int:
    """Let a new set open the root of trust from now on, after its shares have opened it once.

    Args:
        purpose: unseal or recovery.
        new_share_file: a share of the new set as its custodian wrote it down; asked for otherwise.
        new_share_fd: an open descriptor with one.
    """
    from seawall.capabilities.keys.commands_backup import ActivateCeremony
    from seawall.crypto.shares import SharePurpose

    options = options or Options()
    if purpose not in {"unseal", "recovery"}:
        raise InvalidInput("ceremony.purpose", "a set for unseal or recovery is activated.", field="--purpose")
    given = ShareInput(files=new_share_file or (), descriptors=new_share_fd or (), asks=options.asks)
    with options.session(shares=given) as session:
        found = session.perform(ActivateCeremony(purpose=SharePurpose(purpose)))
    options.output.document(found)
    options.output.plain(f"{found.threshold} of {len(found.holders)} shares of set {found.id} open the root of trust")
    return 0


def show(*, options: Options | None = None) -> int:
    """List the sets of shares, who holds them, and when each was proven."""
    from seawall.capabilities.keys.commands_backup import ShowCeremonies

    options = options or Options()
    with options.session() as session:
        found = session.perform(ShowCeremonies())
    options.output.document(found)
    options.output.table(
        "",
        ("purpose", "name", "set", "takes", "made", "state", "custodian", "proven"),
        [
            (
                one.purpose,
                one.name,
                one.id,
                f"{one.threshold} of {len(one.holders)}",
                iso(one.created_ms),
                "retired" if one.retired_ms else "in use",
                holder.custodian,
                iso(holder.proven_ms) if holder.proven_ms else "never",
            )
            for one in found.items
            for holder in one.holders
        ],
    )
    return 0


def open_share(file: Path, *, key: Path, out: Path | None = None, options: Options | None = None) -> int:
    """Open a share with its custodian's key, on the custodian's machine, to write it down.

    Args:
        file: the share as it was delivered.
        key: the custodian's key file.
        out: a new file for the share as text; shown otherwise.
    """
    from seawall.capabilities.keys import custody

    options = options or Options()
    data = _read(file)
    with place_for(out) as write:
        _, seed = custody.open_key(_read(key), lambda _: _words(options))
        with seed, custody.open_share(data, seed).text() as text:
            if out is None:
                options.output.verbatim(text.expose().decode())
            write(text.expose().decode() + "\n")
    record, holder = custody.holder_of(data)
    facts = {"set_id": record.id, "purpose": record.purpose, "index": holder.index, "custodian": holder.custodian}
    options.output.document({**facts, "written": str(out) if out else None})
    options.output.plain(f"share {holder.index} of set {record.name} ({record.purpose}), {record.id}")
    return 0


def challenge(set_id: str, *, out: Path, options: Options | None = None) -> int:
    """Begin a drill: write a challenge for every custodian of a set.

    Args:
        set_id: the set.
        out: a new folder for the challenges.
    """
    from seawall.capabilities.keys.commands_backup import AskPossession

    options = options or Options()
    with options.session() as session:
        made = session.perform(AskPossession(set_id=set_id))
    out.mkdir(mode=0o700, exist_ok=True)
    written = {one.custodian: out / f"{one.custodian}.challenge" for one in made.items}
    for one in made.items:
        write_private(written[one.custodian], one.file.decode())
    options.output.document({"set_id": set_id, "challenges": {who: str(path) for who, path in written.items()}})
    for who, path in written.items():
        options.output.plain(f"for {who}, within a day: {path}")
    return 0


def answer(file: Path, *, share: Path, key: Path, out: Path, options: Options | None = None) -> int:
    """Answer a challenge with a share, on the custodian's machine; the share stays there.

    Args:
        file: the challenge.
        share: the share as it was delivered.
        key: the custodian's key file.
        out: a new file for the answer.
    """
    from seawall.capabilities.keys import custody

    options = options or Options()
    with place_for(out) as write:
        _, seed = custody.open_key(_read(key), lambda _: _words(options))
        with seed:
            held = custody.open_share(_read(share), seed)
        try:
            write(custody.answer(_read(file), held).decode())
        finally:
            held.close()
    options.output.document({"written": str(out)})
    options.output.plain(f"wrote {out}")
    return 0


def drill(file: Path, *, options: Options | None = None) -> int:
    """Record the answer of a custodian who proved to have a share.

    Args:
        file: the answer.
    """
    from seawall.capabilities.keys.commands_backup import ProvePossession

    options = options or Options()
    with options.session() as session:
        found = session.perform(ProvePossession(answer=_read(file)))
    options.output.document(found)
    options.output.plain(f"{found.custodian} proved to have share {found.index} at {iso(found.proven_ms)}")
    return 0


def sign_transcript(file: Path, *, key: Path, options: Options | None = None) -> int:
    """Sign a transcript as one who attended; the signature is added to the file.

    Args:
        file: the transcript.
        key: the custodian's key file.
    """
    from seawall.capabilities.keys import custody

    options = options or Options()
    public, seed = custody.open_key(_read(key), lambda _: _words(options))
    with seed:
        signed = custody.sign_transcript(_read(file), public, seed, SystemClock().now_ms())
    beside = file.with_name(f"{file.name}.signed")
    write_private(beside, signed.decode())
    beside.replace(file)
    options.output.document({"signed": str(file), "by": public.name})
    options.output.plain(f"{public.name} signed {file}")
    return 0


def verify_transcript(file: Path, *, options: Options | None = None) -> int:
    """Verify a transcript offline: its chain and every signature; exit code 3 while somebody has not signed.

    Args:
        file: the transcript.
    """
    from seawall.crypto.transcript import verify

    options = options or Options()
    output = options.output
    found = verify(_read(file))
    output.document(
        {
            "purpose": found.opened.get("purpose"),
            "set": found.opened.get("set"),
            "set_id": found.opened.get("set_id"),
            "closed_ms": found.closed_ms,
            "signed": found.signed,
            "missing": found.missing,
            "fingerprints": found.fingerprints,
        }
    )
    output.plain(f"whole: {len(found.steps)} steps, closed at {iso(found.closed_ms)}")
    for name in found.signed:
        output.plain(f"signed by {name}, key {found.fingerprints[name]}")
    for name in found.missing:
        output.plain(f"not signed by {name}")
    return 3 if found.missing else 0


def recover(
    *,
    recovery_share_file: Annotated[list[Path] | None, Parameter(negative="")] = None,
    recovery_share_fd: Annotated[list[int] | None, Parameter(negative="")] = None,
    options: Options | None = None,
) -> int:
    """Put the root of trust under a new passphrase with the shares for recovery; unseal shares open it no more.

    Args:
        recovery_share_file: a share for recovery as its custodian wrote it down; asked for otherwise.
        recovery_share_fd: an open descriptor with one.
    """
    options = options or Options()
    given = ShareInput(files=recovery_share_file or (), descriptors=recovery_share_fd or (), asks=options.asks)
    source = options.new_passphrase()
    composer().recover(options.path, given, source)
    options.output.document({"recovered": True})
    options.output.plain("the root of trust is under the new passphrase; make new sets of shares")
    return 0


def _words(options: Options, *, new: bool = False) -> Secret:
    source = options.new_passphrase() if new else options.own_passphrase()
    if source is None:
        raise Unauthenticated(
            "cli.passphrase_missing",
            "the passphrase of the custodian's key is needed, and nobody can be asked.",
            field="--passphrase-file",
        )
    return source()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput("cli.file_unreadable", f"{path}: {error.strerror}.", field="file") from None
