"""``demo``: one turn of the loop on Harbour Bank, each step an ordinary command."""

import time
from typing import Annotated

from cyclopts import Parameter

from seawall.capabilities.evidence.commands import Assess
from seawall.edge.cli.commands.evidence import show_assessment
from seawall.edge.cli.commands.node import up
from seawall.edge.cli.composed import composer
from seawall.edge.cli.demo import find, found, guard, past, turn_keys
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
    with found.stage(options.path, options.passphrase(), output) as stage:
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
        prove(stage)
    stage.figures["seconds"] = round(time.monotonic() - began, 1)
    if not serve:
        output.document(stage.figures)
        output.plain("\nsee the console with: seawall up")
        return 0
    stage.step(8, f"The console ({stage.figures['seconds']} s so far)")
    output.document(stage.figures)
    return up(host=host, port=port, workers=workers, options=options)


def prove(stage: Stage) -> None:
    """Step 7: assess the Practice Guide as the auditor."""
    stage.step(7, "Prove: the Practice Guide's controls, answered from what was measured")
    result = stage.perform("auditor", Assess())
    show_assessment(stage.output, result)
    stage.figures["assess"] = {
        "id": result.assessment.id,
        "totals": result.assessment.totals,
        "domains": {
            domain.id: {
                "satisfied": domain.satisfied,
                "partial": domain.partial,
                "not_satisfied": domain.not_satisfied,
                "not_assessed": domain.not_assessed,
            }
            for domain in result.assessment.domains
        },
        "documents": [document.path for document in result.documents],
    }
