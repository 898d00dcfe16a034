"""A PKCS#11 module behind ctypes: thin, typed calls that raise on every return value but CKR_OK.

The library is initialised once in a process, never before a fork, with CKF_OS_LOCKING_OK: SoftHSM2 demands arguments,
and without the flag two threads crash it. ctypes drops the interpreter lock during a call.
"""

import ctypes as c
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seawall.adapters.roots import cryptoki_types as t

_UNAVAILABLE = t.ULONG(-1).value
_GCM_TAG_BYTES = 16
_FOUND = 64
_MAX_SIGNATURE = 1024
AttributeValue = bool | int | bytes


class CryptokiError(Exception):
    """A function returned something else than CKR_OK."""

    def __init__(self, function: str, rv: int) -> None:
        super().__init__(f"C_{function} returned 0x{rv:x}")
        self.function = function
        self.rv = rv


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token in its slot."""

    slot: int
    label: str
    serial: str
    manufacturer: str
    model: str
    hardware_version: str
    firmware_version: str
    flags: int
    slot_flags: int


class Module:
    """A loaded and initialised PKCS#11 library.

    Raises:
        OSError: when the library cannot be loaded.
        CryptokiError: when it does not initialise.
    """

    def __init__(self, path: str) -> None:
        self._library = c.CDLL(path)
        pointer = c.POINTER(t.FunctionList)()
        get = self._library.C_GetFunctionList
        get.argtypes, get.restype = (c.c_void_p,), t.ULONG
        _check("GetFunctionList", get(c.byref(pointer)))
        functions = pointer.contents
        self._functions = {
            name: c.CFUNCTYPE(t.ULONG, *arguments)(getattr(functions, name)) for name, arguments in t.SIGNATURES.items()
        }
        self._call("Initialize", c.byref(t.InitializeArgs(flags=t.CKF_OS_LOCKING_OK)))

    def close(self) -> None:
        """Finalize the library: sessions end, logins end."""
        self._call("Finalize", None)

    def library(self) -> str:
        """Name the library and its version."""
        info = t.Info()
        self._call("GetInfo", c.byref(info))
        return f"{_text(info.description)} {info.library_version} ({_text(info.manufacturer)})"

    def tokens(self) -> list[Token]:
        """List the tokens that are present."""
        count = t.ULONG()
        self._call("GetSlotList", 1, None, c.byref(count))
        slots = (t.ULONG * max(count.value, 1))()
        self._call("GetSlotList", 1, slots, c.byref(count))
        return [self.token(slots[i]) for i in range(count.value)]

    def token(self, slot: int) -> Token:
        """Describe the token in a slot."""
        info, place = t.TokenInfo(), t.SlotInfo()
        self._call("GetTokenInfo", slot, c.byref(info))
        self._call("GetSlotInfo", slot, c.byref(place))
        return Token(
            slot=slot,
            label=_text(info.label),
            serial=_text(info.serial),
            manufacturer=_text(info.manufacturer),
            model=_text(info.model),
            hardware_version=str(info.hardware_version),
            firmware_version=str(info.firmware_version),
            flags=info.flags,
            slot_flags=place.flags,
        )

    def mechanisms(self, slot: int) -> dict[int, int]:
        """List what a token can do: the flags of each mechanism by its number."""
        count = t.ULONG()
        self._call("GetMechanismList", slot, None, c.byref(count))
        found = (t.ULONG * max(count.value, 1))()
        self._call("GetMechanismList", slot, found, c.byref(count))
        able: dict[int, int] = {}
        for i in range(count.value):
            info = t.MechanismInfo()
            self._call("GetMechanismInfo", slot, found[i], c.byref(info))
            able[found[i]] = int(info.flags)
        return able

    def open_session(self, slot: int, *, write: bool) -> int:
        """Open a session and return its handle."""
        session = t.HANDLE()
        flags = t.CKF_SERIAL_SESSION | (t.CKF_RW_SESSION if write else 0)
        self._call("OpenSession", slot, flags, None, None, c.byref(session))
        return session.value

    def close_session(self, session: int) -> None:
        """Close a session."""
        self._call("CloseSession", session)

    def login(self, session: int, pin: bytes) -> None:
        """Log in as the user, once; a PIN that is refused counts against the token's limit."""
        self._call("Login", session, t.CKU_USER, pin, len(pin))

    def generate_key(self, session: int, mechanism: int, attributes: Mapping[int, AttributeValue]) -> int:
        """Generate a secret key inside the token and return its handle."""
        array, _kept = _attributes(attributes)
        key = t.HANDLE()
        self._call(
            "GenerateKey", session, c.byref(t.Mechanism(mechanism=mechanism)), array, len(attributes), c.byref(key)
        )
        return key.value

    def generate_pair(
        self,
        session: int,
        mechanism: int,
        public: Mapping[int, AttributeValue],
        private: Mapping[int, AttributeValue],
    ) -> tuple[int, int]:
        """Generate a key pair inside the token and return the handles of its public and its private half."""
        shown, _kept = _attributes(public)
        hidden, _held = _attributes(private)
        halves = t.HANDLE(), t.HANDLE()
        self._call(
            "GenerateKeyPair",
            session,
            c.byref(t.Mechanism(mechanism=mechanism)),
            shown,
            len(public),
            hidden,
            len(private),
            c.byref(halves[0]),
            c.byref(halves[1]),
        )
        return halves[0].value, halves[1].value

    def destroy(self, session: int, handle: int) -> None:
        """Destroy an object; the session has to be one that writes."""
        self._call("DestroyObject", session, handle)

    def find(self, session: int, attributes: Mapping[int, AttributeValue]) -> list[int]:
        """Return the handles of all objects that have all these attributes."""
        array, _kept = _attributes(attributes)
        self._call("FindObjectsInit", session, array, len(attributes))
        try:
            handles: list[int] = []
            while True:
                found, count = (t.HANDLE * _FOUND)(), t.ULONG()
                self._call("FindObjects", session, found, _FOUND, c.byref(count))
                handles += found[: count.value]
                if not count.value:
                    return handles
        finally:
            self._call("FindObjectsFinal", session)

    def read(self, session: int, key: int, attribute: int, *, size: int = 256) -> bytes:
        """Read one attribute of an object.

        Raises:
            CryptokiError: CKR_ATTRIBUTE_SENSITIVE for what does not leave the token.
        """
        buffer = c.create_string_buffer(size)
        wanted = t.Attribute(type=attribute, value=c.cast(buffer, c.c_void_p), value_len=size)
        self._call("GetAttributeValue", session, key, c.byref(wanted), 1)
        if wanted.value_len == _UNAVAILABLE:
            raise CryptokiError("GetAttributeValue", t.CKR_ATTRIBUTE_SENSITIVE)
        return buffer.raw[: wanted.value_len]

    def random(self, session: int, length: int) -> bytes:
        """Return bytes of the token's random generator."""
        buffer = c.create_string_buffer(length)
        self._call("GenerateRandom", session, buffer, length)
        return buffer.raw

    def encrypt_gcm(self, session: int, key: int, iv: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
        """Encrypt with CKM_AES_GCM inside the token; return the IV that was used, and ciphertext with its tag.

        Some tokens in FIPS mode make the IV themselves and write it over the one they were given.
        """
        params, mechanism, kept = _gcm(iv, aad)
        self._call("EncryptInit", session, c.byref(mechanism), key)
        sealed = self._output("Encrypt", session, plaintext, len(plaintext) + _GCM_TAG_BYTES)
        return c.string_at(params.iv, len(kept[0])), sealed

    def decrypt_gcm(self, session: int, key: int, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Check and decrypt with CKM_AES_GCM inside the token."""
        _params, mechanism, _kept = _gcm(iv, aad)
        self._call("DecryptInit", session, c.byref(mechanism), key)
        # Some modules want room for the tag although the plaintext is shorter by it.
        return self._output("Decrypt", session, sealed, len(sealed))

    def sign(
        self, session: int, key: int, mechanism: int, data: bytes, *, pss: tuple[int, int, int] | None = None
    ) -> bytes:
        """Sign inside the token what is hashed already; ``pss`` gives hash, mask function and salt length."""
        what = t.Mechanism(mechanism=mechanism)
        if pss:
            params = t.PssParams(*pss)
            what.parameter, what.parameter_len = c.cast(c.byref(params), c.c_void_p), c.sizeof(params)
        self._call("SignInit", session, c.byref(what), key)
        return self._output("Sign", session, data, _MAX_SIGNATURE)

    def encrypt_cbc(self, session: int, key: int, iv: bytes, plaintext: bytes) -> bytes:
        """Encrypt with CKM_AES_CBC_PAD inside the token."""
        what, _kept = _with_iv(t.CKM_AES_CBC_PAD, iv)
        self._call("EncryptInit", session, c.byref(what), key)
        return self._output("Encrypt", session, plaintext, len(plaintext) + len(iv))

    def decrypt_cbc(self, session: int, key: int, iv: bytes, ciphertext: bytes) -> bytes:
        """Decrypt with CKM_AES_CBC_PAD inside the token."""
        what, _kept = _with_iv(t.CKM_AES_CBC_PAD, iv)
        self._call("DecryptInit", session, c.byref(what), key)
        return self._output("Decrypt", session, ciphertext, len(ciphertext))

    def _output(self, function: str, session: int, data: bytes, room: int) -> bytes:
        out = c.create_string_buffer(max(room, 1))
        length = t.ULONG(room)
        try:
            self._call(function, session, data, len(data), out, c.byref(length))
            return out.raw[: length.value]
        finally:
            c.memset(out, 0, len(out))

    def _call(self, function: str, *arguments: Any) -> None:
        _check(function, self._functions[function](*arguments))


def _check(function: str, rv: int) -> None:
    if rv != t.CKR_OK:
        raise CryptokiError(function, rv)


def _text(padded: bytes) -> str:
    return padded.decode("utf-8", "replace").rstrip(" \0")


def _with_iv(mechanism: int, iv: bytes) -> tuple[t.Mechanism, Any]:
    kept = c.create_string_buffer(iv, len(iv))
    return t.Mechanism(mechanism=mechanism, parameter=c.cast(kept, c.c_void_p), parameter_len=len(iv)), kept


def _gcm(iv: bytes, aad: bytes) -> tuple[t.GcmParams, t.Mechanism, Sequence[Any]]:
    kept = (c.create_string_buffer(iv, len(iv)), c.create_string_buffer(aad, max(len(aad), 1)))
    params = t.GcmParams(
        iv=c.cast(kept[0], c.c_void_p),
        iv_len=len(iv),
        iv_bits=len(iv) * 8,
        aad=c.cast(kept[1], c.c_void_p),
        aad_len=len(aad),
        tag_bits=_GCM_TAG_BYTES * 8,
    )
    mechanism = t.Mechanism(
        mechanism=t.CKM_AES_GCM, parameter=c.cast(c.byref(params), c.c_void_p), parameter_len=c.sizeof(params)
    )
    return params, mechanism, (*kept, params)


def _attributes(values: Mapping[int, AttributeValue]) -> tuple[Any, list[Any]]:
    array = (t.Attribute * max(len(values), 1))()
    kept: list[Any] = []
    for place, (kind, value) in zip(array, values.items(), strict=False):
        if isinstance(value, bool):
            held: Any = c.c_ubyte(value)
        elif isinstance(value, int):
            held = t.ULONG(value)
        else:
            held = c.create_string_buffer(value, len(value))
        kept.append(held)
        place.type, place.value, place.value_len = kind, c.cast(c.byref(held), c.c_void_p), c.sizeof(held)
    return array, kept
