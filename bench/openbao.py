"""OpenBao with its Transit engine, set up as it documents: raft storage, a file audit device, a token."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The root token of each server that runs, by its address.
ROOTS: dict[str, str] = {}
BAO = str(Path(sys.executable).with_name("bao"))
CONFIG = """
disable_mlock = true
ui = false
api_addr = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster}"
storage "raft" {{
  path = "{folder}/raft"
  node_id = "bench"
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_disable = true
}}
audit "file" "bench" {{
  options {{
    file_path = "{folder}/audit.log"
  }}
}}
"""
POLICY = 'path "transit/+/*" { capabilities = ["update"] }'


def free_ports(count: int) -> list[int]:
    """Find ports that are free now."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in found]


@contextlib.contextmanager
def running(keys: int) -> Iterator[tuple[str, str, Path]]:
    """Start a server with keys named k1 to kN; yield its address, a token, and its audit file."""
    port, cluster = free_ports(2)
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="openbao-bench-") as name:
        folder = Path(name)
        (folder / "raft").mkdir()
        (folder / "bao.hcl").write_text(CONFIG.format(port=port, cluster=cluster, folder=folder))
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [BAO, "server", f"-config={folder}/bao.hcl"], stdout=log, stderr=log, env={**os.environ, "HOME": name}
            )
        try:
            yield address, prepare(address, keys), folder / "audit.log"
        finally:
            server.terminate()
            server.wait(30)


def prepare(address: str, keys: int) -> str:
    """Initialise, unseal, enable Transit, make the keys and a token that may use them."""
    made = patiently(lambda: ask(address, "PUT", "/v1/sys/init", {"secret_shares": 1, "secret_threshold": 1}))
    root = ROOTS[address] = made["root_token"]
    ask(address, "PUT", "/v1/sys/unseal", {"key": made["keys"][0]})
    patiently(lambda: ask(address, "POST", "/v1/sys/mounts/transit", {"type": "transit"}, root))
    ask(address, "PUT", "/v1/sys/policies/acl/bench", {"policy": POLICY}, root)
    for number in range(1, keys + 1):
        ask(address, "POST", f"/v1/transit/keys/k{number}", {"type": "aes256-gcm96"}, root)
    issued = ask(address, "POST", "/v1/auth/token/create", {"policies": ["bench"], "no_parent": True}, root)
    return issued["auth"]["client_token"]


def decrypts(address: str, token: str, key: str, plaintext: bytes) -> bool:
    """Whether what the server encrypts comes back."""
    text = base64.b64encode(plaintext).decode()
    sealed = ask(address, "POST", f"/v1/transit/encrypt/{key}", {"plaintext": text}, token)["data"]["ciphertext"]
    opened = ask(address, "POST", f"/v1/transit/decrypt/{key}", {"ciphertext": sealed}, token)["data"]["plaintext"]
    return opened == text


def patiently(step: Any, seconds: float = 60) -> Any:
    """Repeat a step until the server is far enough for it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return step()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def ask(address: str, method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"X-Vault-Token": token} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise OSError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None
