"""A planted import against each contract must fail the contract's check."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def plant(contract: dict) -> tuple[str, str]:
    """Choose a module of the contract's source and something that it must not import."""
    if contract["type"] == "independence":
        source, forbidden = contract["modules"][:2]
    else:
        source, forbidden = contract["source_modules"][0], contract["forbidden_modules"][0]
    return source, forbidden


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("contract")
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(
        command, cwd=tree, env={"PYTHONPATH": str(tree / "src")}, capture_output=True, text=True, check=False
    )


def test_the_tree_as_it_is_keeps_every_contract(tree):
    done = lint(tree)
    assert done.returncode == 0, done.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c["name"])
def test_a_planted_import_breaks_it(tree, contract):
    source, forbidden = plant(contract)
    package = tree / "src" / Path(*source.split("."))
    planted = package / "planted.py" if package.is_dir() else package.with_suffix(".py")
    planted.write_text(f"import {forbidden}\n")
    try:
        done = lint(tree)
    finally:
        planted.unlink()
    assert done.returncode != 0
    assert f"{contract['name']} BROKEN" in done.stdout
