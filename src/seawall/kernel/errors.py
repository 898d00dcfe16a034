"""The error root.

A subclass says what the caller can do about it; ``code`` says which error it is and never changes; ``text`` is safe to
show to whoever asked; ``remedy`` says what to do. No secret and no stored value is ever part of any of them.
"""

from typing import ClassVar


class SeawallError(Exception):
    """Root of everything that Seawall raises on purpose.

    Args:
        code: stable, dotted, lower case, such as ``keys.unknown``.
        text: one sentence that is safe to show.
        field: the input that is wrong, as the caller named it, where one is.
        remedy: what the caller can do, one sentence.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, code: str, text: str, *, field: str | None = None, remedy: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.field = field
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [f"{self.field}: {self.text}" if self.field else self.text]
        if self.remedy:
            parts.append(self.remedy)
        return " ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.text, self.field, self.remedy))


def _rebuild(cls: type[SeawallError], code: str, text: str, field: str | None, remedy: str | None) -> SeawallError:
    return cls(code, text, field=field, remedy=remedy)


class InvalidInput(SeawallError):
    """The request is wrong as it stands; mend the named field and ask again."""

    kind = "invalid_input"


class Unauthenticated(SeawallError):
    """Nobody proved who they are; sign in or present a valid token."""

    kind = "unauthenticated"


class Denied(SeawallError):
    """Policy says no; ask somebody who may."""

    kind = "denied"


class NotFound(SeawallError):
    """There is no such thing, or the caller may not know of it."""

    kind = "not_found"


class Conflict(SeawallError):
    """The thing is in a state that does not allow this; the text names what is allowed."""

    kind = "conflict"


class TooLarge(SeawallError):
    """The input is over a stated limit."""

    kind = "too_large"


class Unavailable(SeawallError):
    """Something that is needed does not answer now; try again when it does. Nothing was changed."""

    kind = "unavailable"


class Corrupt(SeawallError):
    """Stored state fails its own integrity check; stop and look before going on."""

    kind = "corrupt"


class ApprovalNeeded(SeawallError):
    """Others must approve before this runs; ``approval`` is the request that waits for them. Nothing was changed."""

    kind = "approval_needed"

    def __init__(self, approval: str, text: str) -> None:
        super().__init__(
            "approvals.needed", text, remedy=f"When approval {approval} has its votes, ask for exactly the same again."
        )
        self.approval = approval

    def __reduce__(self) -> tuple[object, ...]:
        return (ApprovalNeeded, (self.approval, self.text))
