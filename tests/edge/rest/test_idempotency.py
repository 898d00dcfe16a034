"""Requests that name themselves: done once, answered alike."""

import asyncio
import json
from typing import ClassVar

import pytest

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.idempotency import named, once
from seawall.edge.rest.routes import Operation, Route, operations
from seawall.edge.rest.table import ROUTES
from seawall.kernel.errors import ApprovalNeeded, Conflict, Corrupt, Denied, InvalidInput, Unavailable
from seawall.kernel.repeats import Earlier
from support.rest import Domain, MakeDomain, SmallDesk, SmallRepeats, request, running

BODY = b'{"name":"a"}'
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def answer_of(raw: bytes) -> tuple[int, dict]:
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


class Make(MakeDomain, frozen=True, kw_only=True):
    activity: ClassVar[int] = 1


MAKE = (Route(method="POST", path="/v1/domains", command=Make, result=Domain, status=201),)


def ask(server, body=BODY, key=KEY, path="/v1/domains", **headers):
    return answer_of(server.talk(request("POST", path, body, Idempotency_Key=key, **headers)))


def test_the_same_once_more_is_answered_as_before_and_not_done():
    with running(desk := SmallDesk(), routes=MAKE) as server:
        first = ask(server)
        assert first == (201, {"name": "a", "labels": {}})
        assert ask(server) == ask(server, key=f'"{KEY}"') == first
        assert desk.handled == 1
        assert ask(server, key="another")[0] == 201
        assert desk.handled == 2


def test_a_key_stands_for_one_request():
    with running(desk := SmallDesk(), routes=MAKE) as server:
        ask(server)
        status, told = ask(server, body=b'{"name":"b"}')
        assert (status, told["type"]) == (422, "urn:seawall:error:idempotency.mismatch")
        assert desk.handled == 1


def test_what_is_under_way_is_not_begun_again():
    repeats = SmallRepeats()
    with running(SmallDesk(), routes=MAKE, repeats=repeats) as server:
        ask(server)
        ((name, kept),) = repeats.kept.items()
        repeats.kept[name] = Earlier(fingerprint=kept.fingerprint, status=0, body=None)
        status, told = ask(server)
        assert (status, told["type"]) == (409, "urn:seawall:error:idempotency.in_progress")


def test_what_was_refused_may_be_asked_again():
    with running(desk := SmallDesk(), routes=MAKE) as server:
        for _ in range(2):
            assert ask(server, body=b'{"name":"bad"}')[0] == 400
        assert desk.handled == 2


@pytest.mark.parametrize("key", ["", " ", 'a"b', "a" * 129, "\N{EN DASH}", "a b", '"a', "a\n"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(InvalidInput) as refused:
        named(key)
    assert refused.value.field == "Idempotency-Key"


def test_strangers_and_the_fast_plane_do_not_use_keys_here():
    heeded = {(one.route.method, one.route.path) for one in operations(ROUTES) if one.repeatable}
    assert ("POST", "/v1/domains/{domain}/keys/{key}/rotate") in heeded
    assert not {path for _, path in heeded if path.endswith(("/encrypt", "/sessions", "/enrolments/{code}", "/export"))}
    assert {method for method, _ in heeded} == {"POST"}


def test_codes_of_enrolment_and_tokens_are_told_once():
    told = {one.route.path for one in operations(ROUTES) if one.route.secret}
    assert told == {"/v1/principals/{principal}/enrolments", "/v1/principals/{principal}/tokens"}


TOLD_ONCE = {"token", "secret", "plaintext", "material", "passphrase", "values", "private", "share", "shares"}


@pytest.mark.parametrize("operation", [one for one in operations(ROUTES) if one.repeatable], ids=lambda o: o.route.path)
def test_no_answer_with_a_secret_is_kept(operation: Operation):
    fields = set(getattr(operation.route.result, "__struct_fields__", ()))
    assert operation.route.secret or not fields & TOLD_ONCE


def run(repeats, outcome, *, secret=False):
    async def work():
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return asyncio.run(once(repeats, "p", "k", asked=("POST /x", b"{}"), secret=secret, run=work))


def test_what_is_told_once_is_not_told_again():
    repeats = SmallRepeats()
    assert run(repeats, Answer(201, b'{"token":"swt_1"}'), secret=True).status == 201
    (kept,) = repeats.kept.values()
    assert kept.body is None
    with pytest.raises(Conflict) as refused:
        run(repeats, Answer(201, b"never"), secret=True)
    assert refused.value.code == "idempotency.done"


def test_an_answer_that_is_too_large_is_not_kept_but_that_it_was_done_is():
    repeats = SmallRepeats()
    run(repeats, Answer(200, b"x" * 70_000))
    with pytest.raises(Conflict, match="was done"):
        run(repeats, Answer(200, b"never"))


@pytest.mark.parametrize(
    "error",
    [Denied("a.b", "no."), ApprovalNeeded("0190", "waits."), Unavailable("a.b", "later."), Conflict("a.b", "not now.")],
)
def test_what_changed_nothing_frees_its_key(error):
    repeats = SmallRepeats()
    with pytest.raises(type(error)):
        run(repeats, error)
    assert repeats.kept == {}


def test_what_failed_inside_keeps_its_key_until_it_is_taken_for_dead():
    repeats = SmallRepeats()
    for error in (Corrupt("a.b", "broken."), RuntimeError("inside")):
        repeats.kept.clear()
        with pytest.raises(type(error)):
            run(repeats, error)
        assert [one.status for one in repeats.kept.values()] == [0]


def test_a_store_that_fails_when_it_is_done_takes_nothing_from_the_answer():
    class Full(SmallRepeats):
        def keep(self, name, done):
            raise Unavailable("store.busy", "not now.")

    assert run(Full(), Answer(201, b"{}")).status == 201
