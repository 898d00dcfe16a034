"""``[listen.tls]``: with what this node proves itself to those who connect, and how they may."""

import os
import stat
from pathlib import Path
from typing import Literal

import msgspec

from seawall.kernel.errors import InvalidInput

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """TLS 1.3 on the listener of REST and console; nothing older is spoken.

    Args:
        certificate: file: the node's certificate, then those that lead to its authority (PEM).
        key: file: its private key (PKCS#8, PEM, not encrypted), 0600.
        client: whether clients show a certificate: never, if they like, or always.
        client_ca: file: whose certificates clients may show (PEM).
        crl: file: which of those are revoked, a list for each authority (PEM).
        require_group: the only key exchange group that is let in; empty lets in any that OpenSSL takes.
    """

    certificate: str
    key: str
    client: Literal["none", "optional", "required"] = "none"
    client_ca: str = ""
    crl: str = ""
    require_group: Literal["", "X25519MLKEM768", "X25519", "X448", "secp256r1", "secp384r1", "secp521r1"] = ""

    def __post_init__(self) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        for name in ("certificate", "key", "client_ca", "crl"):
            path = getattr(self, name)
            if not (Path(path).is_absolute() or (not path and name in {"client_ca", "crl"})):
                raise _invalid(name, "a file is named from the root.")
        if (self.client == "none") != (not self.client_ca):
            text = "clients show certificates when client is optional or required, and client_ca says whose."
            raise _invalid("client_ca", text)
        if self.crl and not self.client_ca:
            raise _invalid("crl", "a list of revoked certificates goes with client_ca.")


def read_file(path: str, name: str, *, private: bool = False) -> bytes:
    """Read a file that the section names.

    Args:
        path: the file; where it is empty, so is what is returned.
        name: the setting that names it.
        private: whether nobody but its owner may be able to read it.

    Raises:
        InvalidInput: ``tls.file`` or ``tls.key_open``.
    """
    if not path:
        return b""
    try:
        with Path(path).open("rb") as opened:
            if private and os.fstat(opened.fileno()).st_mode & _OTHERS:
                raise InvalidInput(
                    "tls.key_open",
                    "others may read the private key.",
                    field=f"listen.tls.{name}",
                    remedy=f"chmod 600 {path}",
                )
            return opened.read()
    except OSError as error:
        raise InvalidInput(
            "tls.file", f"{path} cannot be read: {error.strerror}.", field=f"listen.tls.{name}"
        ) from None


def _invalid(name: str, text: str) -> InvalidInput:
    return InvalidInput("settings.invalid", text, field=f"listen.tls.{name}")
