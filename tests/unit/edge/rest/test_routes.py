from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
import pytest

from seawall.edge.rest.routes import Operation, Route
from seawall.kernel.command import Command
from seawall.kernel.errors import InvalidInput


class Turn(Command):
    """Turn a wheel."""

    action: ClassVar[str] = "wheels.turn"
    wheel: UUID
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    tags: tuple[str, ...] = ()
    secret: str = "kept"
    more: list[int] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        if self.times == 13:
            raise InvalidInput("wheels.unlucky", "not thirteen times.", field="times")


POST = Operation(Route(method="POST", path="/v1/wheels/{wheel}", command=Turn, fixed={"secret": "fixed"}), 0)
GET = Operation(Route(method="GET", path="/v1/wheels/{wheel}", command=Turn), 0)
ID = "018f4e1a-0000-7000-8000-000000000001"


def test_path_body_and_fixed_fields_make_the_command():
    path = POST.from_path({"wheel": ID})
    command = POST.from_body(path, b'{"times":3,"tags":["a"]}')
    assert command == Turn(wheel=UUID(ID), times=3, tags=("a",), secret="fixed")
    assert POST.from_body(path, b"") == Turn(wheel=UUID(ID), secret="fixed")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b'{"times":0}', "request.field_invalid", "times"),
        (b'{"times":13}', "wheels.unlucky", "times"),
        (b'{"secret":"mine"}', "request.field_unknown", "secret"),
        (b'{"wheel":"' + ID.encode() + b'"}', "request.field_unknown", "wheel"),
        (b'{"more":[1,"x"]}', "request.field_invalid", "more[1]"),
    ],
)
def test_what_is_wrong_is_named(body, code, field):
    with pytest.raises(InvalidInput) as caught:
        POST.from_body({"wheel": UUID(ID)}, body)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_path_parameters_have_the_type_of_the_field():
    with pytest.raises(InvalidInput) as caught:
        POST.from_path({"wheel": "not-one"})
    assert caught.value.field == "wheel"


def test_a_query_makes_numbers_and_lists():
    command = GET.from_query({"wheel": UUID(ID)}, [("times", "2"), ("tags", "a"), ("more", "1"), ("more", "2")])
    assert command == Turn(wheel=UUID(ID), times=2, tags=("a",), more=[1, 2])


def test_defaults_are_not_shared():
    first = POST.from_body({"wheel": UUID(ID)}, b"{}")
    first.more.append(1)
    assert POST.from_body({"wheel": UUID(ID)}, b"{}").more == []


def test_a_route_that_does_not_fit_its_command_is_refused_at_once():
    with pytest.raises(TypeError):
        Operation(Route(method="POST", path="/v1/{wheels}", command=Turn), 0)
    with pytest.raises(TypeError):
        Operation(Route(method="POST", path="/v1/{wheel}", command=Turn, fixed={"colour": 1}), 0)
