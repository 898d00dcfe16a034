"""Steps 5 and 6 of the demo: keys, shredding and the record of it all, counted again from store and tiles."""

import hashlib
import json
import re
import shutil
from base64 import b64decode
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.demo import Demo, action, bundles, ran
from support.node import TrialHome

__all__ = ["ran"]
WIDTH = 256


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _outcomes(entries: list[Any], name: str) -> Counter[tuple[str, str, str]]:
    return Counter(
        (entry["unmapped"]["outcome"], entry.get("status_code", ""), entry["resources"][0]["uid"])
        for entry in entries
        if action(entry) == name
    )


def test_keys_were_rotated_as_often_as_the_figures_say(ran: Demo) -> None:
    rotation = ran.figures["rotation"]
    query = (
        "SELECT k.name, k.version, count(v.number), min(v.number), max(v.number), count(v.material)"
        " FROM keys k JOIN domains d ON d.id = k.domain_id JOIN key_versions v ON v.key_id = k.id"
        " WHERE d.name = 'harbour' GROUP BY k.id"
    )
    for name, version, count, first, last, held in ran.rows(query):
        assert rotation["after"].pop(name) == version == count == last == held
        assert rotation["before"].pop(name) == first == version - rotation["rotations"]
    assert rotation["after"] == rotation["before"] == {}
    done = _outcomes(ran.entries(), "keys.rotate")
    assert done == {("success", "", f"harbour/{name}"): rotation["rotations"] for name in ("fields", "tokens")}


def test_reads_went_on_while_keys_were_rotated_and_each_is_on_record(ran: Demo) -> None:
    rotation, entries = ran.figures["rotation"], ran.entries()
    rotations = [at for at, entry in enumerate(entries) if action(entry) == "keys.rotate"]
    reads = [at for at, entry in enumerate(entries) if action(entry) == "data.decrypt"]
    of_phase = [at for at in reads if entries[at]["resources"][0]["uid"] == "harbour/fields"]
    assert {entries[at]["unmapped"]["outcome"] for at in of_phase} == {"success"}
    assert {entries[at]["actor"]["user"]["name"] for at in of_phase} == {"payments-app"}
    assert (rotation["reads"], rotation["failed"]) == (len(of_phase), 0)
    between = [at for at in of_phase if rotations[0] < at < rotations[-1]]
    assert len(between) > 10, "no reads between the rotations"
    assert rotation["revealed_after"] == ran.figures["reveal"]["by_owner"]
    column = ran.figures["reveal"]["column"]
    kept = ran.rows("SELECT version FROM protected_columns WHERE name = ?", column)
    assert kept == [(rotation["column_version"],)] == [(rotation["before"]["tokens"],)]


def test_the_shredded_domain_is_gone_from_the_store_and_says_so(ran: Demo) -> None:
    shred = ran.figures["shred"]
    assert shred["domain"] == "trial-1"
    query = "SELECT state, trial, waiting_days, destroyed_ms IS NOT NULL FROM domains WHERE name = ?"
    assert ran.rows(query, shred["domain"]) == [("destroyed", 1, 0, 1)]
    query = (
        "SELECT count(*), count(v.material) FROM key_versions v JOIN keys k ON k.id = v.key_id"
        " JOIN domains d ON d.id = k.domain_id WHERE d.name = ?"
    )
    assert ran.rows(query, shred["domain"]) == [(shred["erased_versions"], 0)]
    query = "SELECT count(*) FROM domain_keks g JOIN domains d ON d.id = g.domain_id WHERE d.name = ?"
    assert ran.rows(query, shred["domain"]) == [(0,)]
    entries = ran.entries()
    assert _outcomes(entries, "domains.shred") == {("intent", "", "trial-1"): 1, ("success", "", "trial-1"): 1}
    refused = [entry for entry in entries if entry["unmapped"]["outcome"] == "failure"]
    assert [(action(entry), entry["status_code"], entry["resources"][0]["uid"]) for entry in refused] == [
        ("data.decrypt", shred["read_says"], "trial-1/notes")
    ]


def test_the_ledger_has_the_size_that_it_says_and_the_root_that_was_signed(ran: Demo) -> None:
    ledger = ran.figures["ledger"]
    leaves = [entry for bundle in bundles(ran.first / "ledger") for entry in bundle]
    origin, size, root = (ran.first / "ledger" / "checkpoint").read_text().split("\n")[:3]
    assert (len(leaves), _root(leaves)) == (int(size), b64decode(root))
    assert ran.rows("SELECT origin, size, root FROM checkpoints") == [(origin, len(leaves), b64decode(root))]
    # What came after the figures were taken is the assessment alone.
    before = [entry for entry in ran.entries() if action(entry) != "evidence.assess"]
    assert ledger["finding"] == "whole"
    assert ledger["size"] == ledger["kept_size"] == len(before)
    assert ran.entries()[: len(before)] == before
    assert ran.rows("SELECT count(*) FROM outbox") == [(0,)]


def test_every_change_of_the_store_has_its_entry(ran: Demo) -> None:
    counts = Counter((action(entry), entry["unmapped"]["outcome"]) for entry in ran.entries())
    for name, table in (
        ("access.principal.create", "principals"),
        ("domains.create", "domains"),
        ("keys.create", "keys"),
        ("protect.run", "protections"),
    ):
        assert counts[name, "success"] == ran.rows(f"SELECT count(*) FROM {table}")[0][0], name
    for name in ("access.token.issue", "data.reveal", "domains.shred"):
        assert counts[name, "intent"] == counts[name, "success"], name
    assert counts["data.reveal", "denied"] == 1
    assert sum(number for (_, outcome), number in counts.items() if outcome == "denied") == 1
    times = [entry["time"] for entry in ran.entries()]
    uids = [entry["metadata"]["uid"] for entry in ran.entries()]
    assert len(set(uids)) == len(uids)
    assert max(before - after for before, after in pairwise(times)) < 5000


@cache
def _validator(kind: int) -> jsonschema.Draft202012Validator:
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    name = {6003: "api_activity", 3002: "authentication"}[kind]
    return jsonschema.Draft202012Validator(OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0")).get_class_schema(name))


def test_every_entry_is_valid_ocsf(ran: Demo) -> None:
    seen = set()
    for entry in ran.entries():
        # Entries that differ in time and uid alone need one look.
        alike = json.dumps({**entry, "time": 0, "metadata": {**entry["metadata"], "uid": "x"}})
        assert isinstance(entry["time"], int)
        assert re.fullmatch(r"[0-9a-f-]{36}", entry["metadata"]["uid"])
        if alike not in seen:
            seen.add(alike)
            _validator(entry["class_uid"]).validate(entry)
    assert len(seen) > 30


def _edit(entries: list[bytes], at: int) -> list[bytes]:
    return [*entries[:at], entries[at].replace(b'"outcome":"success"', b'"outcome":"denied"'), *entries[at + 1 :]]


def _drop(entries: list[bytes], at: int) -> list[bytes]:
    return [*entries[:at], *entries[at + 1 :]]


def _reorder(entries: list[bytes], at: int) -> list[bytes]:
    return [*entries[: at - 1], entries[at], entries[at - 1], *entries[at + 1 :]]


@pytest.mark.parametrize(
    ("name", "tamper", "first"), [("an edit", _edit, 0), ("a dropped record", _drop, 0), ("a reorder", _reorder, -1)]
)
def test_a_copy_that_was_tampered_with_is_found_at_the_very_place(
    ran: Demo, tmp_path: Path, name: str, tamper: Any, first: int
) -> None:
    copy = tmp_path / "ledger"
    shutil.copytree(ran.first / "ledger", copy)
    told = ran.figures["ledger"][name]
    assert (told["finding"], told["exit_code"]) == ("damaged", 1)
    at = int(told["place"].partition(", entry ")[2].partition(":")[0])
    bundle, place = divmod(at - first, WIDTH)
    entries = bundles(copy)[bundle]
    # The place that was told is the one in the middle of the largest bundle, where the demo struck, to the byte.
    offset = sum(2 + len(entry) for entry in entries[: place + first])
    assert told["place"].startswith(f"tile/entries/{bundle:03}")
    assert f", byte {offset}, entry {at}: " in told["place"]
    path = next(p for p in (copy / "tile" / "entries").rglob("*") if p.is_file() and _is(p, entries))
    path.write_bytes(b"".join(len(entry).to_bytes(2) + entry for entry in tamper(entries, place)))
    kept = tmp_path / "kept"
    kept.write_text((ran.first / "ledger" / "checkpoint").read_text())
    ran_again = TrialHome(ran.home).call(
        "ledger", "verify", "--directory", str(copy), "--checkpoint", str(kept), "--json"
    )
    assert (ran_again.code, ran_again.json["finding"]) == (1, "damaged")
    fault = ran_again.json["faults"][0]
    assert (fault["index"], fault["offset"]) == (at, offset)


def _is(path: Path, entries: list[bytes]) -> bool:
    return path.read_bytes() == b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def test_a_ledger_set_back_is_found_against_the_checkpoint_that_the_store_keeps(ran: Demo, tmp_path: Path) -> None:
    ledger = ran.figures["ledger"]
    told = ledger["a truncation"]
    # A new home's ledger, before the demo did anything: what stands there before the first principal lists others.
    made = next(at for at, entry in enumerate(ran.entries()) if action(entry) == "access.principal.list")
    assert (
        told["place"]
        == f"checkpoint, entry {made}: cut back: it covers {made} entries, the kept checkpoint {ledger['size']}"
    )
    assert (told["finding"], told["exit_code"]) == ("damaged", 1)
    # Whole in itself, the ledger of the first run is cut back against what the store keeps after the third.
    home = TrialHome(ran.home)
    kept = tmp_path / "kept"
    kept.write_text((ran.home / "ledger" / "checkpoint").read_text())
    alone = home.call("ledger", "verify", "--directory", str(ran.first / "ledger"), "--json")
    against = home.call(
        "ledger", "verify", "--directory", str(ran.first / "ledger"), "--checkpoint", str(kept), "--json"
    )
    assert (alone.code, alone.json["finding"]) == (0, "whole")
    assert (against.code, against.json["finding"]) == (1, "damaged")
    assert "cut back" in against.json["faults"][0]["what"]
