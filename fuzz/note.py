"""Fuzz notes, checkpoints and verifier keys: what is read writes itself the same, and no change verifies."""

from seawall.crypto.note import Checkpoint, SignatureType, SignerKey, VerifierKey, sign_note, verify_note
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

SIGNERS = [SignerKey("log.example", kind, Secret(bytes(range(32)))) for kind in SignatureType]
KEYS = [signer.verifier for signer in SIGNERS]
TEXT = Checkpoint(origin="log.example", size=12, root=bytes(32)).text()
NOTE = sign_note(TEXT, SIGNERS, 1_767_830_400)


def seeds() -> list[bytes]:
    return [
        NOTE,
        sign_note("any text\n\nof two parts\n", SIGNERS[:1], 0),
        TEXT.encode(),
        *(k.encode().encode() for k in KEYS),
    ]


def target(data: bytes) -> None:
    read_note(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    for parse, write in ((Checkpoint.parse, Checkpoint.text), (VerifierKey.parse, VerifierKey.encode)):
        try:
            value = parse(text)
        except InvalidInput:
            continue
        if write(value) != text:
            raise AssertionError("what was read writes itself otherwise")


def read_note(data: bytes) -> None:
    try:
        verified = verify_note(data, KEYS)
    except (InvalidInput, Corrupt):
        if data == NOTE:
            raise AssertionError("the signed note does not verify") from None
        return
    if not data.startswith(verified.text.encode() + b"\n"):
        raise AssertionError("the verified text is not the text of the note")
    if verified.text not in (TEXT, "any text\n\nof two parts\n"):
        raise AssertionError("a text verified that was never signed")
