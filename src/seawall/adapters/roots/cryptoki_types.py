"""PKCS#11 2.40 as C sees it: the constants, structures and function list that roots and resident keys use.

Names and numbers are those of the OASIS standard (PKCS #11 Cryptographic Token Interface Base Specification 2.40,
pkcs11t.h and pkcs11f.h). On Linux the structures have their natural alignment.
"""

import ctypes as c

ULONG = c.c_ulong
HANDLE = c.c_ulong
BUFFER = c.POINTER(c.c_ubyte)

CKR_OK = 0x00
CKR_HOST_MEMORY = 0x02
CKR_SLOT_ID_INVALID = 0x03
CKR_GENERAL_ERROR = 0x05
CKR_FUNCTION_FAILED = 0x06
CKR_ATTRIBUTE_SENSITIVE = 0x11
CKR_ATTRIBUTE_TYPE_INVALID = 0x12
CKR_DATA_INVALID = 0x20
CKR_DATA_LEN_RANGE = 0x21
CKR_DEVICE_ERROR = 0x30
CKR_DEVICE_MEMORY = 0x31
CKR_DEVICE_REMOVED = 0x32
CKR_ENCRYPTED_DATA_INVALID = 0x40
CKR_ENCRYPTED_DATA_LEN_RANGE = 0x41
CKR_KEY_HANDLE_INVALID = 0x60
CKR_OBJECT_HANDLE_INVALID = 0x82
CKR_PIN_INCORRECT = 0xA0
CKR_PIN_INVALID = 0xA1
CKR_PIN_LEN_RANGE = 0xA2
CKR_PIN_EXPIRED = 0xA3
CKR_PIN_LOCKED = 0xA4
CKR_SESSION_CLOSED = 0xB0
CKR_SESSION_HANDLE_INVALID = 0xB3
CKR_SIGNATURE_INVALID = 0xC0
CKR_TOKEN_NOT_PRESENT = 0xE0
CKR_TOKEN_NOT_RECOGNIZED = 0xE1
CKR_USER_NOT_LOGGED_IN = 0x101
CKR_USER_PIN_NOT_INITIALIZED = 0x102
CKR_RANDOM_NO_RNG = 0x121
CKR_CRYPTOKI_NOT_INITIALIZED = 0x190

CKF_OS_LOCKING_OK = 0x02
CKF_SERIAL_SESSION = 0x04
CKF_RW_SESSION = 0x02
CKF_HW_SLOT = 0x04
CKF_ENCRYPT = 0x100
CKF_DECRYPT = 0x200
CKF_SIGN = 0x800
CKF_VERIFY = 0x2000
CKF_GENERATE = 0x8000
CKF_GENERATE_KEY_PAIR = 0x10000
CKF_USER_PIN_FINAL_TRY = 0x00020000
CKF_USER_PIN_LOCKED = 0x00040000
CKU_USER = 1

CKO_PUBLIC_KEY = 0x02
CKO_PRIVATE_KEY = 0x03
CKO_SECRET_KEY = 0x04
CKK_RSA = 0x00
CKK_EC = 0x03
CKK_AES = 0x1F
CKM_RSA_PKCS_KEY_PAIR_GEN = 0x0000
CKM_RSA_PKCS = 0x0001
CKM_RSA_PKCS_PSS = 0x000D
CKM_SHA256 = 0x0250
CKM_SHA384 = 0x0260
CKM_SHA512 = 0x0270
CKM_EC_KEY_PAIR_GEN = 0x1040
CKM_ECDSA = 0x1041
CKM_AES_KEY_GEN = 0x1080
CKM_AES_CBC_PAD = 0x1085
CKM_AES_GCM = 0x1087
CKM_AES_CMAC = 0x108A
CKG_MGF1_SHA256 = 0x02
CKG_MGF1_SHA384 = 0x03
CKG_MGF1_SHA512 = 0x04

CKA_CLASS = 0x000
CKA_TOKEN = 0x001
CKA_PRIVATE = 0x002
CKA_LABEL = 0x003
CKA_VALUE = 0x011
CKA_KEY_TYPE = 0x100
CKA_ID = 0x102
CKA_SENSITIVE = 0x103
CKA_ENCRYPT = 0x104
CKA_DECRYPT = 0x105
CKA_WRAP = 0x106
CKA_UNWRAP = 0x107
CKA_SIGN = 0x108
CKA_VERIFY = 0x10A
CKA_DERIVE = 0x10C
CKA_MODULUS = 0x120
CKA_MODULUS_BITS = 0x121
CKA_PUBLIC_EXPONENT = 0x122
CKA_VALUE_LEN = 0x161
CKA_EXTRACTABLE = 0x162
CKA_LOCAL = 0x163
CKA_NEVER_EXTRACTABLE = 0x164
CKA_ALWAYS_SENSITIVE = 0x165
CKA_MODIFIABLE = 0x170
CKA_EC_PARAMS = 0x180
CKA_EC_POINT = 0x181


class Version(c.Structure):
    """CK_VERSION."""

    _fields_ = (("major", c.c_ubyte), ("minor", c.c_ubyte))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class InitializeArgs(c.Structure):
    """CK_C_INITIALIZE_ARGS."""

    _fields_ = (
        ("create_mutex", c.c_void_p),
        ("destroy_mutex", c.c_void_p),
        ("lock_mutex", c.c_void_p),
        ("unlock_mutex", c.c_void_p),
        ("flags", ULONG),
        ("reserved", c.c_void_p),
    )


class Info(c.Structure):
    """CK_INFO."""

    _fields_ = (
        ("cryptoki_version", Version),
        ("manufacturer", c.c_char * 32),
        ("flags", ULONG),
        ("description", c.c_char * 32),
        ("library_version", Version),
    )


class SlotInfo(c.Structure):
    """CK_SLOT_INFO."""

    _fields_ = (
        ("description", c.c_char * 64),
        ("manufacturer", c.c_char * 32),
        ("flags", ULONG),
        ("hardware_version", Version),
        ("firmware_version", Version),
    )


class TokenInfo(c.Structure):
    """CK_TOKEN_INFO."""

    _fields_ = (
        ("label", c.c_char * 32),
        ("manufacturer", c.c_char * 32),
        ("model", c.c_char * 16),
        ("serial", c.c_char * 16),
        ("flags", ULONG),
        ("limits", ULONG * 10),
        ("hardware_version", Version),
        ("firmware_version", Version),
        ("utc_time", c.c_char * 16),
    )


class MechanismInfo(c.Structure):
    """CK_MECHANISM_INFO."""

    _fields_ = (("min_key_size", ULONG), ("max_key_size", ULONG), ("flags", ULONG))


class Mechanism(c.Structure):
    """CK_MECHANISM."""

    _fields_ = (("mechanism", ULONG), ("parameter", c.c_void_p), ("parameter_len", ULONG))


class GcmParams(c.Structure):
    """CK_GCM_PARAMS."""

    _fields_ = (
        ("iv", c.c_void_p),
        ("iv_len", ULONG),
        ("iv_bits", ULONG),
        ("aad", c.c_void_p),
        ("aad_len", ULONG),
        ("tag_bits", ULONG),
    )


class PssParams(c.Structure):
    """CK_RSA_PKCS_PSS_PARAMS."""

    _fields_ = (("hash", ULONG), ("mgf", ULONG), ("salt_len", ULONG))


class Attribute(c.Structure):
    """CK_ATTRIBUTE."""

    _fields_ = (("type", ULONG), ("value", c.c_void_p), ("value_len", ULONG))


# CK_FUNCTION_LIST's members in the order of pkcs11f.h; its version and padding come first.
_FUNCTIONS = """
Initialize Finalize GetInfo GetFunctionList GetSlotList GetSlotInfo GetTokenInfo GetMechanismList GetMechanismInfo
InitToken InitPIN SetPIN OpenSession CloseSession CloseAllSessions GetSessionInfo GetOperationState SetOperationState
Login Logout CreateObject CopyObject DestroyObject GetObjectSize GetAttributeValue SetAttributeValue FindObjectsInit
FindObjects FindObjectsFinal EncryptInit Encrypt EncryptUpdate EncryptFinal DecryptInit Decrypt DecryptUpdate
DecryptFinal DigestInit Digest DigestUpdate DigestKey DigestFinal SignInit Sign SignUpdate SignFinal SignRecoverInit
SignRecover VerifyInit Verify VerifyUpdate VerifyFinal VerifyRecoverInit VerifyRecover DigestEncryptUpdate
DecryptDigestUpdate SignEncryptUpdate DecryptVerifyUpdate GenerateKey GenerateKeyPair WrapKey UnwrapKey DeriveKey
SeedRandom GenerateRandom GetFunctionStatus CancelFunction WaitForSlotEvent
"""


class FunctionList(c.Structure):
    """CK_FUNCTION_LIST."""

    _fields_ = (("version", Version), *((name, c.c_void_p) for name in _FUNCTIONS.split()))


_P = c.c_void_p
# The arguments of the functions that are called; all return CK_RV.
SIGNATURES: dict[str, tuple[type, ...]] = {
    "Initialize": (_P,),
    "Finalize": (_P,),
    "GetInfo": (_P,),
    "GetSlotList": (c.c_ubyte, _P, _P),
    "GetSlotInfo": (ULONG, _P),
    "GetTokenInfo": (ULONG, _P),
    "GetMechanismList": (ULONG, _P, _P),
    "GetMechanismInfo": (ULONG, ULONG, _P),
    "OpenSession": (ULONG, ULONG, _P, _P, _P),
    "CloseSession": (HANDLE,),
    "Login": (HANDLE, ULONG, _P, ULONG),
    "DestroyObject": (HANDLE, HANDLE),
    "GetAttributeValue": (HANDLE, HANDLE, _P, ULONG),
    "FindObjectsInit": (HANDLE, _P, ULONG),
    "FindObjects": (HANDLE, _P, ULONG, _P),
    "FindObjectsFinal": (HANDLE,),
    "EncryptInit": (HANDLE, _P, HANDLE),
    "Encrypt": (HANDLE, _P, ULONG, _P, _P),
    "DecryptInit": (HANDLE, _P, HANDLE),
    "Decrypt": (HANDLE, _P, ULONG, _P, _P),
    "SignInit": (HANDLE, _P, HANDLE),
    "Sign": (HANDLE, _P, ULONG, _P, _P),
    "GenerateKey": (HANDLE, _P, _P, ULONG, _P),
    "GenerateKeyPair": (HANDLE, _P, _P, ULONG, _P, ULONG, _P, _P),
    "GenerateRandom": (HANDLE, _P, ULONG),
}
