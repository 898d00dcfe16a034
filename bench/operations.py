"""The other operations over REST, each answer with a durable record, against OpenBao Transit on the same machine.

Decrypting and HMAC at 64 connections over a hundred keys; signing at 16 over ten; batches of 200 values at 16. A
limit is the same primitive of pyca/cryptography in a bare loop of two processes; for a batch, ``share`` is the part of
the time in which both cores would have done nothing but seal. Answers are opened and verified again afterwards.
"""

import base64
import json
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import node
import openbao

SECONDS = int(os.environ.get("SEAWALL_BENCH_SECONDS", "8"))
WARM_SECONDS = 2
LOOP_SECONDS = 2
KEYS, SIGNING_KEYS, BATCH = 100, 10, 200
LUA = str(Path(__file__).with_name("wrk") / "prepared.lua")
MESSAGE = bytes(range(32))
TEXT = base64.b64encode(MESSAGE).decode()
SIGNATURES = {
    "p256": ("EC-P256", "ecdsa-p256"),
    "ed25519": ("Ed25519", "ed25519"),
    "rsa2048": ("RSA-2048", "rsa-2048"),
}


@dataclass(frozen=True)
class Load:
    """What is sent to both, in turn: paths and bodies."""

    name: str
    connections: int
    ours: list[tuple[str, Any]]
    peer: list[tuple[str, Any]]
    values: int = 1


def run() -> list[dict[str, Any]]:
    ours, peers = {}, {}
    with node.running(KEYS) as house:
        loads = [decrypts(house), codes(house), *signs(house), batches()]
        header = ("Authorization", f"Bearer {house.application}")
        for load in loads:
            ours[load.name] = measure(house.address, load.connections, load.ours, header)
        check(house)
    with openbao.running(KEYS) as (address, token, _):
        header = ("X-Vault-Token", token)
        for load in prepare(address, token, loads):
            peers[load.name] = measure(address, load.connections, load.peer, header)
    limits = {f"rest.sign.{name}": loop(name) for name in SIGNATURES}
    return [figure(load, ours[load.name], peers[load.name], limits.get(load.name)) for load in loads]


def figure(load: Load, ours: dict[str, Any], peer: dict[str, Any], limit: float | None) -> dict[str, Any]:
    value, other = rate(ours) * load.values, rate(peer) * load.values
    if load.values > 1:
        limit = loop("seal")
    return {
        "name": load.name,
        "value": value,
        "unit": "values/s" if load.values > 1 else "requests/s",
        "p50": ours["p50"] / 1000,
        "p99": ours["p99"] / 1000,
        "peer": "OpenBao Transit 2.7.2",
        "peer_value": other,
        "peer_p99": peer["p99"] / 1000,
        "ratio": value / other,
        "limit": limit,
        "share": None if limit is None else value / limit,
    }


def rate(measured: dict[str, Any]) -> float:
    return measured["answers"] / (measured["microseconds"] / 1e6)


def key_path(name: str) -> str:
    return f"/v1/domains/{node.DOMAIN}/keys/{name}"


def decrypts(house: node.Node) -> Load:
    sent = []
    for number in range(1, KEYS + 1):
        path = key_path(f"k{number}")
        made = house.ask("POST", f"{path}/encrypt", {"plaintext": TEXT}, house.application)
        sent.append((f"{path}/decrypt", {"ciphertext": made["ciphertext"]}))
    return Load("rest.decrypt.64c", 64, sent, [])


def codes(house: node.Node) -> Load:
    make(house, [{"name": f"m{number}", "purpose": "mac"} for number in range(1, KEYS + 1)])
    sent = [(f"{key_path(f'm{number}')}/mac", {"message": TEXT}) for number in range(1, KEYS + 1)]
    peer = [(f"/v1/transit/hmac/k{number}", {"input": TEXT}) for number in range(1, KEYS + 1)]
    return Load("rest.hmac.64c", 64, sent, peer)


def signs(house: node.Node) -> list[Load]:
    loads = []
    for name, (algorithm, _) in SIGNATURES.items():
        names = [f"{name}-{number}" for number in range(1, SIGNING_KEYS + 1)]
        make(house, [{"name": one, "purpose": "sign", "algorithm": algorithm} for one in names])
        sent = [(f"{key_path(one)}/sign", {"message": TEXT}) for one in names]
        loads.append(
            Load(f"rest.sign.{name}", 16, sent, [(f"/v1/transit/sign/{one}", {"input": TEXT}) for one in names])
        )
    return loads


def batches() -> Load:
    items = [{"plaintext": TEXT}] * BATCH
    sent = [(f"{key_path(f'k{number}')}/encrypt-many", {"items": items}) for number in range(1, 17)]
    peer = [(f"/v1/transit/encrypt/k{number}", {"batch_input": items}) for number in range(1, 17)]
    return Load("rest.batch.200", 16, sent, peer, values=BATCH)


def make(house: node.Node, keys: list[dict[str, Any]]) -> None:
    house.ask("POST", f"/v1/domains/{node.DOMAIN}/keys/batch", {"keys": keys}, house.custodian)


def prepare(address: str, token: str, loads: list[Load]) -> list[Load]:
    """Make the peer's keys, and the ciphertexts that it decrypts."""
    root = openbao.ROOTS[address]
    for name, (_, kind) in SIGNATURES.items():
        for number in range(1, SIGNING_KEYS + 1):
            openbao.ask(address, "POST", f"/v1/transit/keys/{name}-{number}", {"type": kind}, root)
    sealed = []
    for number in range(1, KEYS + 1):
        made = openbao.ask(address, "POST", f"/v1/transit/encrypt/k{number}", {"plaintext": TEXT}, token)
        sealed.append((f"/v1/transit/decrypt/k{number}", {"ciphertext": made["data"]["ciphertext"]}))
    return [Load(load.name, load.connections, [], load.peer or sealed, load.values) for load in loads]


def measure(address: str, connections: int, sent: list[tuple[str, Any]], header: tuple[str, str]) -> dict[str, Any]:
    """Load a server; every answer must be a success."""
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.writelines(f"{path}\t{json.dumps(body, separators=(',', ':'))}\n" for path, body in sent)
        file.flush()
        measured: dict[str, Any] = {}
        for seconds in (WARM_SECONDS, SECONDS):
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", LUA, address, "--", file.name, *header]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            measured = json.loads(output.splitlines()[-1])
            if measured["refused"] or measured["broken"]:
                raise AssertionError(f"not every request succeeded, of {sent[0][0]}: {measured}")
    return measured


def check(house: node.Node) -> None:
    """See that what is answered is right."""
    for name in SIGNATURES:
        path = key_path(f"{name}-1")
        signed = house.ask("POST", f"{path}/sign", {"message": TEXT}, house.application)
        asked = {"message": TEXT, "signature": signed["signature"]}
        if not house.ask("POST", f"{path}/verify", asked, house.application)["valid"]:
            raise AssertionError(f"a signature of {name} does not verify")
    made = house.ask("POST", f"{key_path('k1')}/encrypt-many", {"items": [{"plaintext": TEXT}] * 3}, house.application)
    items = [{"ciphertext": one["ok"]["ciphertext"]} for one in made["items"]]
    opened = house.ask("POST", f"{key_path('k1')}/decrypt-many", {"items": items}, house.application)
    if [one["ok"]["plaintext"] for one in opened["items"]] != [TEXT] * 3:
        raise AssertionError("a batch does not decrypt")
    report = node.command("ledger", "verify", "--home", str(house.home), "--json")
    if report["finding"] != "whole":
        raise AssertionError(f"the ledger is not whole: {report}")


def loop(name: str) -> float:
    """Run the bare primitive in two processes; return how often a second it runs."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        return sum(pool.map(spin, [name, name]))


def spin(name: str) -> float:
    """Run one primitive for a while."""
    step = primitive(name)
    began, count = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < LOOP_SECONDS:
        for _ in range(50):
            step()
        count += 50
    return count / took


def primitive(name: str) -> Callable[[], Any]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256

    if name == "seal":
        cipher, nonce = AESGCM(bytes(32)), bytes(12)
        return lambda: cipher.encrypt(nonce, MESSAGE, b"")
    if name == "p256":
        private = ec.generate_private_key(ec.SECP256R1())
        return lambda: private.sign(MESSAGE, ec.ECDSA(SHA256()))
    if name == "ed25519":
        edwards = ed25519.Ed25519PrivateKey.generate()
        return lambda: edwards.sign(MESSAGE)
    key = rsa.generate_private_key(65_537, 2048)
    return lambda: key.sign(MESSAGE, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
