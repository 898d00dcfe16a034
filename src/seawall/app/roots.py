"""Makes and opens the root of trust that a home is configured with."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.capabilities.keys.ports import RootOfTrust
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from seawall.settings import Home, Pkcs11, Settings

if TYPE_CHECKING:
    from seawall.adapters.roots.pkcs11 import TokenAddress
    from seawall.adapters.roots.token_record import TokenRecord


def make_root(home: Home, settings: Settings, passphrase: Callable[[], Secret]) -> RootOfTrust:
    """Make the root key: in a sealed file of the home, or inside the token.

    Raises:
        SeawallError: as the root's adapter says.
    """
    if settings.root.pkcs11 is not None:
        from seawall.adapters.roots.pkcs11 import Pkcs11Root

        token = settings.root.pkcs11
        return Pkcs11Root.create(_address(token), pin=lambda: _pin(token), record=_record(home))
    from seawall.adapters.roots.sealed_file import SealedFileRoot

    with passphrase() as secret:
        return SealedFileRoot.create(home.sealed_root, secret)


def open_root(home: Home, settings: Settings, passphrase: Callable[[], Secret]) -> RootOfTrust:
    """Open the root of trust.

    Raises:
        SeawallError: as the root's adapter says.
    """
    if settings.root.pkcs11 is not None:
        from seawall.adapters.roots.pkcs11 import Pkcs11Root

        token = settings.root.pkcs11
        return Pkcs11Root(
            _address(token), pin=lambda: _pin(token), record=_record(home), certificate=token.certificate or None
        )
    from seawall.adapters.roots.sealed_file import SealedFileRoot

    with passphrase() as secret:
        return SealedFileRoot.open(home.sealed_root, secret)


def _address(token: Pkcs11) -> "TokenAddress":
    from seawall.adapters.roots.pkcs11 import TokenAddress

    return TokenAddress(module=token.module, token_label=token.token, key_label=token.key)


def _record(home: Home) -> "TokenRecord":
    from seawall.adapters.roots.token_record import TokenRecord

    return TokenRecord(home.path / "token-record")


def _pin(token: Pkcs11) -> Secret:
    try:
        return Secret(Path(token.pin_file).read_bytes().rstrip(b"\r\n"))
    except OSError:
        raise InvalidInput(
            "root.pin_file", "the file with the token's PIN cannot be read.", field="root.pkcs11.pin_file"
        ) from None
