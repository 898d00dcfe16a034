"""Folders, links and globs."""

import os

from seawall.adapters.sources.walk import expand, walk


def names(root):
    return {f.name: f.why and f.why.code for f in walk(root)}


def test_folders_are_walked_in_order_with_hidden_files(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/2.txt", "b/1.txt", ".hidden", "a"):
        (tmp_path / name).write_text("x")
    assert list(names(tmp_path)) == [".hidden", "a", "b/1.txt", "b/c/2.txt"]
    assert names(tmp_path / "a") == {"a": None}


def test_a_loop_of_links_is_told_once_and_not_followed(tmp_path):
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "x").write_text("x")
    (tmp_path / "d" / "e" / "up").symlink_to(tmp_path / "d")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(tmp_path) == {"d/e/up": "source.loop", "d/x": None, "self": "source.link"}


def test_links_inside_are_followed_and_links_outside_are_not(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a").write_text("x")
    (root / "to_file").symlink_to(root / "sub" / "a")
    (root / "to_folder").symlink_to(root / "sub")
    (root / "out_file").symlink_to(outside / "secret")
    (root / "out_folder").symlink_to(outside)
    (root / "nowhere").symlink_to(root / "gone")
    assert names(root) == {
        "nowhere": "source.link",
        "out_file": "source.link",
        "out_folder": "source.link",
        "sub/a": None,
        "to_file": None,
        "to_folder/a": None,
    }


def test_what_is_no_file_is_told_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert names(tmp_path) == {"pipe": "source.special"}


def test_globs(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/x.csv", "a/y.txt", "z.csv", "odd[1].csv"):
        (tmp_path / name).write_text("x")
    assert [p.name for p in expand(str(tmp_path / "**" / "*.csv"))] == ["x.csv", "odd[1].csv", "z.csv"]
    assert expand(str(tmp_path / "odd[1].csv")) == [tmp_path / "odd[1].csv"]
    assert expand(str(tmp_path / "*.none")) == []
