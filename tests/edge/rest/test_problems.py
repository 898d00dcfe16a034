"""The error map, code by code."""

import json

import pytest

from seawall.edge.rest.problems import internal, problem, refusal
from seawall.kernel import errors


class RoomError(errors.Conflict):
    pass


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInput, 400),
        (errors.Unauthenticated, 401),
        (errors.Denied, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (RoomError, 409),
        (errors.TooLarge, 413),
        (errors.Unavailable, 503),
        (errors.Corrupt, 500),
        (errors.SeawallError, 500),
    ],
)
def test_each_kind_of_error_has_its_status(kind, status):
    answer = problem(kind("a.code", "what is wrong.", field="f", remedy="Do this."), "/v1/x")
    assert answer.status == status
    document = json.loads(answer.body)
    title = document.pop("title")
    assert title
    assert document == {
        "type": "urn:seawall:error:a.code",
        "status": status,
        "detail": "what is wrong.",
        "field": "f",
        "remedy": "Do this.",
        "instance": "/v1/x",
    }


def test_every_kind_of_error_of_the_kernel_is_mapped():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SeawallError)}
    titles = {kind: json.loads(problem(kind("a.b", "c."), "/").body)["title"] for kind in kinds}
    assert len(set(titles.values())) == len(kinds)


def test_what_is_not_said_is_not_a_member():
    document = json.loads(problem(errors.NotFound("keys.unknown", "there is no such key."), "/").body)
    assert "field" not in document
    assert "remedy" not in document


def test_challenges_and_times_to_come_back_are_headers():
    assert (b"www-authenticate", b'Bearer realm="seawall"') in problem(
        errors.Unauthenticated("a.b", "c."), "/"
    ).headers()
    assert (b"retry-after", b"1") in problem(errors.Unavailable("a.b", "c."), "/").headers()


def test_refusals_of_the_protocol_and_failures_inside():
    assert json.loads(refusal(405, "request.method", "no.", "/x").body)["title"] == "Method Not Allowed"
    inside = json.loads(internal("/x").body)
    assert (inside["status"], inside["type"]) == (500, "urn:seawall:error:internal.error")
