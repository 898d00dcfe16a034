"""``init``, ``up`` and ``doctor``."""

import os
import signal
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.failures import FOUND
from seawall.edge.cli.options import Options


def init(
    *,
    administrator: str = "admin",
    store: str = "",
    trial: Annotated[bool, Parameter(negative="")] = False,
    pkcs11_module: str = "",
    pkcs11_token: str = "",
    pkcs11_pin_file: Path | None = None,
    options: Options | None = None,
) -> int:
    """Make a home: store, ledger, root of trust, first administrator.

    Args:
        administrator: name of the first administrator, who manages people and policy, neither keys nor data.
        store: postgresql://…; the home's own SQLite file when not given.
        trial: make and keep the passphrase in the home, for trying things out only.
        pkcs11_module: the HSM vendor's library, for a root key inside a token.
        pkcs11_token: the token's label.
        pkcs11_pin_file: a file with the token's PIN.
    """
    options = options or Options()
    output = options.output
    config: dict[str, Any] = {"store": store} if store else {}
    if pkcs11_module or pkcs11_token:
        pin_file = str(pkcs11_pin_file.absolute()) if pkcs11_pin_file else ""
        config["root"] = {
            "kind": "pkcs11",
            "pkcs11": {"module": pkcs11_module, "token": pkcs11_token, "pin_file": pin_file},
        }
    made = composer().initialise(
        options.path, options.passphrase(confirm=True), administrator=administrator, config=config, trial=trial
    )
    output.document(
        {
            "home": str(made.home),
            "administrator": made.administrator,
            "enrolment_url": made.enrolment_url,
            "enrolment_code": made.enrolment_code,
            "trial": made.trial,
        }
    )
    output.plain(f"made a home at {made.home}")
    output.verbatim(f"enrol {made.administrator}, once, within 72 hours, when a node runs: {made.enrolment_url}")
    output.verbatim(f"or on this command line: seawall people enrol {made.enrolment_code}")
    return 0


def up(
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    options: Options | None = None,
) -> int:
    """Run a node until it is told to stop.

    Args:
        host: address to listen on; 127.0.0.1 when nothing says otherwise.
        port: port to listen on; 8643 when nothing says otherwise, 0 for any.
        workers: worker processes; one per core when nothing says otherwise.
    """
    options = options or Options()
    output = options.output
    # The node minds its signals itself.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def ready(address: str) -> None:
        output.document({"console": address, "pid": os.getpid()})
        output.plain(f"console and API: {address}")
        output.plain("stop with Ctrl-C")

    return composer().serve(options.path, options.passphrase(), host=host, port=port, workers=workers, on_ready=ready)


def doctor(*, options: Options | None = None) -> int:
    """Look at a home and say what is wrong and what to do."""
    options = options or Options()
    output = options.output
    findings = composer().diagnose(options.path, options.passphrase())
    output.document([{"subject": f.subject, "level": f.level, "text": f.text, "remedy": f.remedy} for f in findings])
    output.table(
        "", ("", "what", "how it stands", "what to do"), [(f.level, f.subject, f.text, f.remedy) for f in findings]
    )
    return FOUND if any(finding.level == "error" for finding in findings) else 0
