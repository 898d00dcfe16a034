"""ZIP, TAR and gzip, with caps on what comes out: nothing is believed that an archive says of its own sizes."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import MIB, Budget, Inflated, Job, Limits, Part, read_whole

_PIECE = 1 << 18
_ENCRYPTED = 0x1


def open_zip(file: BinaryIO, budget: Budget) -> zipfile.ZipFile:
    """Open a ZIP and count its entries.

    Raises:
        Unscannable: for what is no ZIP, or one with too many entries.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unscannable("parse.zip", "the archive cannot be read.") from None
    for _ in archive.infolist():
        budget.entry()
    return archive


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    """Read one entry as far as the limits go.

    Raises:
        Unscannable: for a bomb, an encrypted or a broken entry.
    """
    return _collect(_inflate(archive, info, budget), budget.limits).getvalue()


def open_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> BinaryIO:
    """Read one entry, as a file.

    Raises:
        Unscannable: as :func:`read_entry`.
    """
    return _collect(_inflate(archive, info, budget), budget.limits)


def verify_entries(file: BinaryIO, budget: Budget) -> None:
    """Inflate every entry and keep nothing, before a library without limits is given the file.

    Raises:
        Unscannable: for a bomb or a broken archive.
    """
    with open_zip(file, budget) as archive:
        for info in archive.infolist():
            for _ in _inflate(archive, info, budget):
                pass


def parse_zip(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Parse every file of a ZIP."""
    with open_zip(file, job.budget) as archive:
        for info in archive.infolist():
            if not info.filename.endswith("/") and info.file_size + info.compress_size:
                yield from job.inside(f"{path}!/{info.filename}", partial(open_entry, archive, info, job.budget))


def parse_tar(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Parse every regular file of a TAR; links are not followed."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                job.budget.entry()
                if member.isreg() and member.size:
                    yield from job.inside(f"{path}!/{member.name}", partial(_member, archive, member, job.limits))
    except (tarfile.TarError, OSError, ValueError, EOFError):
        raise Unscannable("parse.tar", "the archive cannot be read.") from None


def parse_gzip(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Parse what one gzip stream holds; its name is the file's without its last part."""
    name = path.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] + (".tar" if name.lower().endswith(".tgz") else "")
    yield from job.inside(f"{path}!/{stem}", partial(_gunzip, file, job.budget))


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    if info.flag_bits & _ENCRYPTED:
        raise Unscannable("parse.encrypted", "the entry is encrypted.")
    watch = Inflated(budget, info.compress_size)
    try:
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                watch.took(len(piece))
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError):
        raise Unscannable("parse.zip", "an entry of the archive cannot be read.") from None


def _gunzip(file: BinaryIO, budget: Budget) -> BinaryIO:
    watch = Inflated(budget, file.seek(0, io.SEEK_END))
    file.seek(0)

    def pieces() -> Iterator[bytes]:
        with gzip.GzipFile(fileobj=file) as stream:
            while piece := stream.read(_PIECE):
                watch.took(len(piece))
                yield piece

    try:
        return _collect(pieces(), budget.limits)
    except (OSError, EOFError, zlib.error):
        raise Unscannable("parse.gzip", "the compressed file is broken.") from None


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, limits: Limits) -> BinaryIO:
    stream = archive.extractfile(member)
    assert stream is not None  # it is a regular file
    return io.BytesIO(read_whole(cast("BinaryIO", stream), limits))


def _collect(pieces: Iterator[bytes], limits: Limits) -> io.BytesIO:
    out = io.BytesIO()
    for piece in pieces:
        out.write(piece)
        if out.tell() > limits.whole:
            raise Unscannable("parse.too_large", f"it is larger than {limits.whole // MIB} MiB.")
    out.seek(0)
    return out
