"""Published test vectors: the files beside the tests, and those of the package cryptography_vectors."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import cryptography_vectors

from seawall.crypto.algorithms import encodings
from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.errors import SeawallError
from seawall.kernel.secret import Secret

T = TypeVar("T")

VECTORS = Path(__file__).parents[1] / "vectors"
PYCA = Path(cryptography_vectors.__file__).parent


def read(name: str) -> dict[str, Any]:
    """Read a file of vectors that says where it comes from."""
    whole = json.loads((VECTORS / f"{name}.json").read_text())
    assert whole["provenance"]
    assert whole["licence"]
    return whole


def wycheproof(family: str, prefix: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield (group, test) of every file whose name begins with ``prefix``."""
    for name, groups in read(f"wycheproof_{family}")["files"].items():
        if name.startswith(prefix):
            for group in groups:
                for test in group["tests"]:
                    yield {**group, "file": name}, test


def records(path: str, *, each: int | None = None) -> list[dict[str, str]]:
    """Read a file of ``name = value`` blocks; headings in brackets become values of the blocks after them.

    Args:
        path: below the package's folder.
        each: how many blocks to take after each heading.
    """
    blocks: list[dict[str, str]] = []
    heading: dict[str, str] = {}
    block: dict[str, str] = {}
    taken = 0
    for line in [*(PYCA / path).read_text().splitlines(), ""]:
        text = line.strip()
        if text.startswith("[") or text == "":
            if block and (each is None or taken < each):
                blocks.append({**heading, **block})
                taken += 1
            block = {}
            if text:
                name, _, value = text.strip("[]").partition("=")
                if name.strip() in heading or "=" not in text:
                    heading = {}
                heading[name.strip().lower()] = value.strip() or name.strip()
                taken = 0
        elif "=" in text and not text.startswith("#"):
            name, _, value = text.partition("=")
            if name.strip().lower() == "count" and block:
                blocks.append({**heading, **block})
                block = {}
            block[name.strip().lower()] = value.strip()
        elif not text.startswith("#"):
            block[text.lower()] = ""
    return blocks


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def material_of(key: Any) -> Secret:
    return encodings.pkcs8(key)


class Fixed:
    """A source that gives one nonce again and again: for vectors, and for nothing else."""

    def __init__(self, nonce: bytes) -> None:
        self._nonce = nonce

    def next(self) -> bytes:
        return self._nonce


def outcome(call: Callable[[], T]) -> tuple[str, T | None]:
    """Return the code of the error that a call raises and nothing, or no code and what it returns."""
    try:
        return "", call()
    except SeawallError as error:
        return error.code, None


def refused(call: Callable[[], object], *codes: str) -> None:
    """Make sure that a call raises one of these codes."""
    assert outcome(call)[0] in codes


AES_OF = {16: Algorithm.AES_128, 24: Algorithm.AES_192, 32: Algorithm.AES_256}
