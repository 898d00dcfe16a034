"""Root keys inside their token, as the worker process uses them.

1. A root key is an AES-256 key under our label, one for each generation, with a UUID as CKA_ID.
2. It is made inside, sensitive and never extractable; one that is not so is refused.
3. It seals by AES-GCM. Where the token cannot, it encrypts by AES-CBC and a second key, with the same label and id,
   puts a CMAC over everything (encrypt, then authenticate; NIST SP 800-38A and 800-38B). A key serves one scheme.
"""

from hmac import compare_digest
from uuid import UUID

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.cryptoki import AttributeValue, CryptokiError
from seawall.adapters.roots.token_session import Borrower, OpenToken, Refusal, only
from seawall.adapters.roots.worker_messages import Scheme

_GCM_IV, _CBC_IV, _TAG = 12, 16, 16
_AES_256 = 32
_CIPHER, _MAC = "root cipher", "root mac"
_BOTH = t.CKF_ENCRYPT | t.CKF_DECRYPT
# Some libraries answer a wrong tag with a general failure (SoftHSM2 does), so those are looked at twice.
_OPEN_FAILED = frozenset({t.CKR_ENCRYPTED_DATA_INVALID, t.CKR_ENCRYPTED_DATA_LEN_RANGE, t.CKR_SIGNATURE_INVALID})
_AMBIGUOUS = frozenset({t.CKR_GENERAL_ERROR, t.CKR_FUNCTION_FAILED, t.CKR_DATA_INVALID, t.CKR_DATA_LEN_RANGE})
_PROBE = b"seawall probe"


def schemes(token: OpenToken) -> list[Scheme]:
    """List how this token can seal, best first."""
    if not token.can(t.CKM_AES_KEY_GEN, t.CKF_GENERATE):
        return []
    able = {
        Scheme.GCM: token.can(t.CKM_AES_GCM, _BOTH),
        Scheme.CBC_CMAC: token.can(t.CKM_AES_CBC_PAD, _BOTH) and token.can(t.CKM_AES_CMAC, t.CKF_SIGN),
    }
    return [scheme for scheme in Scheme if able[scheme]]


def listed(by: Borrower, request: m.ListRoots) -> m.Roots:
    """List the root keys of a label: the first generation's is the label itself, a later one's ends with its number."""

    def use(session: int) -> m.Roots:
        wanted: dict[int, AttributeValue] = _cipher_keys()
        if request.only:
            wanted[t.CKA_LABEL] = request.label.encode()
        keys = []
        for handle in by.find(session, wanted):
            label = by.text(session, handle)
            if label == request.label or (not request.only and of_root(label, request.label)):
                keys.append(_seen(by, session, handle, label))
        return m.Roots(keys=keys)

    return by.run(use)


def create(by: Borrower, request: m.CreateRoot) -> m.Roots:
    """Make a root key inside the token, with attributes that keep it there.

    Raises:
        Refusal: ``key_exists``, or ``mechanism_missing``.
    """
    able = schemes(by.token)
    scheme = Scheme(request.scheme) if request.scheme else next(iter(able), None)
    if scheme not in able:
        raise Refusal("mechanism_missing")
    label = request.label.encode()
    if by.run(lambda session: by.find(session, {t.CKA_CLASS: t.CKO_SECRET_KEY, t.CKA_LABEL: label})):
        raise Refusal("key_exists")

    def change(session: int) -> None:
        if scheme is Scheme.CBC_CMAC:
            by.module.generate_key(session, t.CKM_AES_KEY_GEN, _template(label, request.key_id, mac=True))
        by.module.generate_key(session, t.CKM_AES_KEY_GEN, _template(label, request.key_id, mac=False))

    def undo(session: int) -> None:
        for handle in by.find(session, {t.CKA_LABEL: label, t.CKA_ID: request.key_id}):
            by.module.destroy(session, handle)

    try:
        by.write(change)
        made = listed(by, m.ListRoots(label=request.label, only=True))
    except CryptokiError:
        by.write(undo)
        raise
    if len(made.keys) != 1:
        # Somebody made one in the same moment; two of one name would stop everybody.
        by.write(undo)
        raise Refusal("key_exists")
    return made


def wrap(by: Borrower, request: m.Wrap) -> m.Wrapped:
    """Encrypt under a root key, with an IV of the token's own random generator."""

    def use(session: int) -> m.Wrapped:
        key = _cipher(by, session, request.key_id, request.root)
        mac = _mac(by, session, request.key_id)
        if mac is None:
            iv = by.module.random(session, _GCM_IV)
            used, sealed = by.module.encrypt_gcm(session, key, iv, request.plaintext, request.aad)
            return m.Wrapped(iv=used, sealed=sealed)
        iv = by.module.random(session, _CBC_IV)
        inner = by.module.encrypt_cbc(session, key, iv, request.plaintext)
        tag = by.module.sign(session, mac, t.CKM_AES_CMAC, _maced(request.aad, iv, inner))
        return m.Wrapped(iv=iv, sealed=inner + tag)

    return by.run(use)


def unwrap(by: Borrower, request: m.Unwrap) -> m.Unwrapped:
    """Check and decrypt under a root key.

    Raises:
        Refusal: ``open_failed`` when the value does not belong here.
    """

    def use(session: int) -> m.Unwrapped:
        key = _cipher(by, session, request.key_id, request.root)
        mac = _mac(by, session, request.key_id)
        if len(request.iv) != (_GCM_IV if mac is None else _CBC_IV):
            raise Refusal("open_failed")
        if mac is None:
            return m.Unwrapped(plaintext=open_gcm(by, session, key, request))
        inner, tag = request.sealed[:-_TAG], request.sealed[-_TAG:]
        expected = by.module.sign(session, mac, t.CKM_AES_CMAC, _maced(request.aad, request.iv, inner))
        if not compare_digest(tag, expected):
            raise Refusal("open_failed")
        return m.Unwrapped(plaintext=by.module.decrypt_cbc(session, key, request.iv, inner))

    return by.run(use)


def open_gcm(by: Borrower, session: int, key: int, request: m.Unwrap) -> bytes:
    """Check and decrypt by AES-GCM, and tell a wrong tag from a token that fails.

    Raises:
        Refusal: ``open_failed``.
    """
    try:
        return by.module.decrypt_gcm(session, key, request.iv, request.sealed, request.aad)
    except CryptokiError as error:
        if error.rv in _OPEN_FAILED or (error.rv in _AMBIGUOUS and _works(by, session, key)):
            raise Refusal("open_failed") from None
        raise


def of_root(label: str, root: str) -> bool:
    """Tell whether a key's label is a root's own, or that of a later generation of it."""
    return label == root or label.startswith(f"{root}/")


def _works(by: Borrower, session: int, key: int) -> bool:
    iv = by.module.random(session, _GCM_IV)
    used, sealed = by.module.encrypt_gcm(session, key, iv, _PROBE, b"")
    return by.module.decrypt_gcm(session, key, used, sealed, b"") == _PROBE


def _cipher(by: Borrower, session: int, key_id: bytes, root: str) -> int:
    def find() -> int:
        found = by.find(session, {**_cipher_keys(), t.CKA_ID: key_id})
        found = [handle for handle in found if of_root(by.text(session, handle), root)]
        handle = only(found, missing="generation_missing", several="key_ambiguous")
        if not _fit(by, session, handle):
            raise Refusal("key_unfit")
        return handle

    return by.token.handle((_CIPHER, root), key_id, find)


def _mac(by: Borrower, session: int, key_id: bytes) -> int | None:
    def find() -> int:
        wanted: dict[int, AttributeValue] = {
            t.CKA_CLASS: t.CKO_SECRET_KEY,
            t.CKA_KEY_TYPE: t.CKK_AES,
            t.CKA_SIGN: True,
            t.CKA_ID: key_id,
        }
        found = by.find(session, wanted)
        if not found:
            return 0
        handle = only(found, missing="", several="key_ambiguous")
        if not _fit(by, session, handle):
            raise Refusal("key_unfit")
        return handle

    # A handle is never 0 (CK_INVALID_HANDLE).
    return by.token.handle(_MAC, key_id, find) or None


def _seen(by: Borrower, session: int, handle: int, label: str) -> m.RootSeen:
    key_id = by.module.read(session, handle, t.CKA_ID)
    return m.RootSeen(
        key_id=key_id,
        label=label,
        extractable=by.can_leave(session, handle),
        fit=_fit(by, session, handle),
        scheme=Scheme.GCM if _mac(by, session, key_id) is None else Scheme.CBC_CMAC,
    )


def _fit(by: Borrower, session: int, handle: int) -> bool:
    length = int.from_bytes(by.module.read(session, handle, t.CKA_VALUE_LEN), "little")
    asked = (t.CKA_LOCAL, t.CKA_SENSITIVE, t.CKA_ALWAYS_SENSITIVE, t.CKA_NEVER_EXTRACTABLE)
    held = all(by.flag(session, handle, attribute) for attribute in asked)
    return length == _AES_256 and held and not by.flag(session, handle, t.CKA_EXTRACTABLE)


def _cipher_keys() -> dict[int, AttributeValue]:
    return {t.CKA_CLASS: t.CKO_SECRET_KEY, t.CKA_KEY_TYPE: t.CKK_AES, t.CKA_ENCRYPT: True}


def _template(label: bytes, key_id: bytes, *, mac: bool) -> dict[int, AttributeValue]:
    return {
        t.CKA_CLASS: t.CKO_SECRET_KEY,
        t.CKA_KEY_TYPE: t.CKK_AES,
        t.CKA_VALUE_LEN: _AES_256,
        t.CKA_LABEL: label,
        t.CKA_ID: UUID(bytes=key_id).bytes,
        t.CKA_TOKEN: True,
        t.CKA_PRIVATE: True,
        t.CKA_SENSITIVE: True,
        t.CKA_EXTRACTABLE: False,
        t.CKA_MODIFIABLE: False,
        t.CKA_ENCRYPT: not mac,
        t.CKA_DECRYPT: not mac,
        t.CKA_WRAP: False,
        t.CKA_UNWRAP: False,
        t.CKA_SIGN: mac,
        t.CKA_VERIFY: mac,
        t.CKA_DERIVE: False,
    }


def _maced(aad: bytes, iv: bytes, inner: bytes) -> bytes:
    return len(aad).to_bytes(8) + aad + iv + inner
