"""Kinds of keys under load, what is asked of each, and what each algorithm turns into."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

#: The value in one field of a question about what an answer gave.
Asked = tuple[str, dict[str, Any], str, Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of key. ``becomes`` are rotations that change its algorithm or mechanism."""

    purpose: str
    algorithm: str
    mechanisms: tuple[str, ...] = ()
    becomes: tuple[dict[str, Any], ...] = ()
    weight: int = 2

    @property
    def document(self) -> dict[str, Any]:
        said: dict[str, Any] = {"purpose": self.purpose, "algorithm": self.algorithm}
        return {**said, "mechanisms": list(self.mechanisms)} if self.mechanisms else said


def _to(algorithm: str, *mechanisms: str) -> dict[str, Any]:
    return {"algorithm": algorithm, **({"mechanisms": list(mechanisms)} if mechanisms else {})}


KINDS = {
    "aes-256": Kind(purpose="encrypt", algorithm="AES-256", weight=6),
    "aes-128-gcm": Kind(
        purpose="encrypt",
        algorithm="AES-128",
        mechanisms=("GCM",),
        becomes=(_to("AES-256", "GCM"), _to("AES-256", "XAES-256-GCM")),
        weight=4,
    ),
    "aes-256-gcm-siv": Kind(purpose="encrypt", algorithm="AES-256", mechanisms=("GCM-SIV",)),
    "chacha20": Kind(purpose="encrypt", algorithm="ChaCha20-Poly1305"),
    "rsa": Kind(purpose="encrypt", algorithm="RSA-2048", becomes=(_to("X25519+ML-KEM-768"),), weight=1),
    "p-256": Kind(purpose="sign", algorithm="EC-P256", becomes=(_to("Ed25519"), _to("Ed25519+ML-DSA-65"))),
    "ed25519": Kind(purpose="sign", algorithm="Ed25519", becomes=(_to("ML-DSA-65"),)),
    "hmac": Kind(purpose="mac", algorithm="HMAC-SHA-256", becomes=(_to("HMAC-SHA-512"),)),
    "wrap": Kind(purpose="wrap", algorithm="AES-128", mechanisms=("KWP",), becomes=(_to("AES-256", "KWP"),)),
    "x25519": Kind(purpose="derive", algorithm="X25519", weight=1),
    "ml-kem": Kind(purpose="encapsulate", algorithm="ML-KEM-768", becomes=(_to("ML-KEM-1024"),), weight=1),
}
ACTIONS = {
    "encrypt": "data.encrypt",
    "decrypt": "data.decrypt",
    "rewrap": "data.rewrap",
    "sign": "data.sign",
    "verify": "data.verify",
    "mac": "data.mac",
    "verify-mac": "data.verify_mac",
    "data-key": "data.wrap",
    "unwrap": "data.unwrap",
    "derive": "data.derive",
    "encapsulate": "data.encapsulate",
    "decapsulate": "data.decapsulate",
}


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of a key that leads to a promise: what to ask, and what to ask later of the answer."""

    path: str
    ask: dict[str, Any]
    later: Callable[[dict[str, Any]], Asked]


def use(kind: str) -> Use:
    """Think of a use for a key of a kind, with bytes that nobody else has."""
    return _USES[KINDS[kind].purpose](kind)


def text(data: bytes) -> str:
    return b64encode(data).decode()


def _encrypt(kind: str) -> Use:
    # RSA-OAEP and what follows it here bind no context.
    context = "" if kind == "rsa" else secrets.token_hex(4)
    plaintext = text(secrets.token_bytes(secrets.choice((8, 32, 100))))
    return Use(
        path="encrypt",
        ask={"plaintext": plaintext, "context": context},
        later=lambda a: ("decrypt", {"ciphertext": a["ciphertext"], "context": context}, "plaintext", plaintext),
    )


def _sign(_: str) -> Use:
    message = text(secrets.token_bytes(40))

    def later(a: dict[str, Any]) -> Asked:
        asked = {"message": message, "signature": a["signature"], "version": a["version"], "mechanism": a["mechanism"]}
        return "verify", asked, "valid", True

    return Use(path="sign", ask={"message": message}, later=later)


def _mac(_: str) -> Use:
    message = text(secrets.token_bytes(40))
    return Use(
        path="mac",
        ask={"message": message},
        later=lambda a: ("verify-mac", {"message": message, "mac": a["mac"], "version": a["version"]}, "valid", True),
    )


def _wrap(_: str) -> Use:
    return Use(
        path="data-key",
        ask={"length": 16},
        later=lambda a: ("unwrap", {"wrapped": a["wrapped"]}, "material", a["plaintext"]),
    )


def _derive(_: str) -> Use:
    asked = {"peer": _peer(), "info": text(secrets.token_bytes(8))}
    return Use(
        path="derive",
        ask=asked,
        later=lambda a: ("derive", {**asked, "version": a["version"]}, "material", a["material"]),
    )


def _encapsulate(_: str) -> Use:
    return Use(
        path="encapsulate",
        ask={},
        later=lambda a: (
            "decapsulate",
            {"ciphertext": a["ciphertext"], "version": a["version"]},
            "secret",
            a["secret"],
        ),
    )


@cache
def _peer() -> str:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = X25519PrivateKey.generate().public_key()
    return text(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


_USES = {
    "encrypt": _encrypt,
    "sign": _sign,
    "mac": _mac,
    "wrap": _wrap,
    "derive": _derive,
    "encapsulate": _encapsulate,
}


def spoil(ask: dict[str, Any]) -> dict[str, Any]:
    """Change one bit of what a promise asks about; the answer must not come any more."""
    name = next(one for one in ("ciphertext", "signature", "mac", "wrapped") if one in ask)
    data = bytearray(b64decode(ask[name]))
    data[-1] ^= 1
    return {**ask, name: text(bytes(data))}
