"""What every root of trust keeps to, whatever it is made of."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from seawall.kernel.errors import Corrupt, TooLarge, Unavailable
from seawall.kernel.secret import Secret


def test_opens_what_it_sealed_for_the_same_context(make_root):
    root = make_root("one")
    for length in (0, 1, 32, 4096):
        plaintext = bytes(range(256)) * 16
        wrapped = root.wrap(Secret(plaintext[:length]), b"kek/7")
        assert root.unwrap(wrapped, b"kek/7").expose() == plaintext[:length]


def test_the_same_plaintext_never_looks_the_same_and_never_shows(make_root):
    root = make_root("one")
    key = bytes(range(32))
    seen = {root.wrap(Secret(key), b"c") for _ in range(20)}
    assert len(seen) == 20
    assert not any(key[:8] in wrapped for wrapped in seen)


def test_refuses_another_context(make_root):
    root = make_root("one")
    wrapped = root.wrap(Secret(bytes(32)), b"kek/7")
    for context in (b"kek/8", b"kek/", b"", b"kek/7\0"):
        with pytest.raises(Corrupt) as caught:
            root.unwrap(wrapped, context)
        assert caught.value.code == "root.unwrap_failed"
    # A refusal leaves the root in use.
    assert root.unwrap(wrapped, b"kek/7").expose() == bytes(32)


def test_refuses_every_flipped_byte_and_every_cut(make_root):
    root = make_root("one")
    wrapped = root.wrap(Secret(bytes(8)), b"c")
    for i in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[i] ^= 0x40
        with pytest.raises(Corrupt):
            root.unwrap(bytes(changed), b"c")
    for cut in (b"", wrapped[:4], wrapped[:30], wrapped[:-1], wrapped + b"\0"):
        with pytest.raises(Corrupt):
            root.unwrap(cut, b"c")


def test_tells_another_roots_seal_apart(make_root):
    one, two = make_root("one"), make_root("two")
    with pytest.raises(Corrupt) as caught:
        two.unwrap(one.wrap(Secret(bytes(32)), b"c"), b"c")
    assert caught.value.code == "root.other_root"


def test_refuses_more_than_a_key_needs(make_root):
    with pytest.raises(TooLarge) as caught:
        make_root("one").wrap(Secret(bytes(4097)), b"c")
    assert caught.value.code == "root.too_large"


def test_describes_itself(make_root):
    root = make_root("one")
    description = root.describe()
    assert description.label == "one"
    assert str(UUID(description.key_id)) == description.key_id
    assert description.kind.value in {"memory", "sealed_file", "pkcs11"}
    assert description.extractable == (description.kind.value != "pkcs11")
    assert description == root.describe()


def test_is_of_no_use_once_closed(make_root):
    root = make_root("one")
    wrapped = root.wrap(Secret(bytes(32)), b"c")
    root.close()
    root.close()
    for use in (lambda: root.wrap(Secret(b"x"), b"c"), lambda: root.unwrap(wrapped, b"c")):
        with pytest.raises(Unavailable) as caught:
            use()
        assert caught.value.code == "root.closed"


def test_serves_threads(make_root):
    root = make_root("one")

    def turn(i: int) -> bool:
        secret = i.to_bytes(32)
        return root.unwrap(root.wrap(Secret(secret), b"%d" % i), b"%d" % i).expose() == secret

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(turn, range(100)))
