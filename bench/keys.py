"""Making AES keys, durable on SQLite, and a store of a million of them.

``keys.create`` is keys a second in batches of 500 from two connections; ``keys.create.single`` one key a request at 16
connections, against OpenBao. Then a store is filled from 1,000 keys to a million (``SEAWALL_BENCH_KEYS``), and what
takes time there is compared with what it took at 1,000: a page of a list, a search by prefix, a use of a key that is
held nowhere yet. Memory is all that the node's processes have together.
"""

import http.client
import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import node
import openbao
from operations import SECONDS, rate

BATCH = 500
FEW = 1_000
MANY = int(os.environ.get("SEAWALL_BENCH_KEYS", "1000000"))
CREATED = 60_000
LOOKS = 2_000
GOAL = 5_000
LUA = str(Path(__file__).with_name("wrk") / "create.lua")
PATH = f"/v1/domains/{node.DOMAIN}/keys"


def run() -> list[dict[str, Any]]:
    with node.running(1) as house:
        fill(house, 0, FEW)
        few = looks(house, FEW)
        began = time.perf_counter()
        fill(house, FEW, FEW + CREATED)
        batched = CREATED / (time.perf_counter() - began)
        singles = create(house.address, 16, PATH, ("Authorization", f"Bearer {house.custodian}"))
        fill(house, FEW + CREATED, MANY)
        many = looks(house, MANY)
        memory = resident(house)
    with openbao.running(1) as (address, _, _):
        path = "/v1/transit/keys/%s"
        peer = create(address, 16, path, ("X-Vault-Token", openbao.ROOTS[address]))
    figures = [
        figure("keys.create", batched, "keys/s", limit=GOAL, share=batched / GOAL),
        figure(
            "keys.create.single",
            rate(singles),
            "keys/s",
            p50=singles["p50"] / 1000,
            p99=singles["p99"] / 1000,
            peer="OpenBao Transit 2.7.2",
            peer_value=rate(peer),
            peer_p99=peer["p99"] / 1000,
            ratio=rate(singles) / rate(peer),
        ),
        figure("keys.million.memory", memory, "MiB"),
    ]
    return figures + [
        figure(
            f"keys.million.{name}",
            many[name][1],
            "ms",
            p50=many[name][0],
            p99=many[name][1],
            peer=f"the same at {FEW:,} keys",
            peer_value=few[name][1],
            ratio=many[name][1] / few[name][1],
        )
        for name in few
    ]


def figure(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    fields = ("p50", "p99", "peer", "peer_value", "peer_p99", "ratio", "limit", "share")
    return {"name": name, "value": value, "unit": unit, **{field: more.get(field) for field in fields}}


def fill(house: node.Node, first: int, stop: int) -> None:
    """Make keys in batches from two connections."""
    starts = iter(range(first, stop, BATCH))
    lock, failed = threading.Lock(), []

    def work() -> None:
        ask = asker(house, house.custodian)
        while not failed:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            keys = [{"name": name_of(number)} for number in range(start, min(start + BATCH, stop))]
            status, answer = ask("POST", f"{PATH}/batch", {"keys": keys})
            if status != http.client.CREATED:
                failed.append(answer)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise AssertionError(f"keys were not made: {failed[0]!r}")


def name_of(number: int) -> str:
    return f"key-{number:07}"


def looks(house: node.Node, count: int) -> dict[str, tuple[float, float]]:
    """Time what is done with a store of so many keys: the median and the 99th percentile, milliseconds."""
    chance = random.Random(1)
    custodian, application = asker(house, house.custodian), asker(house, house.application)

    def use() -> tuple[int, Any]:
        name = name_of(chance.randrange(count))
        return application("POST", f"{PATH}/{name}/encrypt", {"plaintext": "AAAA"})

    def search() -> tuple[int, Any]:
        return custodian("GET", f"{PATH}?prefix={name_of(chance.randrange(count))[:-1]}")

    def page() -> tuple[int, Any]:
        return custodian("GET", f"{PATH}?limit=100")

    return {name: timed(act) for name, act in (("use", use), ("search", search), ("list", page))}


def timed(act: Callable[[], tuple[int, Any]]) -> tuple[float, float]:
    taken = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        status, answer = act()
        taken.append((time.perf_counter() - began) * 1000)
        if status != http.client.OK:
            raise AssertionError(f"{status}: {answer!r}")
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


def asker(house: node.Node, token: str) -> Callable[..., tuple[int, Any]]:
    """Ask over one kept connection."""
    connection = http.client.HTTPConnection(urlsplit(house.address).netloc, timeout=120)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    return ask


def create(address: str, connections: int, path: str, header: tuple[str, str]) -> dict[str, Any]:
    """Make one key a request; every answer must be a success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", LUA, address, "--", path, *header, "single-"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    if measured["refused"] or measured["broken"]:
        raise AssertionError(f"not every request succeeded: {measured}")
    return measured


def resident(house: node.Node) -> float:
    """Add up the proportional memory of the node's processes, MiB."""
    total = 0
    for pid in house.processes():
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
