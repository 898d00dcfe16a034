"""``keys …``: domains and keys."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from seawall.edge.cli.commands.key_traits import Traits, chosen
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.kernel.clock import iso
from seawall.kernel.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seawall.capabilities.keys.views import DomainView, KeyView


_PURPOSES = Literal["encrypt", "tokenise", "wrap", "sign", "mac", "derive", "encapsulate"]


def perform(options: Options | None, command: Command) -> tuple[Output, Any]:
    """Carry a command out, and answer in JSON where that was asked for."""
    options = options or Options()
    with options.session() as session:
        result = session.perform(command)
    output = options.output
    output.document(result)
    return output, result


def show_keys(output: Output, keys: "Sequence[KeyView]") -> None:
    """Show keys as a table."""
    output.table(
        "",
        ("domain", "key", "purpose", "algorithm", "state", "version", "made", "destruction"),
        [
            (
                key.domain,
                key.name,
                key.purpose,
                key.algorithm,
                _standing(key),
                key.version,
                iso(key.created_ms),
                iso(key.destroy_after_ms) if key.destroy_after_ms and not key.destroyed_ms else "",
            )
            for key in keys
        ],
    )


def show_domains(output: Output, domains: "Sequence[DomainView]") -> None:
    """Show domains as a table."""
    output.table(
        "",
        ("domain", "state", "waits, days", "trial", "made", "destroyed"),
        [
            (d.name, _state(d), d.waiting_days, "yes" if d.trial else "", iso(d.created_ms), _when(d.destroyed_ms))
            for d in domains
        ],
    )


def _standing(key: "KeyView") -> str:
    beside = [word for word, true in (("blocked", key.blocked), ("archived", key.archived)) if true]
    return ", ".join([key.state, *beside])


def _state(domain: "DomainView") -> str:
    if domain.shred_after_ms is None or domain.destroyed_ms is not None:
        return domain.state
    return f"shred pending until {iso(domain.shred_after_ms)}"


def _when(time_ms: int | None) -> str:
    return "" if time_ms is None else iso(time_ms)


def of_key(options: Options | None, command: Command) -> int:
    """Carry out a command that shows a key."""
    output, key = perform(options, command)
    show_keys(output, [key])
    return 0


def list(
    domain: str = "",
    *,
    state: str = "",
    purpose: str = "",
    algorithm: str = "",
    label: str = "",
    owner: str = "",
    prefix: str = "",
    rotation_due: Annotated[bool, Parameter(negative="")] = False,
    archived: Annotated[bool, Parameter(negative="")] = False,
    limit: int = 1000,
    cursor: str | None = None,
    options: Options | None = None,
) -> int:
    """List the keys of a domain, or of all.

    Args:
        domain: the domain; all when not given.
        state: only keys in this state.
        purpose: only keys for this purpose.
        algorithm: only keys whose current version is of this algorithm.
        label: only keys with this label, as NAME or NAME=VALUE.
        owner: only keys of this owner.
        prefix: only keys whose names begin so.
        rotation_due: only keys whose policy wants a new version by now.
        archived: archived keys too.
        limit: how many at most, 1 to 1000.
        cursor: where the page before ended.
    """
    from seawall.capabilities.keys.commands import ListKeys
    from seawall.capabilities.keys.model import KeyState, Purpose
    from seawall.crypto.algorithms.registry import Algorithm

    asked = ListKeys(
        domain=domain,
        state=chosen(KeyState, [state], "--state")[0] if state else None,
        purpose=chosen(Purpose, [purpose], "--purpose")[0] if purpose else None,
        algorithm=chosen(Algorithm, [algorithm], "--algorithm")[0] if algorithm else None,
        label=label,
        owner=owner,
        prefix=prefix,
        rotation_due=rotation_due,
        archived=archived,
        limit=limit,
        cursor=cursor,
    )
    output, page = perform(options, asked)
    show_keys(output, page.items)
    if page.next_cursor is not None:
        output.plain(f"there are more: --cursor {page.next_cursor}")
    return 0


def domains(name: str | None = None, /, *, options: Options | None = None) -> int:
    """List the domains, or show one.

    Args:
        name: the one to show.
    """
    from seawall.capabilities.keys.commands import GetDomain, ListDomains

    if name is not None:
        output, one = perform(options, GetDomain(domain=name))
        show_domains(output, [one])
        return 0
    output, page = perform(options, ListDomains(limit=1000))
    show_domains(output, page.items)
    return 0


def create_domain(
    name: str,
    *,
    waiting_days: int = 30,
    trial: Annotated[bool, Parameter(negative="")] = False,
    minimum_strength: int = 0,
    forbid_algorithm: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    forbid_mechanism: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    jurisdiction: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    options: Options | None = None,
) -> int:
    """Make a domain.

    Args:
        name: its name, which never returns once it was destroyed.
        waiting_days: how long destruction waits, 7 to 90 days; a trial domain may say 0.
        trial: whether the domain is for trial only.
        minimum_strength: bits of security strength that an algorithm needs at least.
        forbid_algorithm: an algorithm that makes no key here. May be given many times.
        forbid_mechanism: a mechanism that no key here protects by. May be given many times.
        jurisdiction: where its keys may be used, as ISO 3166 code; anywhere when not given. May be given many times.
    """
    from seawall.capabilities.keys.commands import CreateDomain
    from seawall.crypto.algorithms.registry import Algorithm, Mechanism

    command = CreateDomain(
        name=name,
        waiting_days=waiting_days,
        trial=trial,
        minimum_strength=minimum_strength,
        forbidden_algorithms=chosen(Algorithm, forbid_algorithm, "--forbid-algorithm"),
        forbidden_mechanisms=chosen(Mechanism, forbid_mechanism, "--forbid-mechanism"),
        jurisdictions=jurisdiction,
    )
    output, domain = perform(options, command)
    show_domains(output, [domain])
    return 0


def shred(domain: str, *, options: Options | None = None) -> int:
    """Crypto-shred a domain: everything under its keys becomes unreadable for good.

    Args:
        domain: the domain.
    """
    from seawall.capabilities.keys.commands import ShredDomain

    output, result = perform(options, ShredDomain(domain=domain))
    show_domains(output, [result.domain])
    if result.domain.destroyed_ms is None:
        output.plain(
            f"nothing under it can be used from now on; its keys are erased after {_when(result.domain.shred_after_ms)}"
        )
    else:
        output.plain(f"{result.erased_versions} key versions were erased and read back as gone.")
    return 0


def cancel_shred(domain: str, *, options: Options | None = None) -> int:
    """Take the shredding of a domain back while it waits.

    Args:
        domain: the domain.
    """
    from seawall.capabilities.keys.commands import CancelShred

    output, restored = perform(options, CancelShred(domain=domain))
    show_domains(output, [restored])
    return 0


def create(
    domain: str,
    name: str,
    *,
    purpose: _PURPOSES = "encrypt",
    algorithm: str = "",
    mechanism: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    usage: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    activate: bool = True,
    resident: Annotated[bool, Parameter(negative="")] = False,
    traits: Traits | None = None,
    options: Options | None = None,
) -> int:
    """Make a key.

    Args:
        domain: the domain.
        name: the key's name.
        purpose: what it is for; no key serves two purposes.
        algorithm: what it is; chosen by its purpose when not given.
        mechanism: how it is used; the first is the default. May be given many times.
        usage: what of its purpose it may be used for; all of it when not given. May be given many times.
        activate: whether it may be used at once.
        resident: whether it is made inside the root's token, which it never leaves.
    """
    from seawall.capabilities.keys.commands import CreateKey
    from seawall.capabilities.keys.model import Purpose, Usage
    from seawall.crypto.algorithms.registry import Algorithm, Mechanism

    command = CreateKey(
        domain=domain,
        name=name,
        purpose=Purpose(purpose),
        activate=activate,
        algorithm=chosen(Algorithm, [algorithm], "--algorithm")[0] if algorithm else None,
        mechanisms=chosen(Mechanism, mechanism, "--mechanism"),
        usage=chosen(Usage, usage, "--usage"),
        attributes=(traits or Traits()).attributes(),
        resident=resident,
    )
    return of_key(options, command)


def rotate(
    domain: str,
    key: str,
    *,
    algorithm: str = "",
    mechanism: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    options: Options | None = None,
) -> int:
    """Make a new version, which protects from now on; old ones keep decrypting.

    Args:
        domain: the domain.
        key: the key.
        algorithm: what the new version is; as before when not given.
        mechanism: how it is used; as before when not given. May be given many times.
    """
    from seawall.capabilities.keys.commands import RotateKey
    from seawall.crypto.algorithms.registry import Algorithm, Mechanism

    command = RotateKey(
        domain=domain,
        key=key,
        algorithm=chosen(Algorithm, [algorithm], "--algorithm")[0] if algorithm else None,
        mechanisms=chosen(Mechanism, mechanism, "--mechanism"),
    )
    return of_key(options, command)


def activate(domain: str, key: str, *, options: Options | None = None) -> int:
    """Begin to use a key."""
    from seawall.capabilities.keys.commands import ActivateKey

    return of_key(options, ActivateKey(domain=domain, key=key))


def suspend(domain: str, key: str, *, options: Options | None = None) -> int:
    """Stop all use of a key for a time."""
    from seawall.capabilities.keys.commands import SuspendKey

    return of_key(options, SuspendKey(domain=domain, key=key))


def resume(domain: str, key: str, *, options: Options | None = None) -> int:
    """Go on with a suspended key."""
    from seawall.capabilities.keys.commands import ResumeKey

    return of_key(options, ResumeKey(domain=domain, key=key))


def deactivate(domain: str, key: str, *, options: Options | None = None) -> int:
    """Stop protecting with a key for good; what it protected stays readable."""
    from seawall.capabilities.keys.commands import DeactivateKey

    return of_key(options, DeactivateKey(domain=domain, key=key))


def compromise(domain: str, key: str, *, options: Options | None = None) -> int:
    """Say that a key is known, or feared known, to others."""
    from seawall.capabilities.keys.commands import CompromiseKey

    return of_key(options, CompromiseKey(domain=domain, key=key))


def destroy(domain: str, key: str, *, options: Options | None = None) -> int:
    """Destroy a key when its waiting period is over; it is unusable at once."""
    from seawall.capabilities.keys.commands import DestroyKey

    return of_key(options, DestroyKey(domain=domain, key=key))


def cancel_destroy(domain: str, key: str, *, options: Options | None = None) -> int:
    """Take a destruction back while it waits."""
    from seawall.capabilities.keys.commands import CancelDestroyKey

    return of_key(options, CancelDestroyKey(domain=domain, key=key))


def finish_destroy(domain: str = "", *, options: Options | None = None) -> int:
    """Carry out the destructions whose waiting period is over.

    Args:
        domain: only in this domain.
    """
    from seawall.capabilities.keys.commands import FinishDestroy

    output, done = perform(options, FinishDestroy(domain=domain))
    names = [*done.keys, *(f"domain {name}" for name in done.domains)]
    output.plain("destroyed: " + (", ".join(names) or "nothing was due"))
    return 0
