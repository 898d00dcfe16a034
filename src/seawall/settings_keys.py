"""What ``seawall.toml`` can say of keys."""

from typing import Annotated, Literal

import msgspec

Rsa = Literal["RSA-2048", "RSA-3072", "RSA-4096"]
Held = Annotated[int, msgspec.Meta(ge=0, le=64)]
_SIZES: dict[Rsa, Held] = {"RSA-2048": 2, "RSA-3072": 1, "RSA-4096": 1}


class KeySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How keys are made.

    ``rsa_pool`` says how many RSA keys of each length each worker holds made ahead, once it made the first; what is not
    named is not held.
    """

    rsa_pool: dict[Rsa, Held] = msgspec.field(default_factory=lambda: dict(_SIZES))
