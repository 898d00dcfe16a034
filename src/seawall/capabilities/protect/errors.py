"""The errors of this room, each made in one place."""

from seawall.kernel.errors import Conflict, InvalidInput, NotFound


def wrong_policy(text: str, *, field: str = "policy", remedy: str | None = None) -> InvalidInput:
    """Say that a policy cannot be used; ``field`` is the path of what is wrong in it."""
    return InvalidInput("protect.policy", text, field=field, remedy=remedy)


def unknown_protection() -> NotFound:
    """Say that nothing here is known by that id or path."""
    return NotFound(
        "protect.unknown",
        "no protected copy is known by this id or path.",
        field="protection",
        remedy="Name the path to which the copy was written, or the id that protecting it returned.",
    )


def not_a_token(field: str) -> InvalidInput:
    """Say that a value did not come from the column, without saying what it is."""
    return InvalidInput(
        "protect.not_a_token",
        "this value is no token and no ciphertext of this column.",
        field=field,
        remedy="Pass the value exactly as it stands in the protected copy.",
    )


def changed_copy(field: str, row: str) -> Conflict:
    """Say that a protected copy holds something that was not put there by protecting it."""
    return Conflict(
        "protect.copy_changed",
        f"{row} holds a value that is no token and no ciphertext of this column, so it was changed since.",
        field=field,
        remedy="Protect the source again.",
    )
