"""Policy files of a home."""

from pathlib import Path

import pytest

from seawall.access.model import PolicyFile
from seawall.adapters.identity.policy_files import PolicyFolder
from seawall.kernel.errors import InvalidInput, TooLarge


def test_files_are_read_by_name_and_others_left_alone(tmp_path: Path) -> None:
    (tmp_path / "b.cedar").write_text("// é", encoding="utf-8")
    (tmp_path / "a.cedar").write_text("// a")
    (tmp_path / "notes.txt").write_text("permit(")
    assert PolicyFolder(tmp_path).read() == (
        PolicyFile(name="a.cedar", text="// a"),
        PolicyFile(name="b.cedar", text="// é"),
    )


def test_a_home_without_policies_has_none(tmp_path: Path) -> None:
    assert PolicyFolder(tmp_path / "policies").read() == ()


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.cedar").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput) as raised:
        PolicyFolder(tmp_path).read()
    assert raised.value.field == "a.cedar"
    (tmp_path / "a.cedar").unlink()
    (tmp_path / "dir.cedar").mkdir()
    with pytest.raises(InvalidInput) as raised:
        PolicyFolder(tmp_path).read()
    assert raised.value.field == "dir.cedar"


def test_size_and_number_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.cedar").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(TooLarge) as raised:
        PolicyFolder(tmp_path).read()
    assert raised.value.field == "a.cedar"
    (tmp_path / "a.cedar").unlink()
    for number in range(257):
        (tmp_path / f"{number}.cedar").touch()
    with pytest.raises(TooLarge):
        PolicyFolder(tmp_path).read()
