"""Masks: what stays of a value that is never revealed."""

from typing import Final

WIDTH: Final = 8


def mask(text: str, *, keep_first: int, keep_last: int, keep_length: bool, character: str) -> str:
    """Mask a text, keeping its ends.

    The masked part is :data:`WIDTH` characters wide whatever it hides, unless ``keep_length``. A text with nothing to
    hide between what would be kept is masked whole.
    """
    hidden = len(text) - keep_first - keep_last
    if hidden <= 0:
        return character * (len(text) if keep_length else WIDTH)
    middle = character * (hidden if keep_length else WIDTH)
    return text[:keep_first] + middle + (text[-keep_last:] if keep_last else "")
