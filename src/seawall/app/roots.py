"""Makes and opens the root of trust that a home is configured with."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.capabilities.keys.certificate import ModuleCertificate, Status, read_certificate
from seawall.capabilities.keys.root import RootKind
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from seawall.settings import Home, Settings
from seawall.settings_root import Certificate, Pkcs11

if TYPE_CHECKING:
    from seawall.adapters.roots.keyset import Keyset, Place
    from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress
    from seawall.adapters.roots.token_record import TokenRecord

_MOST_PIN_BYTES = 1024
_OTHERS = 0o077


def make_root(home: Home, settings: Settings, passphrase: Callable[[], Secret]) -> "Keyset":
    """Make the root key: in a sealed file of the home, or inside the token.

    Raises:
        SeawallError: as the root's adapter says.
    """
    from seawall.adapters.roots.keyset import Keyset

    if settings.root.kind == "pkcs11" and settings.root.pkcs11 is not None:
        root = _tokens(home, settings.root.pkcs11)
        try:
            root.create_generation(1)
        except BaseException:
            root.close()
            raise
        return Keyset([root], tokens=root, makers=_makers(home, passphrase))
    from seawall.adapters.roots.sealed_file import SealedFileRoot

    with passphrase() as secret:
        return Keyset([SealedFileRoot.create(home.sealed_root, secret)])


def open_root(home: Home, settings: Settings, passphrase: Callable[[], Secret]) -> "Keyset":
    """Open the root of trust: the place that is configured, and the other one while root keys lie there too.

    A sealed file is opened where there is one; without one, where no token is configured, that is an error.

    Raises:
        SeawallError: as the root's adapters say.
    """
    from seawall.adapters.roots.keyset import Keyset

    pkcs11 = settings.root.pkcs11
    places: list[Place] = []
    if pkcs11 is None or home.sealed_root.exists():
        from seawall.adapters.roots.sealed_file import SealedFileRoot

        with passphrase() as secret:
            places.append(SealedFileRoot.open(home.sealed_root, secret))
    tokens = _tokens(home, pkcs11) if pkcs11 is not None else None
    if tokens is not None:
        places.insert(0 if settings.root.kind == "pkcs11" else len(places), tokens)
    return Keyset(places, tokens=tokens, makers=_makers(home, passphrase))


def certificate_of(token: Pkcs11) -> ModuleCertificate | None:
    """Return what the operator recorded of the module, as text or in its parts."""
    recorded = token.certificate
    if isinstance(recorded, Certificate):
        return ModuleCertificate(
            number=recorded.number,
            standard=recorded.standard,
            level=recorded.level,
            status=Status(recorded.status),
            sunset=recorded.sunset,
        )
    return read_certificate(recorded) if recorded else None


def read_pin(path: str, field: str) -> Secret:
    """Read a token's PIN from a file that nobody but its owner may read.

    Raises:
        InvalidInput: ``root.pin_file``, or ``root.pin_file_open`` where others may read it.
    """
    try:
        with Path(path).open("rb") as file:
            mode = Path(path).stat().st_mode
            if not stat.S_ISREG(mode):
                raise InvalidInput("root.pin_file", "the PIN lies in no regular file.", field=field)
            if mode & _OTHERS:
                raise InvalidInput(
                    "root.pin_file_open",
                    "others than its owner may read or change the file with the token's PIN.",
                    field=field,
                    remedy=f"chmod go-rwx {path}",
                )
            pin = file.read(_MOST_PIN_BYTES + 1).rstrip(b"\r\n")
    except OSError:
        raise InvalidInput("root.pin_file", "the file with the token's PIN cannot be read.", field=field) from None
    if not pin or len(pin) > _MOST_PIN_BYTES:
        raise InvalidInput("root.pin_file", "the file with the token's PIN holds none.", field=field)
    return Secret(pin)


def _tokens(home: Home, settings: Pkcs11) -> "Pkcs11Root":
    from seawall.adapters.roots.pkcs11 import Pkcs11Root, Standby
    from seawall.adapters.roots.token_link import LinkLimits, TokenPlace

    standbys = [
        Standby(
            place=TokenPlace(module=one.module or settings.module, token_label=one.token, serial=one.serial),
            pin=_pin(one.pin_file or settings.pin_file, f"root.pkcs11.standbys[{at}].pin_file"),
        )
        for at, one in enumerate(settings.standbys)
    ]
    return Pkcs11Root(
        _address(settings),
        pin=_pin(settings.pin_file, "root.pkcs11.pin_file"),
        record=_record(home),
        standbys=standbys,
        certificate=certificate_of(settings),
        limits=LinkLimits(timeout=settings.timeout_s, sessions=settings.sessions),
    )


def _makers(home: Home, passphrase: Callable[[], Secret]) -> "dict[RootKind, Callable[[int], Place]]":
    def sealed(number: int) -> "Place":
        from seawall.adapters.roots.sealed_file import SealedFileRoot

        with passphrase() as secret:
            return SealedFileRoot.create(home.sealed_root, secret, number=number)

    return {RootKind.SEALED_FILE: sealed}


def _address(token: Pkcs11) -> "TokenAddress":
    from seawall.adapters.roots.pkcs11 import TokenAddress

    return TokenAddress(module=token.module, token_label=token.token, serial=token.serial, key_label=token.key)


def _record(home: Home) -> "TokenRecord":
    from seawall.adapters.roots.token_record import TokenRecord

    return TokenRecord(home.path / "token-record")


def _pin(path: str, field: str) -> Callable[[], Secret]:
    return lambda: read_pin(path, field)
