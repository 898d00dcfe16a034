"""``keys …`` beyond making and using: showing one, changing what is said of it, the kill switch, the archive, dates."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.commands.key_traits import Traits, chosen
from seawall.edge.cli.commands.keys import of_key, perform, show_domains
from seawall.edge.cli.options import Options
from seawall.kernel.clock import iso
from seawall.kernel.errors import InvalidInput


def show(domain: str, key: str, *, options: Options | None = None) -> int:
    """Show a key, its versions and what is said of it.

    Args:
        domain: the domain.
        key: the key.
    """
    import msgspec

    from seawall.capabilities.keys.commands import GetKey

    output, found = perform(options, GetKey(domain=domain, key=key))
    for name, value in msgspec.to_builtins(found).items():
        if name in {"versions", "attributes"} or value in (None, "", [], False):
            continue
        shown = iso(value) if name.endswith("_ms") else ", ".join(value) if isinstance(value, list) else value
        output.plain(f"{name}: {shown}")
    for name, value in msgspec.to_builtins(found.attributes).items():
        output.plain(f"{name}: {iso(value) if name.endswith('_ms') else value}")
    output.table(
        "versions",
        ("number", "algorithm", "mechanisms", "made", "check value", "origin"),
        [
            (one.number, one.algorithm, ", ".join(one.mechanisms), iso(one.created_ms), one.key_check_value, one.origin)
            for one in found.versions
        ],
    )
    return 0


def update(
    domain: str,
    key: str,
    *,
    usage: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    clear: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    if_revision: int | None = None,
    traits: Traits | None = None,
    options: Options | None = None,
) -> int:
    """Change what is said of a key; what is not named stays.

    Args:
        domain: the domain.
        key: the key.
        usage: what of its purpose it may be used for, in place of what it was. May be given many times.
        clear: what is taken away, such as owner, labels, jurisdictions, deactivation or rotation-days. May be given
            many times.
        if_revision: change it only when nobody did since that revision.
    """
    from msgspec import UNSET

    from seawall.capabilities.keys.commands import GetKey
    from seawall.capabilities.keys.commands_care import UpdateKey
    from seawall.capabilities.keys.model import Usage

    options = options or Options()
    given = traits or Traits()
    revision = if_revision
    with options.session() as session:
        # A policy of rotation changes as one: what is not named of it is taken from the key as it stands.
        before = session.perform(GetKey(domain=domain, key=key))
        changes = given.changes(before.attributes.rotation, clear)
        if revision is None and changes.rotation is not UNSET:
            revision = before.revision
        command = UpdateKey(
            domain=domain,
            key=key,
            attributes=changes,
            usage=chosen(Usage, usage, "--usage") or UNSET,
            if_revision=revision,
        )
        result = session.perform(command)
    output = options.output
    output.document(result)
    output.plain(f"key {result.domain}/{result.name} is at revision {result.revision}.")
    return 0


def block(domain: str, key: str, *, reason: str, options: Options | None = None) -> int:
    """Throw a key's kill switch: nobody uses it from now on.

    Args:
        domain: the domain.
        key: the key.
        reason: why; everybody who is refused is told.
    """
    from seawall.capabilities.keys.commands_care import BlockKey

    if not reason:
        raise InvalidInput("cli.reason_missing", "a block has a reason.", field="--reason")
    return of_key(options, BlockKey(domain=domain, key=key, reason=reason))


def unblock(domain: str, key: str, *, options: Options | None = None) -> int:
    """Take a key's block away."""
    from seawall.capabilities.keys.commands_care import UnblockKey

    return of_key(options, UnblockKey(domain=domain, key=key))


def archive(domain: str, key: str, *, options: Options | None = None) -> int:
    """Keep a deactivated or compromised key without using it."""
    from seawall.capabilities.keys.commands_care import ArchiveKey

    return of_key(options, ArchiveKey(domain=domain, key=key))


def recover(domain: str, key: str, *, options: Options | None = None) -> int:
    """Bring a key back from the archive."""
    from seawall.capabilities.keys.commands_care import RecoverKey

    return of_key(options, RecoverKey(domain=domain, key=key))


def apply_dates(domain: str = "", *, options: Options | None = None) -> int:
    """Activate and deactivate the keys whose dates have come.

    Args:
        domain: only in this domain.
    """
    from seawall.capabilities.keys.commands_care import ApplyDates

    output, done = perform(options, ApplyDates(domain=domain))
    output.plain("activated: " + (", ".join(done.activated) or "none was due"))
    output.plain("deactivated: " + (", ".join(done.deactivated) or "none was due"))
    return 0


def create_many(domain: str, file: str, *, options: Options | None = None) -> int:
    """Make up to 500 keys at once, all or none, from a JSON list.

    Args:
        domain: the domain.
        file: a file with a list of keys, each with its name and what it has beside; - reads standard input.
    """
    import msgspec

    from seawall.capabilities.keys.commands_care import CreateKeys, NewKey

    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        new = msgspec.json.decode(body, type=list[NewKey])
        command = msgspec.convert({"domain": domain, "keys": msgspec.to_builtins(new)}, CreateKeys)
    except OSError:
        raise InvalidInput("cli.file", "this file cannot be read.", field="file") from None
    except msgspec.MsgspecError as error:
        raise InvalidInput("cli.file", f"this is no list of keys: {error}.", field="file") from None
    output, made = perform(options, command)
    output.table(
        "",
        ("key", "algorithm", "version", "check value"),
        [(one.name, one.algorithm, one.version, one.key_check_value) for one in made.items],
    )
    return 0


def update_domain(
    domain: str,
    *,
    waiting_days: int | None = None,
    deactivated_decrypts: bool | None = None,
    compromised_decrypts: bool | None = None,
    minimum_strength: int | None = None,
    forbid_algorithm: Annotated[tuple[str, ...] | None, Parameter(negative="")] = None,
    forbid_mechanism: Annotated[tuple[str, ...] | None, Parameter(negative="")] = None,
    jurisdiction: Annotated[tuple[str, ...] | None, Parameter(negative="")] = None,
    clear: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    if_revision: int | None = None,
    options: Options | None = None,
) -> int:
    """Change a domain's policy; what is not named stays.

    Args:
        domain: the domain.
        waiting_days: how long destruction waits.
        deactivated_decrypts: whether deactivated keys still process what they protected.
        compromised_decrypts: whether compromised keys still do.
        minimum_strength: bits of security strength that an algorithm needs at least.
        forbid_algorithm: algorithms that make no key here, in place of those before. May be given many times.
        forbid_mechanism: mechanisms that no key here protects by, in place of those before. May be given many times.
        jurisdiction: where its keys may be used, in place of where before. May be given many times.
        clear: forbidden-algorithms, forbidden-mechanisms or jurisdictions, to have none. May be given many times.
        if_revision: change it only when nobody did since that revision.
    """
    import msgspec

    from seawall.capabilities.keys.commands_care import UpdateDomain
    from seawall.crypto.algorithms.registry import Algorithm, Mechanism

    given = {
        "waiting_days": waiting_days,
        "deactivated_decrypts": deactivated_decrypts,
        "compromised_decrypts": compromised_decrypts,
        "minimum_strength": minimum_strength,
        "forbidden_algorithms": chosen(Algorithm, forbid_algorithm or (), "--forbid-algorithm") or None,
        "forbidden_mechanisms": chosen(Mechanism, forbid_mechanism or (), "--forbid-mechanism") or None,
        "jurisdictions": jurisdiction or None,
    }
    values = {name: value for name, value in given.items() if value is not None}
    for name in clear:
        field = name.replace("-", "_")
        if field not in {"forbidden_algorithms", "forbidden_mechanisms", "jurisdictions"}:
            raise InvalidInput(
                "cli.choice", "there are: forbidden-algorithms, forbidden-mechanisms, jurisdictions.", field="--clear"
            )
        values[field] = ()
    command = msgspec.convert({"domain": domain, "if_revision": if_revision, **values}, UpdateDomain)
    output, changed = perform(options, command)
    show_domains(output, [changed])
    return 0
