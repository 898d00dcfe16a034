"""The frames between a node and its PKCS#11 worker."""

import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots.pkcs11_worker import Desk, Worker, serve

_blobs = st.binary(max_size=200)
_requests = st.one_of(
    st.builds(m.Wrap, key_id=_blobs, plaintext=_blobs, aad=_blobs),
    st.builds(m.Unwrap, key_id=_blobs, iv=_blobs, sealed=_blobs, aad=_blobs, root=st.text()),
    st.builds(m.Open, module=st.text(), token_label=st.text(), serial=st.text(), pin=_blobs),
    st.builds(m.Sign, key_id=_blobs, mechanism=st.integers(0, 1 << 32), data=_blobs, pss=st.just((1, 2, 3))),
    st.builds(m.Destroy, key_id=_blobs, root=st.text()),
)


@given(_requests)
def test_a_request_arrives_as_it_was_sent(request_):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, request_)
        assert wire.decode_request(wire.receive(theirs)) == request_


@given(st.binary(max_size=64))
def test_no_bytes_crash_the_decoders(data):
    for decode in (wire.decode_request, wire.decode_answer):
        try:
            decode(data)
        except wire.ProtocolError:
            continue


@pytest.mark.parametrize("sent", [b"\0", b"\0\0\0\5abc", b"\0\x11\0\1", b"\xff\xff\xff\xff"])
def test_a_cut_or_long_frame_is_refused(sent):
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(sent)
        with pytest.raises(wire.ProtocolError):
            wire.receive(theirs)


def test_a_message_that_is_too_long_is_not_sent():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(wire.ProtocolError):
        wire.send(ours, m.Wrap(key_id=b"", plaintext=bytes(wire.MAX_FRAME), aad=b""))


def test_the_worker_answers_before_it_is_open_and_ends_at_the_end():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, m.Wrap(key_id=b"", plaintext=b"x", aad=b""))
        ours.shutdown(socket.SHUT_WR)
        serve(theirs, Worker())
        assert wire.decode_answer(wire.receive(ours)) == m.Failed(code="not_open")


def test_a_module_that_does_not_load_is_an_answer():
    request = m.Open(module="/nonexistent.so", token_label="", serial="", pin=b"1")
    desk = Desk(Worker())
    assert desk.answer(request) == m.Failed(code="module_missing", lost=True)
    # A worker tries once: whoever wants another PIN tried starts another, under the home's record.
    assert desk.answer(request) == m.Failed(code="token_failed", detail="already open", lost=True)


def test_a_frame_of_another_type_is_refused():
    with pytest.raises(wire.ProtocolError):
        wire.decode_request(msgspec.msgpack.encode({"type": "export"}))
