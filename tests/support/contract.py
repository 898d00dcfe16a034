"""Holds a running node to the OpenAPI document that it gives: generated requests, every answer checked against it.

Requests come from Schemathesis, valid and invalid ones in turn, as people of every role and as strangers. Names in them
are often those of things that are there, so that commands are carried out and not only refused.

What is left out, and why:

- the callers' own names are never put into ``/v1/principals/{principal}``: disabling whoever asks would end the run.
  Others, made for it, are disabled and stripped of their roles instead;
- each operation on a domain gets a fresh one with fresh keys: those before are shredded, or forbid every algorithm;
- ``PUT`` and ``DELETE /v1/quorum/{id}`` come last: a rule on everything would turn each later answer into 202.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.node import PEOPLE, Node

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_PURPOSES = ("encrypt", "tokenise", "wrap", "sign", "mac", "derive", "encapsulate")
_FEW = 500  # so few cases that the same keys do for all
_LAST = "/v1/quorum/{id}"
_STRANGERS = (None, "Bearer nobody", "Basic YTpi")


@dataclass
class Report:
    """What a run came to."""

    cases: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    operations: int = 0
    carried_out: set[str] = field(default_factory=set)
    failures: dict[tuple[str, str, int], str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        yield f"{self.cases} cases on {self.operations} operations in {self.seconds:.0f} s"
        yield f"{len(self.carried_out)} operations were carried out at least once"
        yield "refused: " + ", ".join(f"{code}: {count}" for code, count in self.refused.most_common(40))
        yield "answers: " + ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        for (label, check, status), text in sorted(self.failures.items()):
            yield f"FAILED {label}: {check} (status {status})\n    {text}"


class Contract:
    """One run against a node.

    Args:
        node: runs; it is not left as it was.
        seed: the same one makes the same requests.
        change: makes another document of the node's own.
        furnished: whether nothing needs to be made first.
        every: how far apart the operations are that are asked; 1 for all.
    """

    def __init__(
        self,
        node: Node,
        seed: int = 0,
        *,
        change: Callable[[Any], Any] = lambda same: same,
        furnished: bool = False,
        every: int = 1,
    ) -> None:
        self._every = every
        self._change = change
        self._furnished = furnished
        self._url = f"http://127.0.0.1:{node.port}"
        self._chance = Random(seed)
        self._seed = seed
        self._tokens = [node.home.token(name) for name in PEOPLE]
        self._session = requests.Session()
        self._names: dict[str, list[str]] = {}
        self._admitted: dict[str, list[str]] = {}
        self.report = Report()

    def run(self, cases: int) -> Report:
        """Ask so many times, on every operation alike."""
        began = time.monotonic()
        if not self._furnished:
            self._furnish()
        described = self._change(self._session.get(f"{self._url}/openapi.json").json())
        schema = schemathesis.openapi.from_dict(described)
        operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda one: one.path == _LAST)
        operations = operations[self._seed % self._every :: self._every]
        self.report.operations = len(operations)
        for at, operation in enumerate(operations):
            if "{domain}" in operation.path and (cases > _FEW or not self._names.get("key")):
                self._make_keys(f"contract-{at}")
            share = cases * (at + 1) // len(operations) - cases * at // len(operations)
            for mode, count in ((GenerationMode.POSITIVE, share - share // 3), (GenerationMode.NEGATIVE, share // 3)):
                self._examine(operation, mode, count)
            self.report.seconds = time.monotonic() - began
        self._session.close()
        return self.report

    def _furnish(self) -> None:
        """Make keys of each purpose and people that nobody needs, and look up what else is there."""
        people = [self._make("/v1/principals", {"name": f"spare-{n}", "kind": "application"}) for n in range(3)]
        self._names = {
            "principal": [f"spare-{n}" for n in range(3)] + [str(one["id"]) for one in people if "id" in one],
        }
        for field_name, path, place in (
            ("id", "/v1/assessments/latest", "id"),
            ("scan_id", "/v1/scans", "scan_id"),
            ("protection", "/v1/protections", "protection"),
        ):
            found = [answer for answer in (self._get(path, token) for token in self._tokens) if answer]
            self._names[field_name] = [value for one in found for value in _values(one, place)][:5]

    def _make_keys(self, domain: str) -> None:
        self._make("/v1/domains", {"name": domain})
        keys = [{"name": purpose, "purpose": purpose} for purpose in _PURPOSES]
        self._make(f"/v1/domains/{domain}/keys/batch", {"keys": keys})
        self._names |= {"domain": [domain], "key": list(_PURPOSES)}

    def _make(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        for token in self._tokens:
            answer = self._session.post(
                self._url + path, json=document, headers={"Authorization": f"Bearer {token}"}, timeout=30
            )
            if answer.status_code == 201:
                return answer.json()
        raise AssertionError(f"nobody can make {document} at {path}: {answer.text}")

    def _get(self, path: str, token: str) -> Any:
        answer = self._session.get(self._url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return answer.json() if answer.status_code == 200 else None

    def _examine(self, operation: Any, mode: GenerationMode, count: int) -> None:
        if count < 1:
            return

        @hypothesis.seed(self._seed)
        @hypothesis.settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            self._ask(operation, case)

        # An operation without any input has no invalid one.
        with suppress(hypothesis.errors.Unsatisfiable):
            ask()

    def _ask(self, operation: Any, case: Any) -> None:
        for name in case.path_parameters or {}:
            known = self._names.get(name)
            if known and self._chance.random() < 0.7:
                case.path_parameters[name] = self._chance.choice(known)
        if "Idempotency-Key" in (case.headers or {}) and self._chance.random() < 0.7:
            case.headers["Idempotency-Key"] = f"{self._chance.getrandbits(64):x}"
        admitted = self._admitted.setdefault(operation.label, [])
        chosen = admitted if admitted and self._chance.random() < 0.7 else [*self._tokens, *self._tokens, *_STRANGERS]
        who = self._chance.choice(chosen)
        # What Schemathesis made up as credentials goes: who asks is chosen here.
        case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
        headers = {} if who is None else {"Authorization": who if " " in who else f"Bearer {who}"}
        try:
            response = case.call(base_url=self._url, session=self._session, headers=headers, timeout=60)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # what no client could send
        self.report.cases += 1
        self.report.statuses[response.status_code] += 1
        if who in self._tokens and response.status_code not in {401, 403} and who not in admitted:
            admitted.append(who)
        if 200 <= response.status_code < 300:
            self.report.carried_out.add(operation.label)
        else:
            self.report.refused[_code(response.content)] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._note(operation, response, failure, case)
        except Failure as failure:
            self._note(operation, response, failure, case)

    def _note(self, operation: Any, response: Any, failure: Exception, case: Any) -> None:
        sent = f"{case.method} {response.request.url} {response.request.body!r}"[:600]
        told = f"{failure!s}".replace("\n", " ")[:300]
        place = (operation.label, type(failure).__name__, response.status_code)
        self.report.failures.setdefault(place, f"{told}\n    {sent}\n    {response.content[:300]!r}")


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["type"]).removeprefix("urn:seawall:error:")
    except (ValueError, KeyError, TypeError):
        return "(no problem)"


def _values(document: Any, name: str) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key == name and isinstance(value, str):
                yield value
            else:
                yield from _values(value, name)
    elif isinstance(document, list):
        for one in document:
            yield from _values(one, name)
