"""``keys …``: bring keys in and hand them out, what uses which version, and rotation by policy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seawall.edge.cli.commands.key_traits import Traits, chosen
from seawall.edge.cli.commands.keys import of_key, perform
from seawall.edge.cli.options import Options
from seawall.edge.cli.payload import Incoming, Outgoing, beside, checked
from seawall.kernel.clock import iso

if TYPE_CHECKING:
    from seawall.capabilities.keys.commands_exchange import ExportKey, ExportPlain

_PLAIN = frozenset({"raw", "pkcs8", "jwk"})


def import_key(
    domain: str,
    name: str,
    *,
    algorithm: str,
    form: str,
    purpose: str = "encrypt",
    mechanism: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    usage: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    activate: bool = True,
    wrapping_key: str = "",
    wrapping_version: int | None = None,
    digest: str = "SHA-256",
    key_check_value: str = "",
    weaker_wrapping: str = "",
    incoming: Incoming | None = None,
    traits: Traits | None = None,
    options: Options | None = None,
) -> int:
    """Bring a key in; its material is read from a file or standard input.

    Args:
        domain: the domain.
        name: of the new key.
        algorithm: what the material is.
        form: how it comes: raw, pkcs8, jwk, kwp, rsa-aes-kwp, jwe or hpke.
        purpose: what it is for.
        mechanism: how it is used; the first is the default. May be given many times.
        usage: what of its purpose it may be used for. May be given many times.
        activate: whether it may be used at once.
        wrapping_key: a wrapping key of the same domain, under which it comes.
        wrapping_version: its version; the current one when not given.
        digest: of OAEP in rsa-aes-kwp: SHA-1, SHA-256, SHA-384 or SHA-512.
        key_check_value: what the sender says it is; another one is refused.
        weaker_wrapping: why a wrapping key that is weaker than its cargo is taken; recorded.
    """
    from seawall.capabilities.keys.commands_exchange import Digest, Form, ImportKey
    from seawall.capabilities.keys.model import Purpose, Usage
    from seawall.crypto.algorithms.registry import Algorithm, Mechanism

    command = ImportKey(
        domain=domain,
        name=name,
        algorithm=chosen(Algorithm, [algorithm], "--algorithm")[0],
        form=chosen(Form, [form], "--form")[0],
        material=(incoming or Incoming()).read(private=form in _PLAIN),
        purpose=chosen(Purpose, [purpose], "--purpose")[0],
        mechanisms=chosen(Mechanism, mechanism, "--mechanism"),
        usage=chosen(Usage, usage, "--usage"),
        attributes=(traits or Traits()).attributes(),
        activate=activate,
        wrapping_key=wrapping_key,
        wrapping_version=wrapping_version,
        digest=chosen(Digest, [digest], "--digest")[0],
        key_check_value=key_check_value,
        weaker_wrapping=weaker_wrapping,
    )
    return of_key(options, checked(command))


def import_version(
    domain: str,
    key: str,
    *,
    form: str,
    wrapping_key: str = "",
    wrapping_version: int | None = None,
    digest: str = "SHA-256",
    key_check_value: str = "",
    weaker_wrapping: str = "",
    incoming: Incoming | None = None,
    options: Options | None = None,
) -> int:
    """Bring a key's next version in.

    Args:
        domain: the domain.
        key: the key.
        form: how it comes: raw, pkcs8, jwk, kwp, rsa-aes-kwp, jwe or hpke.
        wrapping_key: a wrapping key of the same domain, under which it comes.
        wrapping_version: its version; the current one when not given.
        digest: of OAEP in rsa-aes-kwp: SHA-1, SHA-256, SHA-384 or SHA-512.
        key_check_value: what the sender says it is; another one is refused.
        weaker_wrapping: why a wrapping key that is weaker than its cargo is taken; recorded.
    """
    from seawall.capabilities.keys.commands_exchange import Digest, Form, ImportVersion

    command = ImportVersion(
        domain=domain,
        key=key,
        form=chosen(Form, [form], "--form")[0],
        material=(incoming or Incoming()).read(private=form in _PLAIN),
        wrapping_key=wrapping_key,
        wrapping_version=wrapping_version,
        digest=chosen(Digest, [digest], "--digest")[0],
        key_check_value=key_check_value,
        weaker_wrapping=weaker_wrapping,
    )
    return of_key(options, checked(command))


def export(
    domain: str,
    key: str,
    *,
    form: str,
    out: Path,
    recipient: str = "",
    wrapping_key: str = "",
    version: int | None = None,
    digest: str = "SHA-256",
    weaker_wrapping: str = "",
    options: Options | None = None,
) -> int:
    """Hand an exportable key out under a key of the receiver.

    Args:
        domain: the domain.
        key: the key.
        form: how it leaves: kwp, rsa-aes-kwp, jwe or hpke.
        out: a new file, which its owner alone may read.
        recipient: the receiver's public key as PEM or DER: a file, or base64:….
        wrapping_key: instead of it, a wrapping key of the same domain.
        version: the current one when not given.
        digest: of OAEP in rsa-aes-kwp: SHA-1, SHA-256, SHA-384 or SHA-512.
        weaker_wrapping: why a receiver's key that is weaker than its cargo is taken; recorded.
    """
    from seawall.capabilities.keys.commands_exchange import Digest, ExportKey, WrappedForm

    command = ExportKey(
        domain=domain,
        key=key,
        form=chosen(WrappedForm, [form], "--form")[0],
        version=version,
        recipient=beside(recipient, "--recipient") if recipient else b"",
        wrapping_key=wrapping_key,
        digest=chosen(Digest, [digest], "--digest")[0],
        weaker_wrapping=weaker_wrapping,
    )
    return _export(options, checked(command), out)


def export_plain(
    domain: str, key: str, *, form: str, out: Path, version: int | None = None, options: Options | None = None
) -> int:
    """Hand an exportable key out as it is; best never.

    Args:
        domain: the domain.
        key: the key.
        form: raw, pkcs8 or jwk.
        out: a new file, which its owner alone may read.
        version: the current one when not given.
    """
    from seawall.capabilities.keys.commands_exchange import ExportPlain, PlainForm

    command = ExportPlain(domain=domain, key=key, form=chosen(PlainForm, [form], "--form")[0], version=version)
    return _export(options, checked(command), out)


def uses(domain: str, key: str, *, options: Options | None = None) -> int:
    """Show how often each version of a key was used, and when last.

    Args:
        domain: the domain.
        key: the key.
    """
    from seawall.capabilities.keys.commands_rotation import ShowUses

    output, found = perform(options, ShowUses(domain=domain, key=key))
    output.table(
        "",
        ("version", "algorithm", "protected", "processed", "protected last", "processed last"),
        [
            (
                one.version,
                one.algorithm,
                one.protected,
                one.processed,
                iso(one.last_protected_ms) if one.last_protected_ms else "",
                iso(one.last_processed_ms) if one.last_processed_ms else "",
            )
            for one in found.versions
        ],
    )
    for one in found.versions:
        output.plain(one.verdict)
    return 0


def rotate_due(domain: str = "", *, options: Options | None = None) -> int:
    """Rotate every key whose policy wants it by now, by age, by date or by uses.

    Args:
        domain: only in this domain.
    """
    from seawall.capabilities.keys.commands_rotation import RotateDue

    output, done = perform(options, RotateDue(domain=domain))
    output.plain("rotated: " + (", ".join(done.rotated) or "none was due"))
    for name, code in done.refused.items():
        output.plain(f"not rotated: {name} [{code}]")
    return 0


def _export(options: Options | None, command: "ExportKey | ExportPlain", out: Path) -> int:
    options = options or Options()
    with Outgoing(out=out).place(options) as place:
        with options.session() as session:
            made = session.perform(command)
        place.give(made, "material")
    options.output.plain(f"version {made.version}, {made.algorithm}, check value {made.key_check_value}: {out}")
    return 0
