"""``keys …``: domains and keys."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.kernel.clock import iso
from seawall.kernel.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seawall.capabilities.keys.views import DomainView, KeyView


def _perform(options: Options | None, command: Command) -> tuple[Output, Any]:
    options = options or Options()
    with options.session() as session:
        result = session.perform(command)
    output = options.output
    output.document(result)
    return output, result


def _show_keys(output: Output, keys: "Sequence[KeyView]") -> None:
    output.table(
        "",
        ("domain", "key", "purpose", "state", "version", "made", "destruction"),
        [
            (
                key.domain,
                key.name,
                key.purpose,
                key.state,
                key.version,
                iso(key.created_ms),
                iso(key.destroy_after_ms) if key.destroy_after_ms and not key.destroyed_ms else "",
            )
            for key in keys
        ],
    )


def _show_domains(output: Output, domains: "Sequence[DomainView]") -> None:
    output.table(
        "",
        ("domain", "state", "waits, days", "trial", "made", "destroyed"),
        [
            (d.name, _state(d), d.waiting_days, "yes" if d.trial else "", iso(d.created_ms), _when(d.destroyed_ms))
            for d in domains
        ],
    )


def _state(domain: "DomainView") -> str:
    if domain.shred_after_ms is None or domain.destroyed_ms is not None:
        return domain.state
    return f"shred pending until {iso(domain.shred_after_ms)}"


def _when(time_ms: int | None) -> str:
    return "" if time_ms is None else iso(time_ms)


def _of_key(options: Options | None, command: Command) -> int:
    output, key = _perform(options, command)
    _show_keys(output, [key])
    return 0


def list(domain: str = "", *, options: Options | None = None) -> int:
    """List the keys of a domain, or of all.

    Args:
        domain: the domain; all when not given.
    """
    from seawall.capabilities.keys.commands import ListKeys

    output, page = _perform(options, ListKeys(domain=domain, limit=1000))
    _show_keys(output, page.items)
    return 0


def domains(*, options: Options | None = None) -> int:
    """List the domains."""
    from seawall.capabilities.keys.commands import ListDomains

    output, page = _perform(options, ListDomains(limit=1000))
    _show_domains(output, page.items)
    return 0


def create_domain(
    name: str,
    *,
    waiting_days: int = 30,
    trial: Annotated[bool, Parameter(negative="")] = False,
    options: Options | None = None,
) -> int:
    """Make a domain.

    Args:
        name: its name, which never returns once it was destroyed.
        waiting_days: how long destruction waits, 7 to 90 days; a trial domain may say 0.
        trial: whether the domain is for trial only.
    """
    from seawall.capabilities.keys.commands import CreateDomain

    output, domain = _perform(options, CreateDomain(name=name, waiting_days=waiting_days, trial=trial))
    _show_domains(output, [domain])
    return 0


def shred(domain: str, *, options: Options | None = None) -> int:
    """Crypto-shred a domain: everything under its keys becomes unreadable for good.

    Args:
        domain: the domain.
    """
    from seawall.capabilities.keys.commands import ShredDomain

    output, result = _perform(options, ShredDomain(domain=domain))
    _show_domains(output, [result.domain])
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

    output, restored = _perform(options, CancelShred(domain=domain))
    _show_domains(output, [restored])
    return 0


def create(
    domain: str,
    name: str,
    *,
    purpose: Literal["encrypt", "tokenise"] = "encrypt",
    activate: bool = True,
    options: Options | None = None,
) -> int:
    """Make a key.

    Args:
        domain: the domain.
        name: the key's name.
        purpose: what it is for; no key serves two purposes.
        activate: whether it may be used at once.
    """
    from seawall.capabilities.keys.commands import CreateKey
    from seawall.capabilities.keys.model import Purpose

    return _of_key(options, CreateKey(domain=domain, name=name, purpose=Purpose(purpose), activate=activate))


def rotate(domain: str, key: str, *, options: Options | None = None) -> int:
    """Make a new version, which protects from now on; old ones keep decrypting."""
    from seawall.capabilities.keys.commands import RotateKey

    return _of_key(options, RotateKey(domain=domain, key=key))


def activate(domain: str, key: str, *, options: Options | None = None) -> int:
    """Begin to use a key."""
    from seawall.capabilities.keys.commands import ActivateKey

    return _of_key(options, ActivateKey(domain=domain, key=key))


def suspend(domain: str, key: str, *, options: Options | None = None) -> int:
    """Stop all use of a key for a time."""
    from seawall.capabilities.keys.commands import SuspendKey

    return _of_key(options, SuspendKey(domain=domain, key=key))


def resume(domain: str, key: str, *, options: Options | None = None) -> int:
    """Go on with a suspended key."""
    from seawall.capabilities.keys.commands import ResumeKey

    return _of_key(options, ResumeKey(domain=domain, key=key))


def deactivate(domain: str, key: str, *, options: Options | None = None) -> int:
    """Stop protecting with a key for good; what it protected stays readable."""
    from seawall.capabilities.keys.commands import DeactivateKey

    return _of_key(options, DeactivateKey(domain=domain, key=key))


def compromise(domain: str, key: str, *, options: Options | None = None) -> int:
    """Say that a key is known, or feared known, to others."""
    from seawall.capabilities.keys.commands import CompromiseKey

    return _of_key(options, CompromiseKey(domain=domain, key=key))


def destroy(domain: str, key: str, *, options: Options | None = None) -> int:
    """Destroy a key when its waiting period is over; it is unusable at once."""
    from seawall.capabilities.keys.commands import DestroyKey

    return _of_key(options, DestroyKey(domain=domain, key=key))


def cancel_destroy(domain: str, key: str, *, options: Options | None = None) -> int:
    """Take a destruction back while it waits."""
    from seawall.capabilities.keys.commands import CancelDestroyKey

    return _of_key(options, CancelDestroyKey(domain=domain, key=key))


def finish_destroy(domain: str = "", *, options: Options | None = None) -> int:
    """Carry out the destructions whose waiting period is over.

    Args:
        domain: only in this domain.
    """
    from seawall.capabilities.keys.commands import FinishDestroy

    output, done = _perform(options, FinishDestroy(domain=domain))
    names = [*done.keys, *(f"domain {name}" for name in done.domains)]
    output.plain("destroyed: " + (", ".join(names) or "nothing was due"))
    return 0
