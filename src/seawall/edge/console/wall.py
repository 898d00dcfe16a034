"""The assessment as a picture: a sea wall with a stone for every control, laid domain by domain.

What is satisfied lies at the bottom and carries; what is partial, not satisfied and not assessed lies above it, so that
the height of the whole stone shows how far the wall has grown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seawall.capabilities.evidence.model import ControlResult, DomainResult, Status

_COURSES: Final = 6
_WIDTH: Final = 42
_HEIGHT: Final = 22
_JOINT: Final = 3
_BOND: Final = 9
_GAP: Final = 22
_MARGIN: Final = 16
_SKY: Final = 18
_FOOT: Final = 62
_WAVE: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Stone:
    """One control: where its stone lies, how it stands, and what it says."""

    x: int
    y: int
    status: Status
    id: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One domain's part of the wall."""

    x: int
    width: int
    id: str
    title: str
    satisfied: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """The whole picture, in its own units."""

    width: int
    height: int
    base: int
    stones: tuple[Stone, ...]
    sections: tuple[Section, ...]
    waves: tuple[str, ...]
    stone_width: int = _WIDTH
    stone_height: int = _HEIGHT


def build(domains: Sequence[DomainResult]) -> Wall:
    """Lay the stones."""
    stones: list[Stone] = []
    sections: list[Section] = []
    columns_of = {domain.id: max(1, -(-len(domain.controls) // _COURSES)) for domain in domains}
    courses = max((-(-len(domain.controls) // columns_of[domain.id]) for domain in domains), default=1)
    base = _SKY + courses * (_HEIGHT + _JOINT)
    x = _MARGIN
    for domain in domains:
        columns = columns_of[domain.id]
        width = columns * (_WIDTH + _JOINT) - _JOINT + _BOND
        stones += _lay(sorted(domain.controls, key=_weight), columns, x, base)
        sections.append(
            Section(x=x, width=width, id=domain.id, title=domain.title, satisfied=domain.satisfied, total=domain.total)
        )
        x += width + _GAP
    width = max(x - _GAP + _MARGIN, 4 * _WAVE)
    waves = (_wave(width, base + 12, 0), _wave(width, base + 20, _WAVE // 2))
    return Wall(
        width=width, height=base + _FOOT, base=base, stones=tuple(stones), sections=tuple(sections), waves=waves
    )


def _lay(controls: Sequence[ControlResult], columns: int, x: int, base: int) -> list[Stone]:
    laid = []
    for place, control in enumerate(controls):
        course, column = divmod(place, columns)
        laid.append(
            Stone(
                x=x + column * (_WIDTH + _JOINT) + (_BOND if course % 2 else 0),
                y=base - (course + 1) * (_HEIGHT + _JOINT),
                status=control.status,
                id=control.id,
                statement=control.statement,
            )
        )
    return laid


def _weight(control: ControlResult) -> tuple[int, str]:
    return -control.status.rank, control.id


def _wave(width: int, y: int, shift: int) -> str:
    crests = "".join(f" q {_WAVE // 4} -7 {_WAVE // 2} 0 t {_WAVE // 2} 0" for _ in range(width // _WAVE + 2))
    return f"M {-shift - _WAVE} {y}{crests} V {y + _FOOT} H {-shift - _WAVE} Z"
