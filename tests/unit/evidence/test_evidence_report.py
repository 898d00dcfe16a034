"""The report and the gap register: whole, self-contained, honest about reconstruction, and harmless to open."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from seawall.capabilities.evidence.commands import Assess
from seawall.capabilities.evidence.model import Status
from seawall.capabilities.evidence.report.html import age, entry, moment, render_html
from seawall.capabilities.evidence.report.register import COLUMNS, render_register
from seawall.kernel.errors import Unavailable
from support import evidence as bank
from support.evidence import DAY, Bank, Desk, FakeTurn

HOSTILE = "<script>alert(1)</script>"


def assess(**changes):
    return Desk(bank=Bank(**changes)).handler()(FakeTurn(), Assess(formats=())).assessment


def html(assessment):
    return render_html(assessment)["report.html"].decode()


class Page(HTMLParser):
    """Counts tags, ids and links, and finds what is not closed."""

    VOID = frozenset({"meta", "br", "col", "rect", "path", "link", "img"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.words = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open
    return page


def test_the_report_is_well_formed_and_needs_nothing_else():
    page = read(html(assess()))
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    kinds = {tag for tag, _ in page.tags}
    assert not kinds & {"script", "link", "img", "iframe", "object", "form", "input"}
    assert not re.search(r"https?://", html(assess()))
    assert "url(" not in html(assess())


def test_every_control_has_its_row_with_status_reason_evidence_and_mark():
    assessment = assess()
    text = html(assessment)
    for control in assessment.controls():
        row = re.search(rf'<tr id="{re.escape(control.id)}">(.*?)</tr>', text, re.DOTALL).group(1)
        assert row.count('class="tag reconstructed"') == 1
        assert f'pill {control.status.value}"' in row
        for one in control.evidence:
            assert one.source.removeprefix("ledger:") in row
            assert one.measured_at in row
        assert row.count("evidence-item") == len(control.evidence)


def test_the_picture_has_one_stone_for_each_control():
    assessment = assess()
    text = html(assessment)
    picture = text[text.index('<table class="picture">') : text.index("</table>")]
    for status in Status:
        stones = len(re.findall(rf'<g class="{status.value}"', picture))
        assert stones == getattr(assessment.totals, status.value)


def test_a_verified_control_bears_no_mark():
    import msgspec

    assessment = assess()
    domains = tuple(
        msgspec.structs.replace(
            domain,
            controls=tuple(msgspec.structs.replace(one, reconstructed=False) for one in domain.controls),
        )
        for domain in assessment.domains
    )
    text = html(msgspec.structs.replace(assessment, domains=domains))
    assert "tag reconstructed" not in text
    assert "Reconstructed catalogue" not in text


def test_hostile_names_are_shown_and_not_run():
    text = html(assess(the_scans=[bank.scan(target=HOSTILE)], the_protections=[]))
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    read(text)


def test_stale_evidence_and_what_was_not_measured_is_shown():
    desk = Desk()
    desk.handler()(FakeTurn(), Assess(formats=()))
    desk.bank.the_ledger = Unavailable("ledger.busy", "the ledger does not answer.")
    desk.clock.advance(2 * DAY / 1000)
    text = html(desk.handler()(FakeTurn(), Assess(formats=())).assessment)
    assert "stale, 2 days old" in text
    assert "ledger.busy" in text
    assert "What could not be measured" in text
    assert "What could not be measured" not in html(assess())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 days")],
)
def test_an_age_is_said_in_the_unit_that_fits(seconds, said):
    assert age(seconds) == said


def test_sources_and_times_for_reading():
    assert entry("ledger:abc") == "abc"
    assert entry("store") == ""
    assert moment("2026-01-08T01:02:03.456Z") == "2026-01-08 01:02:03 UTC"


def rows(assessment):
    body = render_register(assessment)["gap-register.csv"]
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_the_register_lists_every_gap_with_room_for_owner_and_date():
    assessment = assess()
    listed = rows(assessment)
    gaps = [one for one in assessment.controls() if one.status is not Status.SATISFIED]
    assert [row["control"] for row in listed] == [one.id for one in gaps]
    assert [row["status"] for row in listed] == [one.status.value for one in gaps]
    assert tuple(listed[0]) == COLUMNS
    assert all(row["owner"] == row["due"] == "" for row in listed)
    assert {row["text"] for row in listed} == {"reconstructed"}
    assert all(row["reason"] for row in listed)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_cell_is_never_a_formula(start):
    import msgspec

    assessment = assess()
    domain = assessment.domains[0]
    control = msgspec.structs.replace(domain.controls[0], reasons=(f"{start}cmd|' /c calc'!A0",))
    changed = msgspec.structs.replace(domain, controls=(control,))
    (row,) = rows(msgspec.structs.replace(assessment, domains=(changed,)))
    assert row["reason"].startswith("'")
