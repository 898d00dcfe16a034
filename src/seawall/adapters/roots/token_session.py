"""The root key inside its token, as the worker process holds it.

1. Find the one token that was named, and look at its PIN counter before touching it.
2. Log in once; a refused PIN is never tried again.
3. Find the one AES-256 key of that label, or generate it inside the token.
4. Refuse a key that is not fit: not made in the token, readable, or able to leave.
5. Encrypt and decrypt inside the token alone.
"""

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots.cryptoki import AttributeValue, CryptokiError, Module, Token

_IV_BYTES = 12
_AES_256 = 32
_PIN_REFUSED = frozenset({t.CKR_PIN_INCORRECT, t.CKR_PIN_INVALID, t.CKR_PIN_LEN_RANGE, t.CKR_USER_PIN_NOT_INITIALIZED})
# Some libraries answer a wrong tag with a general failure (SoftHSM2 does), so those are looked at twice.
_OPEN_FAILED = frozenset({t.CKR_ENCRYPTED_DATA_INVALID, t.CKR_ENCRYPTED_DATA_LEN_RANGE, t.CKR_SIGNATURE_INVALID})
_AMBIGUOUS = frozenset({t.CKR_GENERAL_ERROR, t.CKR_FUNCTION_FAILED, t.CKR_DATA_INVALID, t.CKR_DATA_LEN_RANGE})
_PROBE = b"seawall probe"


class Refusal(Exception):
    """What the worker cannot do, by a code of :mod:`seawall.adapters.roots.token_errors`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class TokenSession:
    """A logged-in session and the handle of the root key."""

    def __init__(self, module: Module, request: wire.Open) -> None:
        self._module = module
        self._token = _one_token(module, request)
        _check_mechanism(module, self._token.slot)
        self._session = module.open_session(self._token.slot, write=bool(request.create_id))
        _login(module, self._session, request.pin)
        if request.create_id:
            self._generate(request)
        self._key = self._find(request.key_label)
        self._check_key()

    def opened(self) -> wire.Opened:
        """Say what was found; whether the key can leave is tried, not believed."""
        token = self._token
        return wire.Opened(
            key_id=self._module.read(self._session, self._key, t.CKA_ID),
            extractable=not self._export_is_refused(),
            hardware=bool(token.slot_flags & t.CKF_HW_SLOT),
            manufacturer=token.manufacturer,
            model=token.model,
            serial=token.serial,
            token_label=token.label,
            hardware_version=token.hardware_version,
            firmware_version=token.firmware_version,
            library=self._module.library(),
        )

    def wrap(self, plaintext: bytes, aad: bytes) -> wire.Wrapped:
        """Encrypt inside the token, with an IV of its own random generator."""
        iv = self._module.random(self._session, _IV_BYTES)
        used, sealed = self._module.encrypt_gcm(self._session, self._key, iv, plaintext, aad)
        return wire.Wrapped(iv=used, sealed=sealed)

    def unwrap(self, iv: bytes, sealed: bytes, aad: bytes) -> wire.Unwrapped:
        """Check and decrypt inside the token.

        Raises:
            Refusal: ``open_failed`` when the value does not belong here.
        """
        try:
            plaintext = self._module.decrypt_gcm(self._session, self._key, iv, sealed, aad)
        except CryptokiError as error:
            if error.rv in _OPEN_FAILED or (error.rv in _AMBIGUOUS and self._works()):
                raise Refusal("open_failed") from None
            raise
        return wire.Unwrapped(plaintext=plaintext)

    def _works(self) -> bool:
        iv, sealed = self._module.encrypt_gcm(
            self._session, self._key, self._module.random(self._session, _IV_BYTES), _PROBE, b""
        )
        return self._module.decrypt_gcm(self._session, self._key, iv, sealed, b"") == _PROBE

    def _generate(self, request: wire.Open) -> None:
        label = request.key_label.encode()
        if self._module.find(self._session, {t.CKA_CLASS: t.CKO_SECRET_KEY, t.CKA_LABEL: label}):
            raise Refusal("key_exists")
        self._module.generate_key(
            self._session,
            t.CKM_AES_KEY_GEN,
            {
                t.CKA_CLASS: t.CKO_SECRET_KEY,
                t.CKA_KEY_TYPE: t.CKK_AES,
                t.CKA_VALUE_LEN: _AES_256,
                t.CKA_LABEL: label,
                t.CKA_ID: request.create_id,
                t.CKA_TOKEN: True,
                t.CKA_PRIVATE: True,
                t.CKA_SENSITIVE: True,
                t.CKA_EXTRACTABLE: False,
                t.CKA_MODIFIABLE: False,
                t.CKA_ENCRYPT: True,
                t.CKA_DECRYPT: True,
                t.CKA_WRAP: False,
                t.CKA_UNWRAP: False,
                t.CKA_SIGN: False,
                t.CKA_VERIFY: False,
                t.CKA_DERIVE: False,
            },
        )

    def _find(self, label: str) -> int:
        wanted: dict[int, AttributeValue] = {
            t.CKA_CLASS: t.CKO_SECRET_KEY,
            t.CKA_KEY_TYPE: t.CKK_AES,
            t.CKA_LABEL: label.encode(),
        }
        found = self._module.find(self._session, wanted)
        if not found:
            raise Refusal("key_missing")
        if len(found) > 1:
            raise Refusal("key_ambiguous")
        return found[0]

    def _check_key(self) -> None:
        length = int.from_bytes(self._module.read(self._session, self._key, t.CKA_VALUE_LEN), "little")
        asked = (t.CKA_LOCAL, t.CKA_SENSITIVE, t.CKA_ALWAYS_SENSITIVE, t.CKA_NEVER_EXTRACTABLE)
        held = all(self._flag(attribute) for attribute in asked) and not self._flag(t.CKA_EXTRACTABLE)
        if length != _AES_256 or not held:
            raise Refusal("key_unfit")

    def _flag(self, attribute: int) -> bool:
        return self._module.read(self._session, self._key, attribute) == b"\x01"

    def _export_is_refused(self) -> bool:
        try:
            self._module.read(self._session, self._key, t.CKA_VALUE)
        except CryptokiError as error:
            return error.rv in (t.CKR_ATTRIBUTE_SENSITIVE, t.CKR_ATTRIBUTE_TYPE_INVALID)
        return False


def _one_token(module: Module, request: wire.Open) -> Token:
    found = [
        token
        for token in module.tokens()
        if (not request.token_label or token.label == request.token_label)
        and (not request.serial or token.serial == request.serial)
    ]
    if not found:
        raise Refusal("token_missing")
    if len(found) > 1:
        raise Refusal("token_ambiguous")
    token = found[0]
    if token.flags & t.CKF_USER_PIN_LOCKED:
        raise Refusal("pin_locked")
    if token.flags & t.CKF_USER_PIN_FINAL_TRY and not request.allow_final_try:
        raise Refusal("pin_final_try")
    return token


def _check_mechanism(module: Module, slot: int) -> None:
    try:
        able = module.mechanism_flags(slot, t.CKM_AES_GCM)
        module.mechanism_flags(slot, t.CKM_AES_KEY_GEN)
    except CryptokiError:
        raise Refusal("mechanism_missing") from None
    if able & (t.CKF_ENCRYPT | t.CKF_DECRYPT) != t.CKF_ENCRYPT | t.CKF_DECRYPT:
        raise Refusal("mechanism_missing")


def _login(module: Module, session: int, pin: bytes) -> None:
    try:
        module.login(session, pin)
    except CryptokiError as error:
        if error.rv in _PIN_REFUSED:
            raise Refusal("pin_refused") from None
        if error.rv in (t.CKR_PIN_LOCKED, t.CKR_PIN_EXPIRED):
            raise Refusal("pin_locked") from None
        raise
