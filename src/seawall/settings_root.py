"""What ``seawall.toml`` can say of the root of trust."""

from datetime import date
from typing import Literal

import msgspec

from seawall.kernel.errors import InvalidInput

_MOST_SESSIONS, _MOST_SECONDS = 64, 300


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The module's validation as the CMVP lists it; recorded, not checked. ``sunset`` is the day on which it ends."""

    number: int
    standard: Literal["FIPS 140-2", "FIPS 140-3"]
    level: Literal[1, 2, 3, 4]
    status: Literal["active", "historical", "revoked"]
    sunset: date | None = None


class StandbyToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token with the same root keys, asked where the first does not answer; what is left out is the first's."""

    token: str
    serial: str = ""
    module: str = ""
    pin_file: str = ""


class Pkcs11(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PKCS#11 token as root of trust: the vendor's library, the token's and the root key's labels, the PIN file.

    ``certificate`` is recorded, not checked: the module's CMVP number, level, status and sunset, in its parts or as a
    text. ``sessions`` are those of one process at once. ``timeout_s`` is how long one token may take for an answer.
    """

    module: str
    token: str
    serial: str = ""
    key: str = "seawall-root"
    pin_file: str
    certificate: str | Certificate = ""
    standbys: list[StandbyToken] = []
    sessions: int = 4
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        if not 1 <= self.sessions <= _MOST_SESSIONS:
            raise InvalidInput("settings.invalid", f"sessions are 1 to {_MOST_SESSIONS}.", field="root.pkcs11.sessions")
        if not 0 < self.timeout_s <= _MOST_SECONDS:
            raise InvalidInput(
                "settings.invalid", f"a time to wait is at most {_MOST_SECONDS} s.", field="root.pkcs11.timeout_s"
            )
        if "/" in self.key or not self.key:
            raise InvalidInput("settings.invalid", "a root key's label has no slash.", field="root.pkcs11.key")

    @property
    def pin_files(self) -> list[str]:
        """Every file that holds a PIN."""
        return [self.pin_file, *(one.pin_file for one in self.standbys if one.pin_file)]


class Root(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the first root key of this home is made; ``pkcs11`` may be given beside a sealed file, to move there."""

    kind: Literal["sealed_file", "pkcs11"] = "sealed_file"
    pkcs11: Pkcs11 | None = None
