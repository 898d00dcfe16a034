"""Load the catalogue and its instruments, and check what types cannot: ids, references, claims of verification."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from seawall.capabilities.evidence.catalogue.document import read_yaml
from seawall.capabilities.evidence.catalogue.model import Catalogue, Control, Domain, EntryStatus, Instrument
from seawall.kernel.errors import InvalidInput

# What the short words of ``basis`` stand for. "spm", "inf" and "seed" name a kind of source, not one instrument.
_BASIS: Mapping[str, str | None] = {
    "q": "HKMA-PG-CLOUD-2026",
    "d22": "HKMA-CLOUD-2022",
    "OR-2": "HKMA-OR-2",
    "STDB": "HKAB-STDB",
    "spm": None,
    "inf": None,
    "seed": None,
}
T = TypeVar("T")
_ID = re.compile(r"[a-z]{2,8}(?:-[0-9a-z]{1,4})*(?:\.[0-9]{1,2})?")


class Instruments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed register of instruments."""

    instruments: tuple[Instrument, ...]


def load_instruments(text: bytes) -> tuple[Instrument, ...]:
    """Read the register of instruments.

    Raises:
        InvalidInput: ``catalogue.malformed`` or ``catalogue.invalid``, naming the field.
    """
    register = _convert(read_yaml(text, field="instruments"), Instruments, "instruments")
    _unique([item.id for item in register.instruments], "instruments")
    return register.instruments


def load_catalogue(text: bytes, instruments: Sequence[Instrument]) -> Catalogue:
    """Read a catalogue and check every id and reference in it.

    Raises:
        InvalidInput: ``catalogue.malformed`` or ``catalogue.invalid``, naming the field.
    """
    read = _convert(read_yaml(text, field="catalogue"), Catalogue, "catalogue")
    known = {item.id for item in instruments}
    documents = {item.doc_id for item in instruments if item.doc_id}
    if read.source.doc_id not in documents:
        raise _invalid("source.doc_id", f"no instrument has the document id {read.source.doc_id!r}.")
    _unique([domain.id for domain in read.domains], "domains")
    _unique([control.id for control in read.controls], "controls")
    domains = {domain.id: domain for domain in read.domains}
    for at, domain in enumerate(read.domains):
        _check_id(domain.id, f"domains[{at}].id")
    controls = []
    for at, control in enumerate(read.controls):
        _check_control(control, domains, read, f"controls[{at}]")
        refs = _references(control, known, f"controls[{at}]")
        controls.append(msgspec.structs.replace(control, refs=refs))
    return msgspec.structs.replace(read, controls=tuple(controls), digest=hashlib.sha256(text).hexdigest())


@cache
def shipped_instruments() -> tuple[Instrument, ...]:
    """Return the register of instruments that the package carries."""
    return load_instruments(_shipped("instruments.yaml"))


@cache
def shipped_catalogue() -> Catalogue:
    """Return the Practice Guide that the package carries."""
    return load_catalogue(_shipped("practice_guide.yaml"), shipped_instruments())


def _shipped(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()


def _convert(value: object, kind: type[T], field: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as raised:
        text, _, path = str(raised).partition(" - at ")
        where = path.strip("`").removeprefix("$").removeprefix(".") or field
        raise _invalid(where, f"{text}.") from None


def _check_id(value: str, field: str) -> None:
    if not _ID.fullmatch(value):
        raise _invalid(field, "an id is lower-case words and numbers joined by '-', with '.n' at the end at most.")


def _check_control(control: Control, domains: Mapping[str, Domain], read: Catalogue, field: str) -> None:
    _check_id(control.id, f"{field}.id")
    domain = domains.get(control.domain)
    if domain is None:
        raise _invalid(f"{field}.domain", f"there is no domain {control.domain!r}.")
    if not control.id.startswith(f"{domain.id}-"):
        raise _invalid(f"{field}.id", f"an id of the domain {domain.id!r} begins with '{domain.id}-'.")
    if domain.sections and read.section(control) is None:
        raise _invalid(f"{field}.id", f"no section of {domain.id!r} has an id that fits {control.id!r}.")
    if not control.statement.strip():
        raise _invalid(f"{field}.statement", "a control says what is expected.")
    if not control.evidence or len(set(control.evidence)) != len(control.evidence):
        raise _invalid(f"{field}.evidence", "name what can answer the control, each once.")
    if not read.reconstructed(control) and not (control.hkma_ref or read.hkma_ref):
        remedy = "a verified entry carries its place in the issuer's text in hkma_ref."
        raise _invalid(f"{field}.{'status' if control.status is EntryStatus.VERIFIED else 'hkma_ref'}", remedy)


def _references(control: Control, known: set[str], field: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in re.split(r"[+/ ]", control.basis):
        if word not in _BASIS:
            raise _invalid(f"{field}.basis", f"{word!r} stands for no instrument and no kind of source.")
        if (named := _BASIS[word]) is not None:
            found.append(named)
    found += ["NIST-800-53"] if control.nist_800_53 else []
    found += ["CSA-CCM-4"] if control.csa_ccm else []
    for ref in found:
        if ref not in known:
            raise _invalid(f"{field}.basis", f"the instrument {ref!r} is not in the register.")
    return tuple(dict.fromkeys(found))


def _unique(ids: Sequence[str], field: str) -> None:
    seen: set[str] = set()
    for at, value in enumerate(ids):
        if value in seen:
            raise _invalid(f"{field}[{at}].id", f"the id {value!r} is used twice.")
        seen.add(value)


def _invalid(field: str, text: str) -> InvalidInput:
    return InvalidInput("catalogue.invalid", text, field=field)
