"""Two tokens with the same root key, and roots over them that are closed after the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall.adapters.roots.pkcs11 import Pkcs11Root, Standby, TokenAddress
from seawall.adapters.roots.token_link import LinkLimits, TokenPlace
from seawall.adapters.roots.token_record import TokenRecord
from seawall.kernel.secret import Secret
from support import softhsm

FIRST, SECOND = "bank-a", "bank-b"


class Pair:
    """A primary token and its clone."""

    def __init__(self, folder: Path, hsm: softhsm.SoftHsm) -> None:
        self.folder = folder
        self.hsm = hsm
        self.pins = {FIRST: softhsm.PIN, SECOND: softhsm.PIN}
        self.asked: list[str] = []
        self.made: list[Pkcs11Root] = []

    def record(self) -> TokenRecord:
        return TokenRecord(self.folder / "token-record")

    def pin(self, label: str) -> Callable[[], Secret]:
        def read() -> Secret:
            self.asked.append(label)
            return Secret(self.pins[label])

        return read

    def address(self, label: str = FIRST) -> TokenAddress:
        return TokenAddress(module=self.hsm.library, token_label=label)

    def standby(self, label: str = SECOND) -> Standby:
        return Standby(place=TokenPlace(module=self.hsm.library, token_label=label), pin=self.pin(label))

    def root(self, *, alone: bool = False, timeout: float = 5.0, sessions: int = 4) -> Pkcs11Root:
        root = Pkcs11Root(
            self.address(),
            pin=self.pin(FIRST),
            record=self.record(),
            standbys=[] if alone else [self.standby()],
            limits=LinkLimits(timeout=timeout, sessions=sessions),
        )
        self.made.append(root)
        return root

    def create(self) -> None:
        Pkcs11Root.create(self.address(), pin=self.pin(FIRST), record=self.record()).close()


@pytest.fixture
def single(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """One token with a root key; the other is not there yet."""
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token(FIRST)
    pair = Pair(tmp_path, hsm)
    pair.create()
    yield pair
    for root in pair.made:
        root.close()


@pytest.fixture
def pair(single: Pair) -> Pair:
    single.hsm.clone_token(FIRST, SECOND)
    return single
