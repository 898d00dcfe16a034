"""``demo``: one turn of the loop on Harbour Bank, each step an ordinary command."""

import os
import signal
import time
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.demo import find, found, guard, past, prove, turn_keys
from seawall.edge.cli.demo.stage import Stage
from seawall.edge.cli.options import Options


def demo(
    *,
    serve: Annotated[bool, Parameter(negative="")] = False,
    customers: int = 10_000,
    payments: int = 100_000,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    options: Options | None = None,
) -> int:
    """Run one turn of the loop on the sample Harbour Bank.

    Args:
        serve: run a node afterwards, with the console, until Ctrl-C.
        customers: how many the sample has.
        payments: how many payments the sample has.
        host: address for the node.
        port: port for the node.
        workers: worker processes of the node.
    """
    options = options or Options()
    output = options.output
    began = time.monotonic()
    if serve:
        # Said before any work is done, not after it.
        composer().check_serving(options.path, host=host, port=port)
    with found.stage(options.path, options.passphrase(), output, host=host, port=port) as stage:
        stage.results.mkdir(mode=0o700, parents=True, exist_ok=True)
        earlier = past.remember(stage)
        find.take_sample(stage, customers=customers, payments=payments)
        scanned = find.scan(stage)
        protected = guard.protect(stage, scanned)
        guard.reveal(stage, protected)
        turn_keys.rotate(stage, protected)
        turn_keys.shred(stage)
    # The home is closed here, and what was recorded is signed.
    past.examine(stage, earlier)
    with found.stage_again(options.path, options.passphrase(), stage):
        prove.prove(stage)
    stage.figures["seconds"] = round(time.monotonic() - began, 1)
    stage.step(
        8,
        "The console",
        f"All of this as a picture, for people; the seven steps took {stage.figures['seconds']:.1f} s.",
    )
    if serve:
        return _serve(stage, options, host=host, port=port, workers=workers)
    command = f"seawall up --home {options.path}"
    stage.say(f"see it with: {command}")
    stage.figures["console"] = {"serving": False, "address": None, "command": command}
    output.document(stage.figures)
    return 0


def _serve(stage: Stage, options: Options, *, host: str | None, port: int | None, workers: int | None) -> int:
    # The node minds its signals itself.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def ready(address: str) -> None:
        stage.say(f"console and API: {address}")
        stage.say(
            f"sign in with a token of this trial, such as the auditor's: {stage.home / 'tokens' / 'auditor.token'}"
        )
        stage.say("stop with Ctrl-C")
        stage.figures["console"] = {"serving": True, "address": address, "pid": os.getpid()}
        stage.output.document(stage.figures)

    code = composer().serve(options.path, options.passphrase(), host=host, port=port, workers=workers, on_ready=ready)
    stage.say("stopped" if code == 0 else "stopped, but not everything ended by itself")
    return code
