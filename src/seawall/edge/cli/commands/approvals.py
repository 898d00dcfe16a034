"""``approvals …``: what waits for the approval of others, and votes signed where the voter is."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals.model import Choice, KeyKind
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.edge.cli.private import place_for
from seawall.kernel.clock import iso
from seawall.kernel.command import Command
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seawall.access.approvals.signatures import Signer

_All = Annotated[bool, Parameter(name="--all", negative="")]
_SHORTEST = 12
_LINE = 4096


def list(*, ended: _All = False, options: Options | None = None) -> int:
    """List the requests that concern you, newest first.

    Args:
        ended: those that have ended too.
    """
    output, page = _perform(options, c.ListApprovals(all=ended, limit=1000))
    _table(output, page.items)
    return 0


def show(request: str, *, options: Options | None = None) -> int:
    """Show a request with its exact parameters.

    Args:
        request: its id.
    """
    output, one = _perform(options, c.ShowApproval(approval=request))
    _details(output, one)
    return 0


def vote(
    request: str,
    *,
    key: Path,
    approve: Annotated[bool, Parameter(negative="")] = False,
    deny: Annotated[bool, Parameter(negative="")] = False,
    key_passphrase_fd: int | None = None,
    options: Options | None = None,
) -> int:
    """Vote. The key signs here; it and its passphrase go nowhere.

    Args:
        request: the request's id.
        key: the file with your key, as make-key made it.
        approve: vote for it.
        deny: vote against it.
        key_passphrase_fd: open file descriptor to read the key's passphrase from; asked for otherwise.
    """
    if approve == deny:
        raise InvalidInput("cli.vote", "say --approve or --deny, and not both.", field="--approve")
    choice = Choice.APPROVE if approve else Choice.DENY
    options = options or Options()
    signer = _signer(key, key_passphrase_fd, options)
    with options.session() as session:
        begun: c.VoteBegun = session.perform(c.BeginVote(approval=request, vote=choice))
        _check_statement(begun, request, choice)
        after: c.ApprovalView = session.perform(
            c.CastVote(
                approval=request,
                vote=choice,
                challenge=begun.challenge,
                key=signer.fingerprint,
                proof=signer.sign(begun.statement),
            )
        )
    options.output.document(after)
    _details(options.output, after)
    return 0


def revoke(request: str, *, options: Options | None = None) -> int:
    """Take your approval back while it was not used."""
    output, one = _perform(options, c.RevokeVote(approval=request))
    _details(output, one)
    return 0


def withdraw(request: str, *, options: Options | None = None) -> int:
    """Take back what you asked for."""
    output, one = _perform(options, c.WithdrawApproval(approval=request))
    _details(output, one)
    return 0


def make_key(
    out: Path,
    *,
    kind: Literal["Ed25519", "EC-P256", "ML-DSA-65"] = "Ed25519",
    key_passphrase_fd: int | None = None,
    options: Options | None = None,
) -> int:
    """Make a key to vote with; nothing of it leaves this machine but the public half.

    Args:
        out: a new file for it, made 0600, encrypted under a passphrase.
        kind: which.
        key_passphrase_fd: open file descriptor to read the passphrase from; asked for otherwise.
    """
    from seawall.access.approvals.signatures import make

    options = options or Options()
    with place_for(out) as write, _passphrase(key_passphrase_fd, options, new=True) as passphrase:
        sealed, public = make(KeyKind(kind), passphrase)
        write(sealed.decode())
    options.output.document({"written": str(out), "public": public.decode()})
    options.output.plain(f"wrote {out}")
    options.output.verbatim(public.decode().rstrip())
    return 0


def register(
    *,
    key: Path,
    name: str = "key",
    certificate: Path | None = None,
    key_passphrase_fd: int | None = None,
    options: Options | None = None,
) -> int:
    """Offer a key of yours and let it count; where that needs approvals, run confirm when it has them.

    Args:
        key: the file with your key, as make-key made it.
        name: what you call it.
        certificate: an X.509 certificate for it, in PEM.
        key_passphrase_fd: open file descriptor to read the key's passphrase from; asked for otherwise.
    """
    options = options or Options()
    signer = _signer(key, key_passphrase_fd, options)
    public = (
        signer.public_pem() if certificate is None else _read(certificate, "--certificate").decode("ascii", "replace")
    )
    with options.session() as session:
        begun: c.OfferBegun = session.perform(c.BeginOffer())
        offered: c.ApproverKeyView = session.perform(
            c.OfferKey(name=name, challenge=begun.challenge, public=public, proof=signer.sign(begun.statement))
        )
        if not options.json:
            options.output.plain(f"offered key {offered.id}")
        done = session.perform(c.RegisterApprover(key=offered.id, fingerprint=offered.fingerprint))
    options.output.document(done)
    _keys(options.output, [done])
    return 0


def confirm(key_id: str, *, options: Options | None = None) -> int:
    """Let a key that you offered count, once others approved it.

    Args:
        key_id: its id.
    """
    options = options or Options()
    with options.session() as session:
        mine: c.ApproverKeys = session.perform(c.ListApproverKeys())
        offered = next((one for one in mine.items if one.id == key_id), None)
        if offered is None:
            raise InvalidInput("cli.key_unknown", "you offered no such key.", field="KEY-ID")
        done = session.perform(c.RegisterApprover(key=offered.id, fingerprint=offered.fingerprint))
    options.output.document(done)
    _keys(options.output, [done])
    return 0


def keys(*, everybody: _All = False, options: Options | None = None) -> int:
    """List the keys with which you vote.

    Args:
        everybody: everybody's, for administrators and auditors.
    """
    output, found = _perform(options, c.ListApproverKeys(all=everybody))
    _keys(output, found.items)
    return 0


def retire(key_id: str, *, options: Options | None = None) -> int:
    """Let a key count no more, at once and for good."""
    output, one = _perform(options, c.RetireApprover(key=key_id))
    _keys(output, [one])
    return 0


def breaks(*, acknowledged: _All = False, options: Options | None = None) -> int:
    """List the commands that ran without their quorum.

    Args:
        acknowledged: those that were acknowledged too.
    """
    output, shown = _perform(options, glass.ListBreaks(all=acknowledged))
    _breaks(output, shown.items)
    return 0


def acknowledge(break_id: str, *, options: Options | None = None) -> int:
    """Say, as an auditor, that you looked into a broken glass."""
    output, one = _perform(options, glass.AcknowledgeBreak(id=break_id))
    _breaks(output, [one])
    return 0


def _perform(options: Options | None, command: Command) -> tuple[Output, Any]:
    options = options or Options()
    with options.session() as session:
        result = session.perform(command)
    options.output.document(result)
    return options.output, result


def _check_statement(begun: c.VoteBegun, request: str, choice: Choice) -> None:
    """See that what is about to be signed is the vote that was meant, over the document that is shown."""
    from hashlib import sha256

    import msgspec

    from seawall.access.approvals.canonical import VOTE

    head, _, body = begun.statement.partition("\n")
    said = msgspec.json.decode(body)
    meant = (request, choice.value, sha256(begun.document.encode()).hexdigest())
    if head != VOTE or (said.get("approval"), said.get("vote"), said.get("request_sha256")) != meant:
        raise InvalidInput("cli.statement", "what there is to sign is not this vote.", field="REQUEST")


def _signer(key: Path, descriptor: int | None, options: Options) -> "Signer":
    from seawall.access.approvals.signatures import Signer

    pem = _read(key, "--key")
    with _passphrase(descriptor, options) as passphrase:
        return Signer(pem, passphrase)


def _passphrase(descriptor: int | None, options: Options, *, new: bool = False) -> Secret:
    if descriptor is not None:
        try:
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                found = Secret(stream.readline(_LINE).rstrip(b"\r\n"))
        except OSError:
            raise InvalidInput("cli.passphrase_fd", "this cannot be read.", field="--key-passphrase-fd") from None
    elif not options.json and sys.stdin.isatty():
        found = _ask(new=new)
    else:
        raise InvalidInput(
            "cli.passphrase_missing",
            "nobody can be asked for the key's passphrase.",
            field="--key-passphrase-fd",
            remedy="Give --key-passphrase-fd N.",
        )
    if len(found) < (_SHORTEST if new else 1):
        found.close()
        raise InvalidInput(
            "cli.passphrase_short", f"a new passphrase has at least {_SHORTEST} bytes.", field="passphrase"
        )
    return found


def _ask(*, new: bool) -> Secret:
    from getpass import getpass

    first = Secret(getpass("Passphrase of your key: ").encode())
    if new and not first.matches(Secret(getpass("Once more: ").encode())):
        raise InvalidInput("cli.passphrase_differs", "the two passphrases differ.", field="passphrase")
    return first


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InvalidInput("cli.file_unreadable", "this file cannot be read.", field=field) from None


def _table(output: Output, items: "Sequence[c.ApprovalView]") -> None:
    output.table(
        "",
        ("request", "state", "action", "on", "asked by", "approvals", "until"),
        [
            (one.id, one.state, one.action, one.resource_id, one.requester_name, _given(one), iso(one.expires_ms))
            for one in items
        ],
    )


def _details(output: Output, one: c.ApprovalView) -> None:
    import msgspec

    _table(output, [one])
    output.verbatim(f"sha256 {one.sha256} of:")
    output.verbatim(msgspec.json.format(one.document, indent=2))
    output.table(
        "",
        ("voter", "vote", "cast", "revoked"),
        [(v.voter_name, v.vote, iso(v.cast_ms), iso(v.revoked_ms) if v.revoked_ms else "") for v in one.votes],
    )


def _given(one: c.ApprovalView) -> str:
    return "; ".join(f"{need.given} of {need.approvals} {'/'.join(need.roles)}" for need in one.needs)


def _keys(output: Output, items: "Sequence[c.ApproverKeyView]") -> None:
    output.table(
        "",
        ("key", "name", "kind", "principal", "counts from", "until", "sha256"),
        [
            (
                one.id,
                one.name,
                one.kind,
                one.principal,
                iso(one.registered_ms) if one.registered_ms else "not yet",
                iso(one.retired_ms) if one.retired_ms else "",
                one.fingerprint,
            )
            for one in items
        ],
    )


def _breaks(output: Output, items: "Sequence[glass.BreakView]") -> None:
    output.table(
        "",
        ("glass", "when", "who", "action", "on", "why", "acknowledged"),
        [
            (
                one.id,
                iso(one.broken_ms),
                one.principal_name,
                one.action,
                one.resource_id,
                one.reason,
                iso(one.acknowledged_ms) if one.acknowledged_ms else "",
            )
            for one in items
        ],
    )
