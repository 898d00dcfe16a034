"""``root``: the root of trust, its generations and its tokens."""

from seawall.edge.cli.failures import FOUND
from seawall.edge.cli.options import Options
from seawall.kernel.clock import iso


def show(*, options: Options | None = None) -> int:
    """Show the root of trust: its generations, its tokens, and its module's validation."""
    from seawall.capabilities.keys.commands_root import ShowRoot

    options = options or Options()
    output = options.output
    with options.session() as session:
        root = session.perform(ShowRoot())
    output.document(root)
    where = "hardware" if root.hardware else "software"
    can = "can" if root.extractable else "cannot"
    output.plain(f"{root.kind} {root.label}, {where}; its root key {can} leave")
    if root.module:
        output.plain(f"module: {root.module.manufacturer} {root.module.model}, firmware {root.module.firmware_version}")
    output.plain(f"validation: {root.certificate.text}")
    output.table(
        "generations",
        ("number", "root key", "kind", "seals by", "made", "uses", ""),
        [
            (
                one.number,
                one.key_id,
                one.kind,
                one.scheme,
                iso(one.created_ms) if one.created_ms else "",
                one.uses,
                "newest" if one.current else "",
            )
            for one in root.generations
        ],
    )
    if root.tokens:
        output.table(
            "tokens",
            ("token", "serial", "role", "state", "error"),
            [
                (token.label, token.serial, "primary" if token.primary else "standby", token.state, token.code)
                for token in root.tokens
            ],
        )
    return 0


def reconcile(*, options: Options | None = None) -> int:
    """Compare what the tokens hold with what the store uses; ends with 1 when they differ."""
    from seawall.capabilities.keys.commands_root import ReconcileRoot

    options = options or Options()
    output = options.output
    with options.session() as session:
        found = session.perform(ReconcileRoot())
    output.document(found)
    output.plain(f"keys in tokens: {found.objects}, keys that the store uses: {found.expected}")
    if found.discrepancies:
        output.table(
            "",
            ("difference", "token", "key", "what"),
            [(one.difference, one.token, one.key_id, one.text) for one in found.discrepancies],
        )
    return FOUND if found.discrepancies else 0
