"""Takes custodians' shares: typed on a terminal where nothing shows them, or from files and descriptors."""

import os
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.kernel.errors import InvalidInput, SeawallError
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from seawall.crypto.shares import Share, ShareSet

_MAX_BYTES = 4096
_OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareInput:
    """Where shares come from. On a terminal those that are missing are asked for.

    Args:
        files: each with one share as it was written down; nobody but the owner may read it.
        descriptors: the same, open already.
        asks: whether somebody can be asked.
    """

    files: Sequence[Path] = ()
    descriptors: Sequence[int] = ()
    asks: bool = False

    def __call__(self, record: "ShareSet") -> "list[Share]":
        """Give shares of a set.

        Raises:
            InvalidInput: ``share.file``, or as the share; ``share.none`` when there is none and nobody can be asked.
        """
        from seawall.capabilities.keys.custody import read_share
        from seawall.crypto.shares import check_share

        given = [read_share(_from_file(path)) for path in self.files]
        given += [read_share(_from_descriptor(number)) for number in self.descriptors]
        while self.asks and len(given) < record.threshold:
            share = _asked(record, len(given) + 1, read_share)
            try:
                check_share(record, share)
            except SeawallError as error:
                sys.stderr.write(f"{error}\n")
                share.close()
            else:
                given.append(share)
        if not given:
            raise InvalidInput(
                "share.none",
                f"{record.threshold} shares of set {record.name} are needed, and nobody can be asked.",
                field="--share-file",
                remedy="Give --share-file or --share-fd for each.",
            )
        return given


def _asked(record: "ShareSet", number: int, read: "Callable[[Secret], Share]") -> "Share":
    from getpass import getpass

    holders = ", ".join(holder.custodian for holder in record.holders)
    while True:
        typed = getpass(f"Share {number} of {record.threshold}, set {record.name} ({record.purpose}; of {holders}): ")
        with Secret(typed.encode("utf-8", "surrogateescape")) as text:
            try:
                return read(text)
            except SeawallError as error:
                sys.stderr.write(f"{error}\n")


def _from_file(path: Path) -> Secret:
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & _OTHERS:
                raise InvalidInput(
                    "share.file",
                    f"others than its owner may read {path}.",
                    field="--share-file",
                    remedy=f"chmod go-rwx {path}",
                )
            return Secret(stream.read(_MAX_BYTES).strip())
    except OSError as error:
        raise InvalidInput(
            "share.file", f"{path} cannot be read: {os.strerror(error.errno or 0)}.", field="--share-file"
        ) from None


def _from_descriptor(number: int) -> Secret:
    try:
        with os.fdopen(os.dup(number), "rb") as stream:
            return Secret(stream.readline(_MAX_BYTES).strip())
    except OSError:
        raise InvalidInput("share.file", "this descriptor cannot be read.", field="--share-fd") from None
