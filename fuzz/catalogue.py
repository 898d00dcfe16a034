"""Fuzz the catalogue and the register of instruments: read whole, or refused with the field that is wrong."""

from importlib import resources

from seawall.capabilities.evidence.catalogue.load import load_catalogue, load_instruments, shipped_instruments
from seawall.kernel.errors import InvalidInput

FOLDER = resources.files("seawall.capabilities.evidence.catalogue")


def seeds() -> list[bytes]:
    return [FOLDER.joinpath(name).read_bytes() for name in ("practice_guide.yaml", "instruments.yaml")]


def target(data: bytes) -> None:
    for load in (load_instruments, _catalogue):
        try:
            load(data)
        except InvalidInput as error:
            if error.code not in {"catalogue.malformed", "catalogue.invalid"} or not error.field:
                raise AssertionError("a refusal without its code or field") from error


def _catalogue(data: bytes) -> None:
    read = load_catalogue(data, shipped_instruments())
    if len({control.id for control in read.controls}) != len(read.controls):
        raise AssertionError("an id stands twice")
