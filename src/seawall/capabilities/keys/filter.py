"""What a list of keys is narrowed to."""

from dataclasses import dataclass
from typing import Self

from seawall.capabilities.keys.attributes import check_label
from seawall.capabilities.keys.commands import ListKeys
from seawall.capabilities.keys.model import Key, KeyState
from seawall.capabilities.keys.purposes import Purpose
from seawall.crypto.algorithms.registry import Algorithm
from seawall.kernel.errors import InvalidInput

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFilter:
    """Keys that have all of this; whatever is None or empty asks nothing.

    Args:
        state: their state.
        purpose: what they are for.
        algorithm: what their current version is.
        label: a label that they have.
        value: the value of that label.
        owner: who answers for them.
        prefix: what their names begin with.
        rotation_due_ms: a time by which their policy wants a new version.
        archived: whether those in the archive belong to it.
    """

    state: KeyState | None = None
    purpose: Purpose | None = None
    algorithm: Algorithm | None = None
    label: str = ""
    value: str | None = None
    owner: str = ""
    prefix: str = ""
    rotation_due_ms: int | None = None
    archived: bool = True

    @classmethod
    def of(cls, asked: ListKeys, now_ms: int) -> Self:
        """Read what a command asks for.

        Raises:
            InvalidInput: ``keys.labels`` or ``name.invalid``.
        """
        label, equals, value = asked.label.partition("=")
        if label or equals:
            check_label(label)
        if len(asked.prefix) > _LONGEST or not _NAME.issuperset(asked.prefix):
            raise InvalidInput(
                "name.invalid", "a name begins with characters of a-z, 0-9, '.', '_' and '-'.", field="prefix"
            )
        return cls(
            state=asked.state,
            purpose=asked.purpose,
            algorithm=asked.algorithm,
            label=label,
            value=value if equals else None,
            owner=asked.owner,
            prefix=asked.prefix,
            rotation_due_ms=now_ms if asked.rotation_due else None,
            archived=asked.archived,
        )

    def takes(self, key: Key) -> bool:
        """Say whether a key belongs to it."""
        said, due = key.attributes, key.rotate_after_ms()
        return (
            self.state in (None, key.life.state)
            and self.purpose in (None, key.purpose)
            and self.algorithm in (None, key.algorithm)
            and (not self.label or self.label in said.labels)
            and (self.value is None or said.labels.get(self.label) == self.value)
            and self.owner in ("", said.owner)
            and key.name.startswith(self.prefix)
            and (self.rotation_due_ms is None or (due is not None and due <= self.rotation_due_ms))
            and (self.archived or not key.life.archived)
        )


EVERY_KEY = KeyFilter()
