"""Documents on disk: whole, private, and only where they may go."""

import os
import stat

import pytest

from seawall.adapters.files.reports import ReportShelf
from seawall.kernel.errors import InvalidInput, Unavailable


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_documents_are_private_and_whole(tmp_path):
    before = os.umask(0)
    try:
        paths = ReportShelf(tmp_path / "reports").put("q1", {"a.html": b"one", "b.csv": b"two"})
    finally:
        os.umask(before)
    folder = tmp_path / "reports" / "q1"
    assert paths == [str(folder / "a.html"), str(folder / "b.csv")]
    assert (folder / "a.html").read_bytes() == b"one"
    assert (mode(folder), mode(folder / "a.html")) == (0o700, 0o600)
    assert sorted(one.name for one in folder.iterdir()) == ["a.html", "b.csv"]


def test_a_document_is_replaced_and_a_link_is_not_followed(tmp_path):
    shelf = ReportShelf(tmp_path / "reports")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    (tmp_path / "reports" / "q1").mkdir(parents=True)
    (tmp_path / "reports" / "q1" / "a").symlink_to(elsewhere)
    shelf.put("q1", {"a": b"new"})
    assert elsewhere.read_bytes() == b"mine"
    assert (tmp_path / "reports" / "q1" / "a").read_bytes() == b"new"


@pytest.mark.parametrize("folder", ["../out", "a/../../out", "/tmp/out", "link"])
def test_the_folder_lies_under_the_root(tmp_path, folder):
    root = tmp_path / "reports"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        ReportShelf(root).put(folder, {"a": b"x"})
    assert (caught.value.code, caught.value.field) == ("evidence.folder", "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a").exists()


def test_the_command_line_may_name_any_folder(tmp_path):
    wanted = tmp_path / "mine"
    assert ReportShelf(tmp_path / "reports", anywhere=True).put(str(wanted), {"a": b"x"}) == [str(wanted / "a")]


def test_a_file_in_the_way_is_said_and_leaves_no_draft(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable) as caught:
        ReportShelf(tmp_path).put("file", {"a": b"x"})
    assert caught.value.code == "evidence.unwritable"
    (tmp_path / "q1" / "a").mkdir(parents=True)
    with pytest.raises(Unavailable):
        ReportShelf(tmp_path).put("q1", {"a": b"x"})
    assert [one.name for one in (tmp_path / "q1").iterdir()] == ["a"]
