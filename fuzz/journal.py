"""Fuzz target: whatever bytes a journal holds, its frames are read without an error and say what they were made of."""

from seawall.ledger.frames import decode_frames, encode_frames


def target(data: bytes) -> None:
    entries: list[bytes] = []
    read = decode_frames(data, entries)
    if not 0 <= read <= len(data):
        raise AssertionError("read past the end")
    if encode_frames(entries) != data[:read]:
        raise AssertionError("the frames that were read are not the frames that stand there")
