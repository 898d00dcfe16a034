"""Where commands read and write no data: in the home, whatever path leads there, and outside the folders set out."""

import sqlite3
from pathlib import Path

import pytest

from seawall.adapters.files.fence import Fence
from seawall.adapters.sources.targets import Targets
from seawall.adapters.store.engine import Store
from seawall.adapters.targets.open import FileTargets
from seawall.app.fences import fence_of
from seawall.kernel.errors import InvalidInput
from seawall.settings import Home, Listen, Settings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    for folder in (made.path, made.samples, made.tokens, tmp_path / "data"):
        folder.mkdir()
    with sqlite3.connect(made.store) as db:
        db.execute("CREATE TABLE keys (material TEXT)")
    db.close()
    for file in (made.samples / "a.csv", made.tokens / "a.csv", tmp_path / "data" / "a.csv"):
        file.write_text("name,v\na,1\n")
    (tmp_path / "folder_link").symlink_to(made.path)
    (tmp_path / "link.csv").symlink_to(made.tokens / "a.csv")
    return made


def fence(home: Home, *, over_network: bool, roots: tuple[str, ...] = (), store: str = "") -> Fence:
    settings = Settings(store=store, listen=Listen(roots=list(roots)))
    return fence_of(home, settings, Store(store or f"sqlite:///{home.store}"), over_network=over_network)


WAYS_IN = (
    "home/tokens/a.csv",
    "data/../home/tokens/a.csv",
    "folder_link/tokens/a.csv",
    "link.csv",
    "home/store.sqlite",
)


@pytest.mark.parametrize("over_network", [True, False])
@pytest.mark.parametrize("way", WAYS_IN)
def test_nothing_of_the_home_is_read(home: Home, tmp_path: Path, way: str, over_network: bool) -> None:
    fenced = fence(home, over_network=over_network)
    path = f"{tmp_path}/{way}"
    for target in (path, f"sqlite:///{path}"):
        with (
            pytest.raises(InvalidInput) as caught,
            FileTargets(fenced).open(target, str(tmp_path / "out"), overwrite=False),
        ):
            pytest.fail("opened")
        assert (caught.value.code, caught.value.field) == ("targets.outside", "target")
        with pytest.raises(InvalidInput) as caught:
            Targets(workers=1, fence=fenced).open(target)
        assert caught.value.code == "source.outside"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("way", [*WAYS_IN, "folder_link/new.csv", "home/seawall.toml", "home/store.sqlite-wal"])
def test_nothing_of_the_home_is_written_or_replaced(home: Home, tmp_path: Path, way: str) -> None:
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    with (
        pytest.raises(InvalidInput) as caught,
        FileTargets(fence(home, over_network=True)).open(
            str(tmp_path / "data" / "a.csv"), f"{tmp_path}/{way}", overwrite=True
        ),
    ):
        pytest.fail("opened")
    assert (caught.value.code, caught.value.field) == ("targets.outside", "out")
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before


def test_a_store_beside_the_home_is_seawalls_own_too(home: Home, tmp_path: Path) -> None:
    fenced = fence(home, over_network=True, store=f"sqlite:///{tmp_path}/data/elsewhere.sqlite")
    assert not fenced.admits(tmp_path / "data" / "elsewhere.sqlite")
    assert not fenced.admits(tmp_path / "data" / "elsewhere.sqlite-wal")
    assert fenced.admits(tmp_path / "data" / "a.csv")


def test_the_sample_in_a_home_is_data(home: Home, tmp_path: Path) -> None:
    fenced = fence(home, over_network=True)
    with FileTargets(fenced).open(str(home.samples / "a.csv"), str(home.samples / "b.csv"), overwrite=False) as copy:
        assert copy.kind == "csv"
    assert Targets(workers=1, fence=fenced).open(str(home.samples)).files is not None
    assert fenced.admits(tmp_path / "data" / "a.csv")


def test_a_folder_around_the_home_is_looked_through_without_it(home: Home, tmp_path: Path) -> None:
    fenced = Targets(workers=1, fence=fence(home, over_network=True))
    found = fenced.open(str(tmp_path))
    assert found.databases == []
    assert found.files is not None
    told = {item.path: item.code for inspected in found.files.inspect() for item in inspected.items}
    assert told["home/store.sqlite"] == "source.outside"
    assert told["home/tokens/a.csv"] == "source.outside"
    assert "home/samples/a.csv" not in told
    found.files.close()


def test_over_the_network_only_the_folders_set_out_are_used(home: Home, tmp_path: Path) -> None:
    roots = (str(tmp_path / "data"),)
    fenced = fence(home, over_network=True, roots=roots)
    (tmp_path / "other.csv").write_text("name,v\na,1\n")
    (tmp_path / "data" / "out.csv").symlink_to(tmp_path / "other.csv")
    assert fenced.admits(tmp_path / "data" / "new.csv")
    for outside in ("other.csv", "data/out.csv", "data/../other.csv", "home/samples/a.csv", "data.csv"):
        assert not fenced.admits(tmp_path / outside)
    assert fence(home, over_network=False, roots=roots).admits(tmp_path / "other.csv")


def test_a_root_is_named_from_the_root() -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings(listen=Listen(roots=["data"]))
    assert caught.value.field == "listen.roots"
