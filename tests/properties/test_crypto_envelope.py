"""Envelopes: what was sealed opens, and only for what it was sealed for."""

from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.crypto.envelope import Binding, Opener, Sealer, parse
from seawall.crypto.suites import Suite
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

keys = st.binary(min_size=32, max_size=32)
bindings = st.builds(
    Binding,
    domain=st.text(max_size=8),
    key_id=st.uuids(),
    version=st.integers(1, (1 << 32) - 1),
    context=st.binary(max_size=8),
)


@given(keys, bindings, st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_sealed_opens(key: bytes, binding: Binding, values: list[bytes]) -> None:
    bound = (Secret(key), binding.domain, binding.key_id, binding.version)
    envelopes = Sealer(*bound).seal_many(values, binding.context)
    assert Opener(*bound).open_many(envelopes, binding.context) == values
    assert all((parse(e).key_id, parse(e).version) == (binding.key_id, binding.version) for e in envelopes)


@given(bindings, bindings)
def test_two_bindings_never_have_the_same_associated_data(one: Binding, other: Binding) -> None:
    assume(one != other)
    assert one.aad(Suite.XAES_256_GCM) != other.aad(Suite.XAES_256_GCM)


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_where_the_domain_ends_and_the_context_begins_is_bound(domain: str, middle: str, context: str) -> None:
    assume(middle)
    fixed = {"key_id": UUID(int=0), "version": 1}
    left = Binding(domain=domain + middle, context=context.encode(), **fixed)
    right = Binding(domain=domain, context=(middle + context).encode(), **fixed)
    assert left.aad(Suite.XAES_256_GCM) != right.aad(Suite.XAES_256_GCM)


@given(st.data(), keys, bindings, st.binary(max_size=100))
def test_whatever_byte_is_changed_or_removed_is_found(
    data: st.DataObject, key: bytes, binding: Binding, value: bytes
) -> None:
    bound = (Secret(key), binding.domain, binding.key_id, binding.version)
    envelope = Sealer(*bound).seal(value, binding.context)
    at = data.draw(st.integers(0, len(envelope) - 1))
    put = data.draw(st.binary(max_size=2).filter(lambda put: put != envelope[at : at + 1]))
    with pytest.raises((Corrupt, InvalidInput)):
        Opener(*bound).open(envelope[:at] + put + envelope[at + 1 :], binding.context)


@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda rest: b"SW\x01\x00\x01" + rest))
def test_any_bytes_parse_or_are_malformed(data: bytes) -> None:
    try:
        header = parse(data)
    except InvalidInput as error:
        code = error.code
        assert code == "envelope.malformed"
        return
    assert data[5:21] == header.key_id.bytes
    assert data[25:49] == header.nonce
