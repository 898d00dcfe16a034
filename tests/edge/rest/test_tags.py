"""Entity tags: the revision of what is shown."""

from typing import ClassVar

import msgspec
import pytest

from seawall.edge.rest.openapi import document
from seawall.edge.rest.routes import Route, operations
from seawall.edge.rest.table import ROUTES
from seawall.edge.rest.tags import demanding, known, tag
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.terms import Resource
from support.rest import SmallDesk, request, running


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    revision: int


class Look(Command, frozen=True, kw_only=True):
    action: ClassVar[str] = "things.look"
    activity: ClassVar[int] = 2

    def resource(self) -> Resource:
        return Resource(type="thing", id="t")


class Change(Look, frozen=True, kw_only=True):
    action: ClassVar[str] = "things.change"
    activity: ClassVar[int] = 3
    if_revision: int | None = None


class Revised(SmallDesk):
    """A thing at revision 7."""

    def _run(self, command):
        if isinstance(command, Change) and command.if_revision not in {None, 7}:
            raise Conflict("keys.revision", "it is at revision 7.", remedy="Read it again.")
        return Shown(revision=8 if isinstance(command, Change) else 7)


THING = (
    Route(method="GET", path="/v1/thing", command=Look, result=Shown),
    Route(method="PATCH", path="/v1/thing", command=Change, result=Shown),
)


@pytest.fixture(scope="module")
def node():
    with running(Revised(), routes=THING) as server:
        yield server


def test_what_has_a_revision_has_a_tag(node):
    assert b'\r\netag: "7"\r\n' in node.talk(request("GET", "/v1/thing", b""))
    assert b'\r\netag: "8"\r\n' in node.talk(request("PATCH", "/v1/thing", b"{}"))


@pytest.mark.parametrize("header", ['"7"', 'W/"7"', '"6", "7"', "*"])
def test_what_is_known_is_not_sent_again(node, header):
    answer = node.talk(request("GET", "/v1/thing", b"", If_None_Match=header))
    assert answer.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert b'\r\netag: "7"\r\n' in answer
    assert b"content-length" not in answer
    assert b"\r\ncontent-type:" not in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("header", ['"8"', "7", '"77"', "", '"*"'])
def test_what_is_not_known_is_sent(node, header):
    assert node.talk(request("GET", "/v1/thing", b"", If_None_Match=header)).endswith(b'{"revision":7}')


@pytest.mark.parametrize(
    ("header", "status"), [('"7"', 200), ("*", 200), ('"6"', 412), ('W/"7"', 412), ('"none"', 412), ("7", 400)]
)
def test_a_change_of_what_was_seen_is_made_and_no_other(node, header, status):
    answer = node.talk(request("PATCH", "/v1/thing", b"{}", If_Match=header))
    assert int(answer.split()[1]) == status
    assert (status == 412) == (b"urn:seawall:error:precondition.failed" in answer)


def test_the_body_alone_is_a_conflict_as_before(node):
    answer = node.talk(request("PATCH", "/v1/thing", b'{"if_revision":6}'))
    assert answer.startswith(b"HTTP/1.1 409")
    assert b"keys.revision" in answer


def test_header_and_body_say_the_same():
    assert demanding(Change(if_revision=7), '"7"') == demanding(Change(), '"7"') == Change(if_revision=7)
    with pytest.raises(InvalidInput, match="another revision"):
        demanding(Change(if_revision=6), '"7"')
    with pytest.raises(InvalidInput, match="single"):
        demanding(Change(), '"6", "7"')
    assert tag(7) == b'"7"'
    assert known(tag(7).decode(), 7)


def test_the_description_says_where_tags_are_heeded():
    paths = document(operations(ROUTES), "1")["paths"]
    for path in ("/v1/domains/{domain}", "/v1/domains/{domain}/keys/{key}"):
        shown, changed = paths[path]["get"], paths[path]["patch"]
        assert "ETag" in shown["responses"]["200"]["headers"]
        assert "304" in shown["responses"]
        assert "412" in changed["responses"]
        assert {"$ref": "#/components/parameters/IfMatch"} in changed["parameters"]
