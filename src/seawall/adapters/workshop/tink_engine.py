"""SLH-DSA-SHA2-128s by Tink, which brings BoringSSL's. Imported where Tink is installed, and only in a workshop."""

from tink import KeysetHandle, TinkError, new_keyset_handle, proto_keyset_format, secret_key_access, signature
from tink.proto import slh_dsa_pb2, tink_pb2

_KEY_ID = 1
_PRIVATE_TYPE = "type.googleapis.com/google.crypto.tink.SlhDsaPrivateKey"
_PUBLIC_TYPE = "type.googleapis.com/google.crypto.tink.SlhDsaPublicKey"
_PUBLIC_BYTES = 32

signature.register()


def make() -> bytes:
    """Make a raw private key of 64 bytes."""
    template = tink_pb2.KeyTemplate()
    template.CopyFrom(signature.signature_key_templates.SLH_DSA_SHA2_128S)
    template.output_prefix_type = tink_pb2.RAW
    whole = proto_keyset_format.serialize(new_keyset_handle(template), secret_key_access.TOKEN)
    data = tink_pb2.Keyset.FromString(whole).key[0].key_data.value
    return bytes(slh_dsa_pb2.SlhDsaPrivateKey.FromString(data).key_value)


def sign(private: bytes, message: bytes) -> bytes:
    """Sign a message; the context is empty."""
    key = slh_dsa_pb2.SlhDsaPrivateKey(version=0, key_value=private, public_key=_public(private[-_PUBLIC_BYTES:]))
    handle = _handle(_PRIVATE_TYPE, key.SerializeToString(), tink_pb2.KeyData.ASYMMETRIC_PRIVATE)
    return bytes(handle.primitive(signature.PublicKeySign).sign(message))


def verify(public: bytes, message: bytes, signed: bytes) -> bool:
    """Tell whether a signature is good."""
    handle = _handle(_PUBLIC_TYPE, _public(public).SerializeToString(), tink_pb2.KeyData.ASYMMETRIC_PUBLIC)
    try:
        handle.primitive(signature.PublicKeyVerify).verify(signed, message)
    except TinkError:
        return False
    return True


def _public(raw: bytes) -> slh_dsa_pb2.SlhDsaPublicKey:
    parameters = slh_dsa_pb2.SlhDsaParams(key_size=64, hash_type=slh_dsa_pb2.SHA2, sig_type=slh_dsa_pb2.SMALL_SIGNATURE)
    return slh_dsa_pb2.SlhDsaPublicKey(version=0, key_value=raw, params=parameters)


def _handle(type_url: str, value: bytes, kind: int) -> KeysetHandle:
    keyset = tink_pb2.Keyset(
        primary_key_id=_KEY_ID,
        key=[
            tink_pb2.Keyset.Key(
                key_data=tink_pb2.KeyData(type_url=type_url, value=value, key_material_type=kind),
                status=tink_pb2.ENABLED,
                key_id=_KEY_ID,
                output_prefix_type=tink_pb2.RAW,
            )
        ],
    )
    return proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
