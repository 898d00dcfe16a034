"""Each way a token can refuse, as an error of ours."""

from seawall.kernel.errors import Conflict, Corrupt, NotFound, SeawallError, Unauthenticated, Unavailable

_ERRORS: dict[str, tuple[type[SeawallError], str, str]] = {
    "module_missing": (
        Unavailable,
        "the PKCS#11 library cannot be loaded.",
        "Check root.pkcs11.module in seawall.toml and that the library is installed.",
    ),
    "token_missing": (
        Unavailable,
        "no such token is present.",
        "Put the token in, or check root.pkcs11.token in seawall.toml.",
    ),
    "token_ambiguous": (Conflict, "several tokens have this label.", "Name the token by its serial number."),
    "mechanism_missing": (
        Conflict,
        "the token can seal inside neither by CKM_AES_GCM nor by CKM_AES_CBC_PAD with CKM_AES_CMAC.",
        "Use a token that can; the root key is never used outside it.",
    ),
    "pin_refused": (
        Unauthenticated,
        "the token refused this PIN; it is not tried again, because tokens lock after a few.",
        "Put the right PIN in place; a PIN that differs from the refused one is tried once.",
    ),
    "pin_locked": (Unavailable, "the token's PIN is locked or expired.", "Have its security officer set a new PIN."),
    "pin_final_try": (
        Unavailable,
        "the token has one PIN attempt left, and it is kept for you.",
        "Log in once with the vendor's tool, which sets the counter back.",
    ),
    "key_missing": (NotFound, "the token holds no root key of this label.", "Check root.pkcs11.key in seawall.toml."),
    "key_ambiguous": (Conflict, "the token holds several keys of this label.", "Give the root key a label of its own."),
    "key_exists": (Conflict, "the token holds a key of this label already; none is overwritten.", "Use another label."),
    "key_unfit": (
        Conflict,
        "the key is not a root key: AES-256, made in the token, sensitive and never extractable.",
        "Let Seawall make its root key in the token.",
    ),
    "generation_missing": (
        NotFound,
        "the token holds no root key of this id.",
        "Clone the root key into this token with its vendor's tool, or put back the token that holds it.",
    ),
    "standby_differs": (
        Corrupt,
        "a token that stands by holds another root key than this home's, and is not used.",
        "Clone the root key of the primary token into it with the vendor's tool, and restart.",
    ),
    "other_root": (
        Corrupt,
        "the token holds another root key than this home's under the same name.",
        "Put back the token that this store was made with.",
    ),
    "newest_missing": (
        Unavailable,
        "no token that answers holds the newest root key.",
        "Put back the token that holds it, or clone the key into one that stands by.",
    ),
    "resident_missing": (NotFound, "the token holds no such resident key.", "Run: seawall root reconcile"),
    "resident_exists": (Conflict, "the token holds a key of this id already; none is overwritten.", "Use another id."),
    "resident_ambiguous": (Conflict, "the token holds several keys of this id.", "Run: seawall root reconcile"),
    "resident_unfit": (
        Conflict,
        "the key in the token could leave it, or once could, and is not used.",
        "Make a new version of the key, and find out who changed the token.",
    ),
    "resident_mechanism": (Conflict, "the token cannot do this.", "Use another algorithm, or another token."),
    "not_destroyed": (
        Unavailable,
        "the token still holds what was to be destroyed.",
        "Destroy it with the vendor's tool, and ask again.",
    ),
    "listing_long": (
        Conflict,
        "the token holds more keys of ours than one listing takes.",
        "Spread the keys over several tokens.",
    ),
    "open_failed": (
        Corrupt,
        "a sealed key does not open: it was changed, or belongs to another place.",
        "Stop, and compare the store with its last good backup.",
    ),
    "token_failed": (Unavailable, "the token failed.", "Look at the token's own log; the next call opens it afresh."),
    "token_vanished": (
        Unavailable,
        "the token does not hold any more what it held when it was opened.",
        "Put the token back; the next call opens it afresh.",
    ),
    "worker_lost": (
        Unavailable,
        "the process that holds the token ended or does not answer.",
        "Try again; it is started afresh, each time a little later.",
    ),
    "not_open": (Unavailable, "the token is not open.", "Try again."),
}
# The public code where it is not "root." and the worker's own.
_CODES = {"open_failed": "root.unwrap_failed"}


def token_error(code: str, detail: str = "") -> SeawallError:
    """Make the error of a worker's code; ``detail`` names a PKCS#11 call and its return value."""
    kind, text, remedy = _ERRORS.get(code, _ERRORS["token_failed"])
    if detail:
        text = f"{text[:-1]} ({detail})."
    return kind(_CODES.get(code, f"root.{code}"), text, remedy=remedy)
