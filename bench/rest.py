"""Encrypting 32 bytes over REST, each answer with a durable record, against OpenBao Transit on the same machine.

Both are driven by wrk with the same script: a hundred keys in turn, one token, kept connections. Ours is what
``seawall up`` starts by default: two workers, policy, ledger with its scribe and projection, SQLite with full sync.
``limit`` is what wrk gets, at as many connections, from two processes that answer fixed bytes at once. While ours is
under load a sample of answers is taken; afterwards it decrypts, and the ledger holds every answer.
"""

import base64
import http.client
import json
import multiprocessing
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import node
import openbao

KEYS = 100
SECONDS = int(os.environ.get("SEAWALL_BENCH_SECONDS", "8"))
WARM_SECONDS = 2
CONNECTIONS = (16, 64)
PLAINTEXT = bytes(range(32))
BODY = json.dumps({"plaintext": base64.b64encode(PLAINTEXT).decode()}, separators=(",", ":"))
LUA = str(Path(__file__).with_name("wrk") / "encrypt.lua")
SETTLE_SECONDS = 120
SAMPLE_PAUSE = 0.01
HOUSEKEEPING = 3


def run() -> list[dict[str, Any]]:
    limits = {count: load_fixed(count) for count in CONNECTIONS}
    with node.running(KEYS) as ours:
        path, header = f"/v1/domains/{node.DOMAIN}/keys/k%d/encrypt", ("Authorization", f"Bearer {ours.application}")
        before = entries(ours)[0]
        measured, answers, connections = {}, 0, 0
        sampler = Sampler(ours)
        for count, seconds in ((CONNECTIONS[0], WARM_SECONDS), *((count, SECONDS) for count in CONNECTIONS)):
            measured[count] = wrk(ours.address, count, seconds, path, header)
            answers += measured[count]["answers"]
            connections += count
        sample = sampler.stop()
        check_ledger(ours, before, answers + len(sample), connections)
        for key, ciphertext in sample:
            opened = ours.ask(
                "POST",
                f"/v1/domains/{node.DOMAIN}/keys/{key}/decrypt",
                {"ciphertext": ciphertext},
                ours.application,
            )
            if base64.b64decode(opened["plaintext"]) != PLAINTEXT:
                raise AssertionError(f"an answer under {key} does not decrypt")
    with openbao.running(KEYS) as (address, token, audit):
        if not openbao.decrypts(address, token, "k1", PLAINTEXT):
            raise AssertionError("the peer does not decrypt")
        path = "/v1/transit/encrypt/k%d"
        wrk(address, CONNECTIONS[0], WARM_SECONDS, path, ("X-Vault-Token", token))
        peers = {count: wrk(address, count, SECONDS, path, ("X-Vault-Token", token)) for count in CONNECTIONS}
        if audit.stat().st_size < 100 * sum(peer["answers"] for peer in peers.values()):
            raise AssertionError("the peer did not write its audit file")
    return [figure(count, measured[count], peers[count], limits[count]) for count in CONNECTIONS]


def figure(count: int, ours: dict[str, Any], peer: dict[str, Any], limit: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"rest.encrypt.{count}c",
        "value": rate(ours),
        "unit": "requests/s",
        "p50": ours["p50"] / 1000,
        "p99": ours["p99"] / 1000,
        "peer": "OpenBao Transit 2.7.2",
        "peer_value": rate(peer),
        "peer_p99": peer["p99"] / 1000,
        "ratio": rate(ours) / rate(peer),
        "limit": rate(limit),
        "share": rate(ours) / rate(limit),
    }


def rate(measured: dict[str, Any]) -> float:
    return measured["answers"] / (measured["microseconds"] / 1e6)


def wrk(address: str, connections: int, seconds: int, path: str, header: tuple[str, str]) -> dict[str, Any]:
    """Load a server; every answer must be a success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", LUA, address, "--", path, *header, BODY]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    if measured["refused"] or measured["broken"]:
        raise AssertionError(f"not every request succeeded: {measured}")
    return measured


class Sampler:
    """Encrypts now and then while others load the node, and keeps the answers."""

    def __init__(self, target: node.Node) -> None:
        self._target = target
        self._stop = threading.Event()
        self._sample: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self._target.address).netloc, timeout=30)
        headers = {"Authorization": f"Bearer {self._target.application}", "Content-Type": "application/json"}
        while not self._stop.wait(SAMPLE_PAUSE):
            key = f"k{len(self._sample) % KEYS + 1}"
            connection.request("POST", f"/v1/domains/{node.DOMAIN}/keys/{key}/encrypt", BODY, headers)
            answer = json.loads(connection.getresponse().read())
            if "ciphertext" not in answer:
                raise AssertionError(f"not every request succeeded: {answer}")
            self._sample.append((key, answer["ciphertext"]))
        connection.close()

    def stop(self) -> list[tuple[str, str]]:
        self._stop.set()
        self._thread.join()
        return self._sample


def entries(ours: node.Node) -> tuple[int, int]:
    """How many entries the ledger has, and how many of them wait for the scribe; asking leaves no entry."""
    with urllib.request.urlopen(f"{ours.address}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    found = dict(re.findall(r"^seawall_ledger_(entries|backlog) (\S+)$", text, re.MULTILINE))
    return int(float(found["entries"])), int(float(found["backlog"]))


def check_ledger(ours: node.Node, before: int, answers: int, connections: int) -> None:
    """Check that the ledger holds every answer, signed and whole.

    A load that is cut off leaves at most one request a connection that was recorded and not answered; the node itself
    records its housekeeping once a minute.
    """
    found = entries(ours)[0] - before
    if not answers <= found <= answers + connections + HOUSEKEEPING:
        raise AssertionError(f"the ledger holds {found} new entries for {answers} answers")
    deadline = time.monotonic() + SETTLE_SECONDS
    while entries(ours)[1]:
        if time.monotonic() > deadline:
            raise AssertionError("the scribe did not catch up")
        time.sleep(0.2)
    report = node.command("ledger", "verify", "--home", str(ours.home), "--json")
    if report["finding"] != "whole" or report["size"] < before + answers:
        raise AssertionError(f"the ledger does not hold what was answered: {report}")


def load_fixed(connections: int) -> dict[str, Any]:
    """Load two processes that answer at once with bytes as long as ours."""
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        second.bind(first.getsockname())
        port = first.getsockname()[1]
        context = multiprocessing.get_context("fork")
        servers = [context.Process(target=serve_fixed, args=(listener,), daemon=True) for listener in (first, second)]
        for server in servers:
            server.start()
        try:
            time.sleep(0.5)
            return wrk(f"http://127.0.0.1:{port}", connections, WARM_SECONDS, "/k%d", ("X-Token", "x" * 60))
        finally:
            for server in servers:
                server.terminate()
                server.join()


def serve_fixed(listener: socket.socket) -> None:
    import asyncio

    import uvloop

    body = json.dumps({"ciphertext": "x" * 150, "version": 1}).encode()
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    class Fixed(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:  # noqa: ARG002 - wrk sends one request at a time
            self.transport.write(answer)

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Fixed, sock=listener)
        await server.serve_forever()

    uvloop.run(main())


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
