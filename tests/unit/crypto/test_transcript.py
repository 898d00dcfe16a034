"""The transcript of a ceremony: what it proves, and every edit that it shows."""

import pytest

from seawall.crypto import transcript
from seawall.crypto.custodian import Signer
from seawall.crypto.transcript import Attendee, Transcript
from seawall.kernel.errors import InvalidInput, SeawallError
from seawall.kernel.secret import Secret

NOW = 1_767_830_400_000
HOUSE, ALICE, BOB = (Signer(Secret(bytes([number]) * 32)) for number in (1, 2, 3))


@pytest.fixture(scope="module")
def closed() -> bytes:
    attendees = [Attendee(name="alice", signing=ALICE.public), Attendee(name="bob", signing=BOB.public)]
    written = Transcript({"purpose": "backup", "set": "primary"}, attendees, HOUSE.public, NOW)
    written.step("set made", NOW + 1, threshold=2)
    written.step("share delivered", NOW + 2, to="alice", sha256="00" * 32)
    return written.close(NOW + 3, HOUSE)


def test_it_says_who_signed_and_who_did_not(closed):
    found = transcript.verify(closed)
    assert (found.signed, found.missing) == (["installation"], ["alice", "bob"])
    assert [line.body["what"] for line in found.steps] == ["set made", "share delivered"]
    signed = transcript.sign(transcript.sign(closed, "bob", BOB, NOW + 4), "alice", ALICE, NOW + 5)
    assert transcript.verify(signed).missing == []
    assert transcript.verify(signed).closed_ms == NOW + 3


def test_nobody_signs_for_another_or_unasked(closed):
    for name, signer in (("alice", BOB), ("carol", ALICE)):
        with pytest.raises(InvalidInput, match="did not attend"):
            transcript.sign(closed, name, signer, NOW)


def test_every_byte_counts(closed):
    text = transcript.sign(closed, "bob", BOB, NOW + 4)
    step = max(1, len(text) // 400)
    for at in range(0, len(text), step):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        with pytest.raises(SeawallError):
            transcript.verify(changed)


def test_lines_cannot_be_dropped_or_moved(closed):
    lines = closed.splitlines(keepends=True)
    for at in range(len(lines)):
        with pytest.raises(SeawallError):
            transcript.verify(b"".join(lines[:at] + lines[at + 1 :]))
    with pytest.raises(SeawallError):
        transcript.verify(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
