from hypothesis import given
from hypothesis import strategies as st

from seawall.capabilities.evidence.model import ControlResult, DomainResult, Status
from seawall.edge.console.shapes import ago, protected
from seawall.edge.console.wall import build


def control(name: str, status: Status) -> ControlResult:
    return ControlResult(
        id=name,
        statement="",
        section=None,
        layer="",
        status=status,
        reconstructed=False,
        reasons=(),
        evidence=(),
        checks=(),
        awaits=(),
        refs=(),
    )


domains = st.lists(st.lists(st.sampled_from(Status), max_size=40), max_size=12).map(
    lambda found: [
        DomainResult(
            id=f"d{place}", title="", controls=tuple(control(f"c{place}-{n}", s) for n, s in enumerate(statuses))
        )
        for place, statuses in enumerate(found)
    ]
)


@given(domains)
def test_every_control_has_one_stone_inside_the_picture_and_none_covers_another(found):
    wall = build(found)
    assert sorted(stone.id for stone in wall.stones) == sorted(c.id for d in found for c in d.controls)
    taken = []
    for stone in wall.stones:
        assert 0 <= stone.x <= wall.width - wall.stone_width
        assert 0 <= stone.y <= wall.base - wall.stone_height
        for x, y in taken:
            assert abs(x - stone.x) >= wall.stone_width or abs(y - stone.y) >= wall.stone_height
        taken.append((stone.x, stone.y))


@given(domains)
def test_what_is_satisfied_lies_lowest(found):
    for domain in found:
        stones = build([domain]).stones
        for low in stones:
            for high in stones:
                if low.y > high.y:
                    assert low.status.rank >= high.status.rank


def test_how_long_ago():
    assert ago(0, 0) == "0 s"
    assert ago(1000, 0) == "0 s"
    assert ago(0, 59_999) == "59 s"
    assert ago(0, 60_000) == "1 min"
    assert ago(0, 7_200_000) == "2 h"
    assert ago(0, 200 * 86_400_000) == "200 d"


def test_nothing_protected_and_nothing_scanned_is_nothing():
    assert protected((), None) is None
