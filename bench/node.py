"""A node of this house for measuring, in a home of its own, as ``seawall up`` starts it by default."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEAWALL = str(Path(sys.executable).with_name("seawall"))
DOMAIN = "bench"
START_SECONDS = 60


@dataclass(frozen=True)
class Node:
    """A running node, and tokens of an application, an auditor and a custodian."""

    home: Path
    address: str
    pid: int
    application: str
    auditor: str
    custodian: str

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        return ask(self.address, method, path, body, token)

    def processes(self) -> list[int]:
        """The node's parent and all its children."""
        found = [self.pid]
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    if parent in found:
                        found.append(int(entry.name))
        return found


@contextlib.contextmanager
def running(keys: int = 0) -> Iterator[Node]:
    """Make a home, start a node with two workers, and give its first people their tokens."""
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as folder:
        home = Path(folder) / "home"
        made = command("init", "--home", str(home), "--trial", "--json")
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [SEAWALL, "up", "--home", str(home), "--port", "0", "--workers", "2", "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
            )
        try:
            assert process.stdout is not None
            started = json.loads(read_document(process))
            yield prepare(home, started["console"], process.pid, made["enrolment_code"], keys)
        finally:
            process.terminate()
            process.wait(60)
            process.stdout.close()


def command(*arguments: str) -> Any:
    """Run a command and return its JSON document."""
    outcome = subprocess.run([SEAWALL, *arguments], check=False, capture_output=True, text=True, env=environment())
    if outcome.returncode:
        raise AssertionError(f"seawall {arguments[0]} ended with {outcome.returncode}: {outcome.stderr[-2000:]}")
    return json.loads(outcome.stdout)


def environment() -> dict[str, str]:
    """The environment without what would change a node's defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SEAWALL_")}


def read_document(process: subprocess.Popen[bytes]) -> str:
    """Read the JSON document that a command prints while it goes on running."""
    text = ""
    for line in process.stdout or ():
        text += line.decode()
        with contextlib.suppress(json.JSONDecodeError):
            json.loads(text)
            return text
    raise AssertionError(f"the node did not start: exit {process.wait(10)}, {text!r}")


def prepare(home: Path, address: str, pid: int, code: str, keys: int) -> Node:
    """Enrol the administrator, make three more people, a domain and keys."""
    ready(address)
    administrator = ask(address, "POST", "/v1/enrolments", {"code": code})["token"]
    tokens = {}
    for role in ("custodian", "application", "auditor"):
        made = {"name": f"bench-{role}", "roles": [role], "domains": ["*"]}
        ask(address, "POST", "/v1/principals", made, administrator)
        issued = ask(address, "POST", f"/v1/principals/bench-{role}/tokens", {}, administrator)
        tokens[role] = issued["token"]
    if keys:
        ask(address, "POST", "/v1/domains", {"name": DOMAIN}, tokens["custodian"])
    for number in range(1, keys + 1):
        ask(address, "POST", f"/v1/domains/{DOMAIN}/keys", {"name": f"k{number}"}, tokens["custodian"])
    return Node(home, address, pid, tokens["application"], tokens["auditor"], tokens["custodian"])


def ready(address: str) -> None:
    """Wait until the node is ready."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask(address, "GET", "/readyz")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def ask(address: str, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Ask over REST; an answer that is an error raises."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise OSError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None
