"""What waits on a connection of the fast lane: requests for their turn, answers for their record."""

from typing import Protocol

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.lane import Target
from seawall.edge.rest.problems import problem
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Principal


class Advancing(Protocol):
    """A connection that sends the answers whose turn has come."""

    def advance(self) -> None:
        """Send them."""
        ...


class Parked:
    """A request of this lane that came behind one of the application's and waits for it."""

    __slots__ = ("began", "body", "principal", "target")

    def __init__(self, target: Target, principal: Principal, body: bytes | bytearray, began: float) -> None:
        self.target = target
        self.principal = principal
        self.body = body
        self.began = began


class Waiting:
    """An answer of this lane that waits for its record or for its turn."""

    __slots__ = ("_connection", "_instance", "answer", "began", "ready", "route")

    def __init__(
        self, connection: Advancing, answer: Answer, *, route: int, instance: str, began: float, ready: bool = False
    ) -> None:
        self.answer = answer
        self.route = route
        self.began = began
        self.ready = ready
        self._connection = connection
        self._instance = instance

    def settle(self, error: SeawallError | None) -> None:
        """Hear that the record is durable, or what kept it out: then nothing of the answer leaves."""
        if error is not None:
            self.answer = problem(error, self._instance)
        self.ready = True
        self._connection.advance()
