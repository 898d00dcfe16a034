"""Tables: whole lines where nobody looks at a screen, what fits where somebody does."""

import io

import pytest

from seawall.access.commands import PrincipalView
from seawall.access.model import PrincipalKind
from seawall.capabilities.keys.domain import DomainState
from seawall.capabilities.keys.views import DomainView
from seawall.edge.cli.commands.keys import show_domains
from seawall.edge.cli.commands.people import _show
from seawall.edge.cli.output import Output
from seawall.kernel.terms import Role

ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
LONG = "a path that has many words " * 12
MADE_MS, LATER_MS = 1_767_830_400_000, 1_770_422_400_000
ENGINEER = PrincipalView(
    id=ID,
    name="engineer",
    kind=PrincipalKind.PERSON,
    roles=(Role.SECURITY_ENGINEER,),
    domains=("harbour",),
    created_ms=MADE_MS,
    disabled_ms=None,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return stream


@pytest.mark.parametrize("columns", ["20", "80", None])
def test_into_a_file_a_row_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    else:
        monkeypatch.delenv("COLUMNS", raising=False)
    Output(as_json=False).table(f"[title] {LONG}", ("id", "what", "n"), [(ID, LONG.strip(), 1234)])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == f"[title] {LONG}".strip()
    (row,) = [line for line in lines if line.startswith(ID)]
    assert LONG.strip() in row
    assert row.endswith("1,234")


def test_people_fit_into_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch, 80)
    _show(Output(as_json=False), [ENGINEER])
    (row,) = [line for line in stream.getvalue().splitlines() if "engineer" in line]
    assert row.split() == ["engineer", "person", "security_engineer", "harbour", "2026-01-08"]
    assert "id" not in stream.getvalue().split()


def test_people_have_their_ids_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _show(Output(as_json=False), [ENGINEER])
    assert ID in capsys.readouterr().out
    stream = terminal(monkeypatch, 160)
    _show(Output(as_json=False), [ENGINEER])
    assert ID in stream.getvalue()


@pytest.mark.parametrize(
    ("shred_after_ms", "destroyed_ms", "state", "shown"),
    [
        (None, None, DomainState.ACTIVE, "active"),
        (LATER_MS, None, DomainState.ACTIVE, "shred pending until 2026-02-07T00:00:00.000Z"),
        (LATER_MS, LATER_MS, DomainState.DESTROYED, "destroyed"),
    ],
)
def test_a_domain_that_waits_to_be_shredded_says_so(
    shred_after_ms: int | None,
    destroyed_ms: int | None,
    state: DomainState,
    shown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    domain = DomainView(
        id=ID,
        name="bank",
        state=state,
        waiting_days=30,
        trial=False,
        deactivated_decrypts=True,
        compromised_decrypts=False,
        forbidden_algorithms=[],
        forbidden_mechanisms=[],
        minimum_strength=0,
        jurisdictions=[],
        kek_generation=1,
        revision=1,
        created_ms=MADE_MS,
        shred_after_ms=shred_after_ms,
        destroyed_ms=destroyed_ms,
    )
    show_domains(Output(as_json=False), [domain])
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "bank" in line]
    assert [cell.strip() for cell in row.split("  ") if cell.strip()][1] == shown
