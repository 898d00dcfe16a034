"""What a node asks of its PKCS#11 worker, and what it answers: one answer to each request.

The PIN travels in :class:`Open` and nowhere else: arguments and the environment of a process can be read by others.
"""

from enum import StrEnum

import msgspec


class Scheme(StrEnum):
    """How a root key seals inside its token, best first."""

    GCM = "AES-GCM"
    CBC_CMAC = "AES-CBC-CMAC"


class Open(msgspec.Struct, frozen=True, kw_only=True, tag="open"):
    """Load the module, find the token and log in, once in the life of a worker."""

    module: str
    token_label: str
    serial: str
    pin: bytes
    allow_final_try: bool = False


class Probe(msgspec.Struct, frozen=True, kw_only=True, tag="probe"):
    """See whether the session is alive and logged in."""


class ListRoots(msgspec.Struct, frozen=True, kw_only=True, tag="list_roots"):
    """List the root keys of a label and its generations; ``only`` asks for one exact label."""

    label: str
    only: bool = False


class CreateRoot(msgspec.Struct, frozen=True, kw_only=True, tag="create_root"):
    """Make a root key inside the token. ``scheme`` empty takes the best that the token can do."""

    label: str
    key_id: bytes
    scheme: str = ""


class Wrap(msgspec.Struct, frozen=True, kw_only=True, tag="wrap"):
    """Encrypt inside the token; ``root`` is the label of the root whose key it is, and empty for a resident key."""

    key_id: bytes
    plaintext: bytes
    aad: bytes
    root: str = ""


class Unwrap(msgspec.Struct, frozen=True, kw_only=True, tag="unwrap"):
    """Decrypt inside the token; ``root`` as in :class:`Wrap`."""

    key_id: bytes
    iv: bytes
    sealed: bytes
    aad: bytes
    root: str = ""


class Generate(msgspec.Struct, frozen=True, kw_only=True, tag="generate"):
    """Make a resident key; ``algorithm`` is one of :class:`seawall.capabilities.keys.resident.ResidentAlgorithm`."""

    key_id: bytes
    algorithm: str


class Sign(msgspec.Struct, frozen=True, kw_only=True, tag="sign"):
    """Sign what is hashed already; ``pss`` names hash, mask function and salt length, and is empty otherwise."""

    key_id: bytes
    mechanism: int
    data: bytes
    pss: tuple[int, ...] = ()


class ReadPublic(msgspec.Struct, frozen=True, kw_only=True, tag="read_public"):
    """Read a resident key's public half."""

    key_id: bytes


class Destroy(msgspec.Struct, frozen=True, kw_only=True, tag="destroy"):
    """Destroy every object of ours under an id, and look that none is left; ``root`` as in :class:`Wrap`."""

    key_id: bytes
    root: str = ""


class ListObjects(msgspec.Struct, frozen=True, kw_only=True, tag="list_objects"):
    """List every key in the token whose label is ours."""

    root_label: str


class Mechanism(msgspec.Struct, frozen=True, kw_only=True):
    """A mechanism's number and what the token does with it (CK_MECHANISM_INFO's flags)."""

    number: int
    flags: int


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """The token is open; what it says of itself."""

    hardware: bool
    manufacturer: str
    model: str
    serial: str
    token_label: str
    hardware_version: str
    firmware_version: str
    library: str
    mechanisms: list[Mechanism]


class RootSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A root key in the token; whether it can leave was tried."""

    key_id: bytes
    label: str
    extractable: bool
    fit: bool
    scheme: Scheme


class Roots(msgspec.Struct, frozen=True, kw_only=True, tag="roots"):
    """The root keys that were found."""

    keys: list[RootSeen]


class Wrapped(msgspec.Struct, frozen=True, kw_only=True, tag="wrapped"):
    """What :class:`Wrap` made."""

    iv: bytes
    sealed: bytes


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True, tag="unwrapped"):
    """What :class:`Unwrap` made."""

    plaintext: bytes


class Signed(msgspec.Struct, frozen=True, kw_only=True, tag="signed"):
    """What :class:`Sign` made."""

    signature: bytes


class Public(msgspec.Struct, frozen=True, kw_only=True, tag="public"):
    """A public key as its token has it: modulus and exponent, or curve and point."""

    modulus: bytes = b""
    exponent: bytes = b""
    curve: bytes = b""
    point: bytes = b""


class ObjectSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A key in the token, by what it says of itself and whether it could be read."""

    key_id: bytes
    label: str
    kind: str
    algorithm: str
    sensitive: bool
    extractable: bool
    never_extractable: bool
    local: bool


class Objects(msgspec.Struct, frozen=True, kw_only=True, tag="objects"):
    """What :class:`ListObjects` found."""

    items: list[ObjectSeen]


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """It was done, on this many objects."""

    count: int = 0


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The request failed.

    ``code`` is one of :mod:`seawall.adapters.roots.token_errors`, ``detail`` names the call, and ``lost`` says that
    this worker is of no more use.
    """

    code: str
    detail: str = ""
    lost: bool = False


Request = Open | Probe | ListRoots | CreateRoot | Wrap | Unwrap | Generate | Sign | ReadPublic | Destroy | ListObjects
Answer = Opened | Roots | Wrapped | Unwrapped | Signed | Public | Objects | Done | Failed
