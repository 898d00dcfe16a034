"""``join``, ``nodes`` and ``schedule``."""

from pathlib import Path
from typing import Any

from seawall.edge.cli.composed import composer
from seawall.edge.cli.options import Options
from seawall.kernel.clock import iso


def join(
    *,
    store: str,
    root_file: Path | None = None,
    pkcs11_module: str = "",
    pkcs11_token: str = "",
    pkcs11_pin_file: Path | None = None,
    options: Options | None = None,
) -> int:
    """Make a further home on the store of an installation, as an administrator of it.

    Args:
        store: postgresql://…, the installation's store.
        root_file: a copy of root.sealed of a home that is there already; its passphrase opens it.
        pkcs11_module: the HSM vendor's library, where the root key is inside a token.
        pkcs11_token: the token's label.
        pkcs11_pin_file: a file with the token's PIN.
    """
    options = options or Options()
    output = options.output
    config: dict[str, Any] = {"store": store}
    if pkcs11_module or pkcs11_token:
        pin_file = str(pkcs11_pin_file.absolute()) if pkcs11_pin_file else ""
        config["root"] = {
            "kind": "pkcs11",
            "pkcs11": {"module": pkcs11_module, "token": pkcs11_token, "pin_file": pin_file},
        }
    node = composer().join(options.path, options.passphrase(), options.token(), root_file=root_file, config=config)
    output.document({"home": str(options.path), "node": node})
    output.plain(f"made a home at {options.path}, node {node}")
    return 0


def nodes(*, options: Options | None = None) -> int:
    """List the nodes that share this store."""
    from seawall.desk.commands import ListNodes

    options = options or Options()
    output = options.output
    with options.session() as session:
        found = session.perform(ListNodes())
    output.document(found)
    output.table(
        "",
        ("node", "name", "version", "alive", "seen", "joined"),
        [
            (one.id, one.name, one.version, "yes" if one.alive else "no", iso(one.seen_ms), iso(one.joined_ms))
            for one in found.items
        ],
    )
    return 0


def schedule(*, options: Options | None = None) -> int:
    """Show what is done by the clock, and how it went."""
    from seawall.desk.commands import ShowSchedule

    options = options or Options()
    output = options.output
    with options.session() as session:
        found = session.perform(ShowSchedule())
    output.document(found)
    output.table(
        "",
        ("what", "next", "done", "runs", "failures", "code", "ms", "node"),
        [
            (
                one.name,
                iso(one.next_ms),
                iso(one.done_ms) if one.done_ms else "",
                str(one.runs),
                str(one.failures),
                one.code,
                str(one.took_ms),
                one.node,
            )
            for one in found.items
        ],
    )
    return 0
