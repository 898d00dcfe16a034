from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.roots.memory import memory_root
from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress
from seawall.adapters.roots.sealed_file import SealedFileRoot
from seawall.adapters.roots.sealed_format import Cost
from seawall.adapters.roots.token_record import TokenRecord
from seawall.kernel.secret import Secret
from support import softhsm

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)


def _pkcs11(folder: Path, label: str) -> Pkcs11Root:
    address = TokenAddress(module=softhsm.library(), token_label="seawall-test", key_label=label)
    return Pkcs11Root.create(
        address, pin=lambda: Secret(softhsm.PIN), record=TokenRecord(folder / f"{label}.token.json")
    )


@pytest.fixture(params=["memory", "sealed_file", pytest.param("pkcs11", marks=pytest.mark.softhsm)])
def make_root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Any]]:
    """Makes a fresh root of each kind, by label."""
    if request.param == "pkcs11":
        softhsm.start(tmp_path / "hsm", monkeypatch).make_token("seawall-test")
    made: list[Any] = []

    def make(label: str) -> Any:
        if request.param == "memory":
            root: Any = memory_root(label=label)
        elif request.param == "sealed_file":
            root = SealedFileRoot.create(
                tmp_path / f"{label}.sealed", Secret(b"correct horse"), label=label, cost=CHEAP
            )
        else:
            root = _pkcs11(tmp_path, label)
        made.append(root)
        return root

    yield make
    for root in made:
        root.close()
