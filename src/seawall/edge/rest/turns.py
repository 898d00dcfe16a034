"""What waits on a connection of the fast lane: answers, for their record and for their turn."""

from typing import Protocol

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.problems import problem
from seawall.kernel.errors import SeawallError


class Advancing(Protocol):
    """A connection that sends the answers whose turn has come."""

    def advance(self) -> None:
        """Send them."""
        ...


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
