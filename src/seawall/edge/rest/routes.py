"""A route: a method and a path on one side, a command on the other, and how bytes become the one from the other."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from seawall.edge.rest.faults import misfit
from seawall.kernel.command import Command

_PARAMETER: Final = re.compile(r"{(\w+)}")
_BODILESS: Final = frozenset({"GET", "DELETE"})
_CHANGES: Final = frozenset({1, 3, 4})  # OCSF's activities: create, update, delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table.

    Args:
        method: the HTTP method.
        path: the path, with the command's fields that it carries in braces.
        command: what is asked.
        result: what comes back; None where nothing does.
        status: the status of success.
        public: whether somebody who has proved nothing yet may ask it (signing in, enrolling).
        fast: whether the fast lane answers it too; the command is inline then, and its path fields are plain names.
        large: whether it takes many values at once: what is too much for the fast lane then goes to the slow one.
        fixed: fields of the command that nobody sets over this edge, with their values.
        secret: whether what comes back is told once: it is kept for no repetition.
    """

    method: str
    path: str
    command: type[Command]
    result: Any = None
    status: int = 200
    public: bool = False
    fast: bool = False
    large: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)
    secret: bool = False


class Operation:
    """A route made ready: decodes requests into its command and encodes what comes back."""

    __slots__ = ("_body", "_decode", "_encode", "body_fields", "body_type", "index", "path_fields", "route")

    def __init__(self, route: Route, index: int) -> None:
        self.route = route
        self.index = index
        fields = {info.name: info for info in msgspec.structs.fields(route.command)}
        names = _PARAMETER.findall(route.path)
        unknown = {*names, *route.fixed} - fields.keys()
        if unknown:
            raise TypeError(f"{route.path} names {sorted(unknown)}, which {route.command.__name__} does not have")
        self.path_fields = {name: fields[name] for name in names}
        taken = {*self.path_fields, *route.fixed}
        self.body_fields = {name: info for name, info in fields.items() if name not in taken}
        self.body_type = _body_type(route.command, self.body_fields.values())
        self._decode = msgspec.json.Decoder(self.body_type).decode
        self._encode = msgspec.json.Encoder().encode
        self._body = tuple(self.body_fields)

    @property
    def bodiless(self) -> bool:
        """Whether what the path does not carry comes in the query, not in a body."""
        return self.route.method in _BODILESS

    @property
    def tagged(self) -> bool:
        """Whether what comes back has a revision, which is its entity tag."""
        return "revision" in getattr(self.route.result, "__struct_fields__", ())

    @property
    def reads_tag(self) -> bool:
        """Whether ``If-None-Match`` is heeded."""
        return self.tagged and self.route.method == "GET"

    @property
    def conditional(self) -> bool:
        """Whether ``If-Match`` is heeded."""
        return "if_revision" in self.body_fields

    @property
    def repeatable(self) -> bool:
        """Whether ``Idempotency-Key`` is heeded: it makes or changes something, and answers no stranger."""
        route = self.route
        return route.method == "POST" and route.command.activity in _CHANGES and not (route.public or route.fast)

    def from_body(self, path: Mapping[str, Any], body: bytes | bytearray) -> Command:
        """Make the command of path parameters and a JSON body; an empty body stands for an empty object.

        Raises:
            InvalidInput: naming the field that is wrong.
        """
        try:
            values = self._decode(body or b"{}")
            return self._command(path, values)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise misfit(error) from None

    def from_query(self, path: Mapping[str, Any], query: Iterable[tuple[str, str]]) -> Command:
        """Make the command of path parameters and the query, where a name that comes twice makes a list.

        Raises:
            InvalidInput: naming the parameter that is wrong.
        """
        given: dict[str, Any] = {}
        for name, value in query:
            if name in given:
                given[name] = [*given[name], value] if isinstance(given[name], list) else [given[name], value]
            else:
                given[name] = value
        for name, info in self.body_fields.items():
            if isinstance(given.get(name), str) and _takes_many(info.type):
                given[name] = [given[name]]
        try:
            values = msgspec.convert(given, self.body_type, strict=False)
            return self._command(path, values)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise misfit(error) from None

    def from_path(self, raw: Mapping[str, str]) -> dict[str, Any]:
        """Convert path parameters to the types of the command's fields.

        Raises:
            InvalidInput: naming the parameter that is wrong.
        """
        values: dict[str, Any] = {}
        for name, info in self.path_fields.items():
            try:
                values[name] = msgspec.convert(raw[name], info.type, strict=False)
            except msgspec.ValidationError as error:
                raise misfit(error, name) from None
        return values

    def _command(self, path: Mapping[str, Any], values: msgspec.Struct) -> Command:
        return self.route.command(**path, **self.route.fixed, **{name: getattr(values, name) for name in self._body})

    def to_body(self, result: Any) -> bytes:
        """Encode what came back."""
        return b"" if self.route.status == 204 else self._encode(result)  # noqa: PLR2004 - No Content


def operations(routes: Iterable[Route]) -> tuple[Operation, ...]:
    """Make a table's routes ready."""
    return tuple(Operation(route, index) for index, route in enumerate(routes))


def _body_type(command: type[Command], fields: Iterable[msgspec.structs.FieldInfo]) -> type[msgspec.Struct]:
    definition: list[tuple[str, Any, Any]] = []
    for info in fields:
        if info.default_factory is not msgspec.NODEFAULT:
            default: Any = msgspec.field(default_factory=info.default_factory, name=info.encode_name)
        elif info.default is not msgspec.NODEFAULT:
            default = msgspec.field(default=info.default, name=info.encode_name)
        else:
            default = msgspec.field(name=info.encode_name)
        definition.append((info.name, info.type, default))
    return msgspec.defstruct(
        f"{command.__name__}Request",
        definition,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=command.__module__,
    )


def _takes_many(kind: Any) -> bool:
    name = str(getattr(kind, "__origin__", ""))
    return any(word in name for word in ("list", "tuple", "set", "Sequence"))
