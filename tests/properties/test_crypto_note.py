"""Notes: what was signed verifies, whatever is changed does not, and any bytes are read without a surprise."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seawall.crypto.note import Checkpoint, SignatureType, SignerKey, VerifierKey, sign_note, verify_note
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

names = st.text(
    st.characters(exclude_categories=["Zs", "Zl", "Zp", "Cc", "Cs"], exclude_characters="+"), min_size=1, max_size=40
)
SIGNERS = [SignerKey("log.example", kind, Secret(bytes(range(32)))) for kind in SignatureType]
KEYS = [signer.verifier for signer in SIGNERS]
checkpoints = st.builds(
    Checkpoint,
    origin=names,
    size=st.integers(0, (1 << 63) - 1),
    root=st.binary(min_size=32, max_size=32),
)


@settings(deadline=None)
@given(checkpoints, st.integers(0, (1 << 63) - 1))
def test_what_is_signed_verifies(checkpoint: Checkpoint, time: int) -> None:
    verified = verify_note(sign_note(checkpoint.text(), SIGNERS, time), KEYS, require_all=True)
    assert Checkpoint.parse(verified.text) == checkpoint
    assert [signature.timestamp_s for signature in verified.signatures] == [None, time]


@settings(deadline=None)
@given(checkpoints, st.data())
def test_whatever_byte_of_the_text_is_changed_is_found(checkpoint: Checkpoint, data: st.DataObject) -> None:
    note = sign_note(checkpoint.text(), SIGNERS, 0)
    at = data.draw(st.integers(0, len(checkpoint.text().encode()) - 1))
    put = data.draw(st.binary(max_size=2))
    changed = note[:at] + put + note[at + 1 :]
    assume(changed != note)
    with pytest.raises((Corrupt, InvalidInput)):
        verify_note(changed, KEYS)


@given(names, st.sampled_from(SignatureType), st.binary(min_size=32, max_size=32))
def test_keys_are_written_and_read(name: str, kind: SignatureType, seed: bytes) -> None:
    assume(len(name.encode()) <= 255)
    key = SignerKey(name, kind, Secret(seed))
    assert VerifierKey.parse(key.verifier.encode()) == key.verifier
    assert SignerKey.parse(key.export()).verifier == key.verifier


@given(st.text(max_size=120) | st.text(alphabet="\n 019+/=AB— ", max_size=60))
def test_any_text_is_read_or_malformed(text: str) -> None:
    for parse in (
        Checkpoint.parse,
        VerifierKey.parse,
        lambda text: verify_note(text.encode(errors="surrogatepass"), KEYS),
    ):
        code = "none"
        try:
            parse(text)
        except (InvalidInput, Corrupt) as error:
            code = error.code
        assert code in ("none", "note.malformed", "note.not_signed")
