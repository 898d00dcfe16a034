"""The data plane and the exchange of keys on the command line: files, streams, base64, JSON, and nothing left lying."""

import stat
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FOUND, INPUT, DENIED, STATE = 1, 2, 4, 5
APP, CUSTODIAN = "payments-app", "custodian"
SECRET = b"HKID A123456(3)"


def asked(home, *command, who=APP):
    """Run a command for JSON, which succeeds."""
    ran = home.call(*command, "--json", who=who)
    assert ran.code == 0, ran.err
    return ran.json


def refused(home, *command, who=APP):
    ran = home.call(*command, "--json", who=who)
    assert not ran.out
    return ran.code, ran.error["error"]


def key(home, name, purpose, *more):
    asked(home, "keys", "create", "harbour", name, "--purpose", purpose, *more, who=CUSTODIAN)


@pytest.fixture
def said(tmp_path):
    path = tmp_path / "said"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    return path


def private(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_bytes()


def test_streams_are_bytes_and_base64(home):
    key(home, "notes", "encrypt")
    sealed = home.run("data", "encrypt", "harbour", "notes", "--context", "row 7", who=APP, stdin=SECRET)
    assert sealed.code == 0, sealed.err
    assert SECRET not in b64decode(sealed.out)
    arguments = ("data", "decrypt", "harbour", "notes", "--base64", "--raw", "--context")
    opened = home.run(*arguments, "row 7", who=APP, stdin=sealed.out.encode())
    assert (opened.code, opened.out.encode()) == (0, SECRET)
    other = home.run(*arguments, "row 8", who=APP, stdin=sealed.out.encode())
    assert (other.code, other.out) == (INPUT, "")
    assert "keys.not_opened" in other.err


def test_files_belong_to_their_owner_and_are_never_replaced(home, said, tmp_path):
    key(home, "notes", "encrypt")
    sealed, fresh = tmp_path / "sealed", tmp_path / "fresh"
    document = asked(home, "data", "encrypt", "harbour", "notes", "--in", said, "--out", sealed)
    assert document == {"version": 1, "out": str(sealed)}
    assert SECRET not in private(sealed)
    again = ("data", "encrypt", "harbour", "notes", "--in", said, "--out", sealed)
    assert refused(home, *again) == (INPUT, "cli.file_unwritable")
    asked(home, "keys", "rotate", "harbour", "notes", who=CUSTODIAN)
    assert asked(home, "data", "rewrap", "harbour", "notes", "--in", sealed, "--out", fresh)["version"] == 2
    shown = asked(home, "data", "decrypt", "harbour", "notes", "--in", fresh)
    assert b64decode(shown["plaintext"]) == SECRET
    gone = tmp_path / "gone"
    assert refused(home, "data", "decrypt", "harbour", "notes", "--in", said, "--out", gone)[0] == INPUT
    assert not gone.exists()
    assert refused(home, "data", "decrypt", "harbour", "notes", "--in", gone) == (INPUT, "cli.file_unreadable")
    assert refused(home, "data", "decrypt", "harbour", "notes", "--in", said, "--base64") == (INPUT, "cli.base64")
    assert refused(home, "data", "encrypt", "harbour", "notes", "--in", said, who=CUSTODIAN)[0] == DENIED
    assert refused(home, "data", "encrypt", "harbour", "notes", "--in", said, "--raw") == (INPUT, "cli.usage")


def test_signatures_and_codes_say_by_their_exit_code_whether_they_are_good(home, said, tmp_path):
    key(home, "seals", "sign", "--algorithm", "EC-P256")
    key(home, "codes", "mac")
    signature, mac = tmp_path / "signature", tmp_path / "mac"
    asked(home, "data", "sign", "harbour", "seals", "--in", said, "--out", signature, "--form", "raw")
    assert len(private(signature)) == 64
    verify = ("data", "verify", "harbour", "seals", "--form", "raw", "--signature", signature, "--in")
    assert asked(home, *verify, said) == {"valid": True, "version": 1}
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    bad = home.call(*verify, other, who=APP)
    assert (bad.code, bad.out) == (FOUND, "not good, by version 1\n")
    code = asked(home, "data", "mac", "harbour", "codes", "--in", said)["mac"]
    mac.write_bytes(b64decode(code))
    for given in (mac, f"base64:{code}"):
        assert asked(home, "data", "verify-mac", "harbour", "codes", "--mac", given, "--in", said)["valid"]
    assert home.call("data", "verify-mac", "harbour", "codes", "--mac", mac, "--in", other, who=APP).code == FOUND
    assert refused(home, "data", "sign", "harbour", "seals", "--in", said, "--form", "x") == (INPUT, "cli.choice")
    assert refused(home, "data", "mac", "harbour", "seals", "--in", said) == (INPUT, "keys.purpose")


def test_material_goes_to_files(home, tmp_path):
    key(home, "wraps", "wrap")
    key(home, "agrees", "derive")
    key(home, "boxes", "encapsulate")
    plain, wrapped, back = tmp_path / "plain", tmp_path / "wrapped", tmp_path / "back"
    made = asked(home, "data", "data-key", "harbour", "wraps", "--plaintext-out", plain, "--out", wrapped)
    assert made == {"version": 1, "out": str(wrapped)}
    asked(home, "data", "unwrap", "harbour", "wraps", "--in", wrapped, "--out", back)
    assert private(back) == private(plain)
    assert len(private(plain)) == 32
    assert set(asked(home, "data", "data-key", "harbour", "wraps")) == {"version", "wrapped"}
    anew = asked(home, "data", "wrap", "harbour", "wraps", "--no-envelope", "--in", plain)
    assert len(b64decode(anew["wrapped"])) == 40
    plain.chmod(0o644)
    assert refused(home, "data", "wrap", "harbour", "wraps", "--in", plain) == (INPUT, "cli.file_open")
    ours = X25519PrivateKey.generate().public_key()
    peer = b64encode(ours.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    derive = ("data", "derive", "harbour", "agrees", "--peer", f"base64:{peer}")
    assert len(b64decode(asked(home, *derive, "--length", "48")["material"])) == 48
    assert refused(home, *derive, "--length", "3") == (INPUT, "cli.number")
    secret, box, out = tmp_path / "secret", tmp_path / "box", tmp_path / "out"
    asked(home, "data", "encapsulate", "harbour", "boxes", "--secret-out", secret, "--out", box)
    asked(home, "data", "decapsulate", "harbour", "boxes", "--in", box, "--out", out)
    assert private(out) == private(secret)


def test_random_bytes_and_digests_need_no_key(home, said):
    assert len(b64decode(home.call("data", "random", "48", who=APP).out)) == 48
    assert refused(home, "data", "random", "70000") == (INPUT, "cli.number")
    digest = asked(home, "data", "hash", "--algorithm", "SHA3-256", "--in", said)
    assert len(b64decode(digest["digest"])) == 32
    assert refused(home, "data", "hash", "--algorithm", "MD5", "--in", said) == (INPUT, "cli.choice")


def test_keys_come_in_and_go_out(home, tmp_path):
    raw = tmp_path / "raw"
    raw.write_bytes(bytes(range(32)))
    bring = ("keys", "import", "harbour", "theirs", "--algorithm", "AES-256", "--form", "raw", "--in", raw)
    raw.chmod(0o644)
    assert refused(home, *bring, who=CUSTODIAN) == (INPUT, "cli.file_open")
    raw.chmod(0o600)
    made = asked(home, *bring, "--exportable", "--owner", "ops", who=CUSTODIAN)
    assert (made["versions"][0]["origin"], made["attributes"]["owner"]) == ("imported", "ops")
    assert refused(home, *bring) == (DENIED, "access.forbidden")
    second = ("keys", "import-version", "harbour", "theirs", "--form", "raw", "--in", raw)
    assert refused(home, *second, "--key-check-value", "0000000000", who=CUSTODIAN) == (INPUT, "keys.key_check_value")
    assert asked(home, *second, who=CUSTODIAN)["version"] == 2

    receiver = tmp_path / "receiver"
    private_key = generate_private_key(65537, 3072)
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    receiver.write_bytes(public)
    out = tmp_path / "exported"
    leave = ("keys", "export", "harbour", "theirs", "--form", "rsa-aes-kwp", "--recipient", receiver, "--out", out)
    assert refused(home, *leave, who=CUSTODIAN) == (STATE, "keys.weak_wrapping")
    assert not out.exists()
    asked(home, "keys", "create", "harbour", "wraps", "--purpose", "wrap", "--exportable", who=CUSTODIAN)
    under = ("keys", "export", "harbour", "theirs", "--form", "kwp", "--wrapping-key", "wraps", "--out", out)
    told = asked(home, *under, who=CUSTODIAN)
    assert (told["out"], "material" in told) == (str(out), False)
    kek = tmp_path / "kek"
    plain = ("keys", "export-plain", "harbour", "wraps", "--form", "raw", "--out", kek)
    assert refused(home, *plain) == (DENIED, "access.forbidden")
    assert not kek.exists()
    asked(home, *plain, who=CUSTODIAN)
    assert aes_key_unwrap_with_padding(private(kek), private(out)) == raw.read_bytes()
    back = tmp_path / "back"
    asked(home, "data", "unwrap", "harbour", "wraps", "--no-envelope", "--in", out, "--out", back)
    assert private(back) == raw.read_bytes()


def test_what_uses_which_version_and_what_is_due(home, said):
    key(home, "notes", "encrypt", "--rotation-uses", "1000")
    asked(home, "data", "encrypt", "harbour", "notes", "--in", said)
    uses = asked(home, "keys", "uses", "harbour", "notes", who=CUSTODIAN)
    assert [(one["version"], one["protected"]) for one in uses["versions"]] == [(1, 1)]
    assert "AES-256" in home.call("keys", "uses", "harbour", "notes", who=CUSTODIAN).out
    assert asked(home, "keys", "rotate-due", who=CUSTODIAN) == {"rotated": [], "refused": {}}
    assert "none was due" in home.call("keys", "rotate-due", "harbour", who=CUSTODIAN).out
