"""Resident keys inside their token, as the worker process uses them: made there, used there, destroyed there."""

from collections.abc import Mapping

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.cryptoki import AttributeValue
from seawall.adapters.roots.token_roots import of_root, open_gcm
from seawall.adapters.roots.token_session import Borrower, Refusal, only

LABEL = "seawall-resident"
_SECRET, _PRIVATE, _PUBLIC = "resident secret", "resident private", "resident public"
_GCM_IV = 12
_MOST = 5_000
_AES = {"AES-256": 32}
_RSA = {"RSA-2048": 2048, "RSA-3072": 3072, "RSA-4096": 4096}
# DER of the named curves' object identifiers (SEC 2, RFC 5480 section 2.1.1.1).
_EC = {
    "EC-P256": bytes.fromhex("06082a8648ce3d030107"),
    "EC-P384": bytes.fromhex("06052b81040022"),
    "EC-P521": bytes.fromhex("06052b81040023"),
}
_KINDS = {t.CKO_SECRET_KEY: "secret", t.CKO_PRIVATE_KEY: "private"}
_TYPES = {t.CKK_AES: "AES", t.CKK_RSA: "RSA", t.CKK_EC: "EC"}
_F4 = b"\x01\x00\x01"


def generate(by: Borrower, request: m.Generate) -> m.Done:
    """Make a key that cannot leave, under an id that nothing in the token has yet.

    Raises:
        Refusal: ``resident_exists`` or ``resident_mechanism``.
    """
    if by.run(lambda session: _of(by, session, request.key_id)):
        raise Refusal("resident_exists")
    mechanism, pair = _maker(request.algorithm)
    if not by.token.can(mechanism, t.CKF_GENERATE_KEY_PAIR if pair else t.CKF_GENERATE):
        raise Refusal("resident_mechanism", request.algorithm)

    def change(session: int) -> None:
        common: dict[int, AttributeValue] = {
            t.CKA_LABEL: LABEL.encode(),
            t.CKA_ID: request.key_id,
            t.CKA_TOKEN: True,
        }
        if not pair:
            template = {**common, **_secret(_AES[request.algorithm])}
            by.module.generate_key(session, mechanism, template)
            return
        by.module.generate_pair(
            session, mechanism, {**common, **_shown(request.algorithm)}, {**common, **_hidden(request.algorithm)}
        )

    by.write(change)
    return m.Done(count=1)


def wrap(by: Borrower, request: m.Wrap) -> m.Wrapped:
    """Encrypt by AES-GCM under a resident key, with an IV of the token's own random generator."""

    def use(session: int) -> m.Wrapped:
        key = _handle(by, session, _SECRET, t.CKO_SECRET_KEY, request.key_id)
        iv = by.module.random(session, _GCM_IV)
        used, sealed = by.module.encrypt_gcm(session, key, iv, request.plaintext, request.aad)
        return m.Wrapped(iv=used, sealed=sealed)

    return by.run(use)


def unwrap(by: Borrower, request: m.Unwrap) -> m.Unwrapped:
    """Check and decrypt by AES-GCM under a resident key.

    Raises:
        Refusal: ``open_failed``.
    """

    def use(session: int) -> m.Unwrapped:
        key = _handle(by, session, _SECRET, t.CKO_SECRET_KEY, request.key_id)
        return m.Unwrapped(plaintext=open_gcm(by, session, key, request))

    return by.run(use)


def sign(by: Borrower, request: m.Sign) -> m.Signed:
    """Sign with a resident private key what is hashed already.

    Raises:
        Refusal: ``resident_mechanism``.
    """
    if not by.token.can(request.mechanism, t.CKF_SIGN):
        raise Refusal("resident_mechanism", f"0x{request.mechanism:x}")
    pss = (request.pss[0], request.pss[1], request.pss[2]) if request.pss else None

    def use(session: int) -> m.Signed:
        key = _handle(by, session, _PRIVATE, t.CKO_PRIVATE_KEY, request.key_id)
        return m.Signed(signature=by.module.sign(session, key, request.mechanism, request.data, pss=pss))

    return by.run(use)


def read_public(by: Borrower, request: m.ReadPublic) -> m.Public:
    """Read the public half of a resident key pair."""

    def use(session: int) -> m.Public:
        key = _handle(by, session, _PUBLIC, t.CKO_PUBLIC_KEY, request.key_id)
        kind = int.from_bytes(by.module.read(session, key, t.CKA_KEY_TYPE), "little")
        if kind == t.CKK_RSA:
            return m.Public(
                modulus=by.module.read(session, key, t.CKA_MODULUS, size=2048),
                exponent=by.module.read(session, key, t.CKA_PUBLIC_EXPONENT),
            )
        return m.Public(
            curve=by.module.read(session, key, t.CKA_EC_PARAMS), point=by.module.read(session, key, t.CKA_EC_POINT)
        )

    return by.run(use)


def destroy(by: Borrower, request: m.Destroy) -> m.Done:
    """Destroy every object of ours under an id, and look in a fresh session that none is left.

    Raises:
        Refusal: ``not_destroyed``.
    """

    def change(session: int) -> int:
        found = _of(by, session, request.key_id, root=request.root)
        for handle in found:
            by.module.destroy(session, handle)
        return len(found)

    count = by.write(change)
    if by.write(lambda session: _of(by, session, request.key_id, root=request.root)):
        raise Refusal("not_destroyed")
    return m.Done(count=count)


def listed(by: Borrower, request: m.ListObjects) -> m.Objects:
    """List every secret and private key whose label is ours.

    Raises:
        Refusal: ``listing_long``.
    """

    def use(session: int) -> m.Objects:
        items = []
        for kind, name in _KINDS.items():
            for handle in by.find(session, {t.CKA_CLASS: kind}):
                label = by.text(session, handle)
                if label == LABEL or of_root(label, request.root_label):
                    items.append(_seen(by, session, handle, name, label))
        if len(items) > _MOST:
            raise Refusal("listing_long")
        return m.Objects(items=items)

    return by.run(use)


def _seen(by: Borrower, session: int, handle: int, kind: str, label: str) -> m.ObjectSeen:
    key_type = int.from_bytes(by.module.read(session, handle, t.CKA_KEY_TYPE), "little")
    return m.ObjectSeen(
        key_id=by.module.read(session, handle, t.CKA_ID),
        label=label,
        kind=kind,
        algorithm=_TYPES.get(key_type, f"0x{key_type:x}"),
        sensitive=by.flag(session, handle, t.CKA_SENSITIVE),
        extractable=by.can_leave(session, handle),
        never_extractable=by.flag(session, handle, t.CKA_NEVER_EXTRACTABLE),
        local=by.flag(session, handle, t.CKA_LOCAL),
    )


def _of(by: Borrower, session: int, key_id: bytes, *, root: str = "") -> list[int]:
    if not root:
        return by.find(session, {t.CKA_ID: key_id, t.CKA_LABEL: LABEL.encode()})
    return [handle for handle in by.find(session, {t.CKA_ID: key_id}) if of_root(by.text(session, handle), root)]


def _handle(by: Borrower, session: int, what: str, kind: int, key_id: bytes) -> int:
    def find() -> int:
        wanted: dict[int, AttributeValue] = {t.CKA_CLASS: kind, t.CKA_ID: key_id, t.CKA_LABEL: LABEL.encode()}
        handle = only(by.find(session, wanted), missing="resident_missing", several="resident_ambiguous")
        if kind != t.CKO_PUBLIC_KEY:
            held = by.flag(session, handle, t.CKA_SENSITIVE) and by.flag(session, handle, t.CKA_NEVER_EXTRACTABLE)
            if not held or by.flag(session, handle, t.CKA_EXTRACTABLE):
                raise Refusal("resident_unfit")
        return handle

    return by.token.handle(what, key_id, find)


def _maker(algorithm: str) -> tuple[int, bool]:
    if algorithm in _AES:
        return t.CKM_AES_KEY_GEN, False
    if algorithm in _RSA:
        return t.CKM_RSA_PKCS_KEY_PAIR_GEN, True
    if algorithm in _EC:
        return t.CKM_EC_KEY_PAIR_GEN, True
    raise Refusal("resident_mechanism", algorithm)


def _locked() -> dict[int, AttributeValue]:
    return {t.CKA_PRIVATE: True, t.CKA_SENSITIVE: True, t.CKA_EXTRACTABLE: False, t.CKA_MODIFIABLE: False}


def _secret(length: int) -> Mapping[int, AttributeValue]:
    return {
        t.CKA_CLASS: t.CKO_SECRET_KEY,
        t.CKA_KEY_TYPE: t.CKK_AES,
        t.CKA_VALUE_LEN: length,
        **_locked(),
        t.CKA_ENCRYPT: True,
        t.CKA_DECRYPT: True,
        t.CKA_WRAP: False,
        t.CKA_UNWRAP: False,
        t.CKA_SIGN: False,
        t.CKA_VERIFY: False,
        t.CKA_DERIVE: False,
    }


def _hidden(algorithm: str) -> Mapping[int, AttributeValue]:
    return {
        t.CKA_CLASS: t.CKO_PRIVATE_KEY,
        t.CKA_KEY_TYPE: t.CKK_RSA if algorithm in _RSA else t.CKK_EC,
        **_locked(),
        t.CKA_SIGN: True,
        t.CKA_DECRYPT: False,
        t.CKA_UNWRAP: False,
        t.CKA_DERIVE: False,
    }


def _shown(algorithm: str) -> Mapping[int, AttributeValue]:
    common: dict[int, AttributeValue] = {
        t.CKA_CLASS: t.CKO_PUBLIC_KEY,
        t.CKA_VERIFY: True,
        t.CKA_ENCRYPT: False,
        t.CKA_WRAP: False,
        t.CKA_DERIVE: False,
        t.CKA_PRIVATE: False,
        t.CKA_MODIFIABLE: False,
    }
    if algorithm in _RSA:
        size: dict[int, AttributeValue] = {t.CKA_MODULUS_BITS: _RSA[algorithm], t.CKA_PUBLIC_EXPONENT: _F4}
        return {**common, t.CKA_KEY_TYPE: t.CKK_RSA, **size}
    return {**common, t.CKA_KEY_TYPE: t.CKK_EC, t.CKA_EC_PARAMS: _EC[algorithm]}
