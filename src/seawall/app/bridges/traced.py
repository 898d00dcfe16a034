"""The desk and the root of trust, followed: they do what they do, and each call is a step of the request."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from seawall.capabilities.keys.ports import RootOfTrust
from seawall.desk.desk import Begun, Desk
from seawall.kernel.command import Command
from seawall.kernel.errors import SeawallError
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Principal
from seawall.kernel.trace import Tracer

T = TypeVar("T")


class TracedDesk:
    """The desk, as far as REST uses it, with a step for each command."""

    def __init__(self, desk: Desk, tracer: Tracer) -> None:
        self._desk = desk
        self._tracer = tracer
        self.instant = desk.instant
        self.submit = desk.submit
        self.stranger = desk.stranger
        self.arrived = desk.arrived
        self.arrived = desk.arrived

    async def handle(
        self, principal: Principal, command: Command, *, source: str, origin: str = "", **more: Any
    ) -> Any:
        """Carry out a command.

        Raises:
            SeawallError: what was refused.
        """
        with self._tracer.step("desk") as span:
            span.say(seawall__action=command.action, seawall__resource__type=command.resource().type)
            return await self._desk.handle(principal, command, source=source, origin=origin, **more)

    def begin(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Begun:
        """Carry out an inline command at once."""
        return self._desk.begin(principal, command, source=source, origin=origin)


class TracedRoot:
    """A root of trust with a step for each use."""

    def __init__(self, root: RootOfTrust, tracer: Tracer) -> None:
        self._root = root
        self._tracer = tracer

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal.

        Raises:
            SeawallError: as the root's.
        """
        return self._step("wrap", lambda: self._root.wrap(plaintext, context))

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Open.

        Raises:
            SeawallError: as the root's.
        """
        return self._step("unwrap", lambda: self._root.unwrap(wrapped, context))

    def __getattr__(self, name: str) -> Any:
        """Give whatever else the root has."""
        return getattr(self._root, name)

    def _step(self, operation: str, work: Callable[[], T]) -> T:
        with self._tracer.step("root") as span:
            span.say(seawall__operation=operation)
            try:
                return work()
            except SeawallError as error:
                span.fail(error.code)
                raise


def followed(root: RootOfTrust, tracer: Tracer) -> RootOfTrust:
    """Follow a root of trust."""
    return cast("RootOfTrust", TracedRoot(root, tracer))
