"""What the documentation tells people to type is typed, in its order, and what it says they will see is seen."""

import re
from pathlib import Path

import pytest

from support import docs

#: One page goes on where the page before it ended.
PAGES = (
    "quickstart.md",
    "guides/find.md",
    "guides/protect.md",
    "guides/data-plane.md",
    "guides/rotation.md",
    "guides/keys.md",
    "guides/access.md",
    "guides/dual-control.md",
    "guides/ledger.md",
    "guides/prove.md",
    "guides/rest.md",
    "operations.md",
    "guides/tls.md",
    "guides/root-of-trust.md",
    "guides/backup.md",
)


def test_everything_that_the_documentation_tells_to_type_works_as_it_says(tmp_path: Path) -> None:
    told = [step for page in PAGES for step in docs.steps(page)]
    assert len(told) > 60, "the pages lost their commands"

    docs.type_all(told, tmp_path, seconds=400)


@pytest.mark.parametrize(
    "page", [*PAGES, "guides/custodian.md", "index.md", "architecture.md", "threat-model.md", "../README.md"]
)
def test_every_file_that_a_page_points_to_is_there(page: str) -> None:
    text = (docs.DOCS / page).read_text(encoding="utf-8")

    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]

    missing = [link for link in links if link and "://" not in link and not ((docs.DOCS / page).parent / link).exists()]
    assert not missing
