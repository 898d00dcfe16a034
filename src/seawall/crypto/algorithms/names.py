"""The names of every algorithm, mechanism and operation, as they stand in the API, the store and the ledger."""

from enum import StrEnum


class Algorithm(StrEnum):
    """What a key is."""

    AES_128 = "AES-128"
    AES_192 = "AES-192"
    AES_256 = "AES-256"
    CHACHA20_POLY1305 = "ChaCha20-Poly1305"
    HMAC_SHA_256 = "HMAC-SHA-256"
    HMAC_SHA_384 = "HMAC-SHA-384"
    HMAC_SHA_512 = "HMAC-SHA-512"
    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    EC_P256 = "EC-P256"
    EC_P384 = "EC-P384"
    EC_P521 = "EC-P521"
    ED25519 = "Ed25519"
    X25519 = "X25519"
    ML_KEM_768 = "ML-KEM-768"
    ML_KEM_1024 = "ML-KEM-1024"
    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    ML_DSA_87 = "ML-DSA-87"
    X25519_ML_KEM_768 = "X25519+ML-KEM-768"
    ED25519_ML_DSA_65 = "Ed25519+ML-DSA-65"
    SLH_DSA_SHA2_128S = "SLH-DSA-SHA2-128s"


class Mechanism(StrEnum):
    """How a key is used."""

    XAES_256_GCM = "XAES-256-GCM"
    GCM = "GCM"
    GCM_SIV = "GCM-SIV"
    SIV = "SIV"
    CBC = "CBC"
    CTR = "CTR"
    KWP = "KWP"
    CHACHA20_POLY1305 = "ChaCha20-Poly1305"
    HMAC = "HMAC"
    RSA_OAEP_SHA_256 = "RSA-OAEP-SHA-256"
    RSA_OAEP_SHA_384 = "RSA-OAEP-SHA-384"
    RSA_OAEP_SHA_512 = "RSA-OAEP-SHA-512"
    RSA_OAEP_SHA_1 = "RSA-OAEP-SHA-1"
    RSA_PSS_SHA_256 = "RSA-PSS-SHA-256"
    RSA_PSS_SHA_384 = "RSA-PSS-SHA-384"
    RSA_PSS_SHA_512 = "RSA-PSS-SHA-512"
    RSA_PKCS1_SHA_256 = "RSA-PKCS1-SHA-256"
    RSA_PKCS1_SHA_384 = "RSA-PKCS1-SHA-384"
    RSA_PKCS1_SHA_512 = "RSA-PKCS1-SHA-512"
    ECDSA_SHA_256 = "ECDSA-SHA-256"
    ECDSA_SHA_384 = "ECDSA-SHA-384"
    ECDSA_SHA_512 = "ECDSA-SHA-512"
    ED25519 = "Ed25519"
    ECDH = "ECDH"
    X25519 = "X25519"
    ML_KEM = "ML-KEM"
    ML_DSA = "ML-DSA"
    X_WING = "X-Wing"
    HPKE_X_WING = "HPKE-X-Wing"
    COMPOSITE = "Composite-ML-DSA"
    SLH_DSA = "SLH-DSA"
    FF1 = "FF1"


class Operation(StrEnum):
    """What is done with a key."""

    ENCRYPT = "encrypt"
    DECRYPT = "decrypt"
    WRAP = "wrap"
    UNWRAP = "unwrap"
    SIGN = "sign"
    VERIFY = "verify"
    MAC = "mac"
    VERIFY_MAC = "verify_mac"
    DERIVE = "derive"
    ENCAPSULATE = "encapsulate"
    DECAPSULATE = "decapsulate"
    TOKENISE = "tokenise"
    REVEAL = "reveal"


class Form(StrEnum):
    """What key material looks like: raw bytes, or a private key with a public half."""

    SYMMETRIC = "symmetric"
    ASYMMETRIC = "asymmetric"


class QuantumStatus(StrEnum):
    """What a cryptanalytically relevant quantum computer would mean."""

    RESISTANT = "resistant"
    VULNERABLE = "vulnerable"


class NonceKind(StrEnum):
    """Where the nonce of one encryption comes from: no caller of the API ever gives one."""

    NONE = "none"
    RANDOM = "random"
    COUNTED = "counted"
