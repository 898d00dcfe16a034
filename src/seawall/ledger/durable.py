"""Small files that change as a whole or not at all, and survive a loss of power once changed."""

from seawall.ledger.ports import Files

_MOST = 1 << 22


def write_whole(files: Files, directory: str, name: str, data: bytes) -> None:
    """Put ``data`` in the place of a file, durable on return.

    Raises:
        DiskFull: the old content stands.
    """
    path, beside = f"{directory}/{name}", f"{directory}/{name}.new"
    file = files.open(beside, create=True)
    try:
        file.truncate(0)
        file.pwrite(data, 0)
        file.fdatasync()
    finally:
        file.close()
    files.rename(beside, path)
    files.sync_directory(directory)


def read_whole(files: Files, path: str) -> bytes:
    """Read a small file.

    Raises:
        FileMissing: when there is none.
    """
    file = files.open(path)
    try:
        return file.pread(min(file.size(), _MOST), 0)
    finally:
        file.close()
