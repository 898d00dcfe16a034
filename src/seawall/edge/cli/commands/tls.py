"""``tls …``: certificates for trying things out."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.options import Options
from seawall.edge.cli.private import write_private
from seawall.kernel.errors import InvalidInput

_DAYS = 366


def trial_ca(
    *,
    out: Path,
    host: Annotated[tuple[str, ...], Parameter(negative="")] = ("localhost", "127.0.0.1", "::1"),
    client: Annotated[tuple[str, ...], Parameter(negative="")] = ("client",),
    days: int = 30,
    options: Options | None = None,
) -> int:
    """Make a certificate authority of one's own and certificates of it, in 0600 files: for trying things out only.

    Args:
        out: a new folder for them, made 0700.
        host: a name or an address under which the node is reached; may be given several times.
        client: a client, for whom a certificate is made too; may be given several times.
        days: how long they hold.
    """
    from seawall.edge.tls.trial import TrialAuthority
    from seawall.kernel.clock import SystemClock

    if not 1 <= days <= _DAYS:
        raise InvalidInput("tls.days", f"certificates for trial hold 1 to {_DAYS} days.", field="--days")
    if any(not name or "/" in name or name in {"ca", "server"} for name in client):
        raise InvalidInput("tls.client", "a client's name is a file's name, but for ca and server.", field="--client")
    authority = TrialAuthority(SystemClock().now_ms(), days)
    files = authority.own_files()
    try:
        files["server.pem"], files["server.key"] = authority.server(host)
    except ValueError:
        raise InvalidInput("tls.host", "this is neither a name nor an address.", field="--host") from None
    for name in client:
        files[f"{name}.pem"], files[f"{name}.key"] = authority.client(name)
    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise InvalidInput("cli.file_unwritable", f"{out}: {error.strerror}.", field="--out") from None
    for name, pem in files.items():
        write_private(out / name, pem.decode("ascii"))
    options = options or Options()
    options.output.document({"written": sorted(str(out / name) for name in files)})
    options.output.plain(f"wrote {len(files)} files into {out}, for trial only; in seawall.toml:")
    place = out.absolute()
    options.output.verbatim(f'[listen.tls]\ncertificate = "{place}/server.pem"\nkey = "{place}/server.key"')
    return 0
