"""Certificates and tokens that were shown to be good a moment ago."""

import asyncio
import threading

import pytest

from seawall.edge.rest.tokens import Tokens
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Unauthenticated
from seawall.kernel.terms import Principal, Proof

BOB = Principal(id="bob", name="bob", proof=Proof.CERTIFICATE)
MINE, OTHER = bytes(32), bytes([1]) * 32


class Store:
    """Knows one token and one certificate, of the same principal."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, bytes | None]] = []
        self.again = threading.Event()

    def bearer(self, token: str) -> Principal:
        self.asked.append((token, None))
        if token != "bob":
            raise Unauthenticated("access.token_unknown", "no.")
        return BOB

    def presented(self, token: str | None, certificate: bytes) -> Principal:
        if (token, certificate) in self.asked:
            self.again.set()
        self.asked.append((token, certificate))
        if token not in {None, "bob"} or certificate != MINE:
            raise Unauthenticated("access.certificate_unknown", "no.")
        return BOB


def test_what_is_remembered_of_one_says_nothing_of_the_other():
    store, clock, epoch = Store(), FixedClock(), [1]
    tokens = Tokens(store, lambda: epoch[0], clock)

    async def story():
        for presented in (("bob", None), (None, MINE), ("bob", MINE)):
            assert tokens.recall(*presented) is None
            assert await tokens.find(*presented) is BOB
            assert tokens.recall(*presented) is BOB
        assert store.asked == [("bob", None), (None, MINE), ("bob", MINE)]
        for presented in (("bob", OTHER), (None, OTHER), ("eve", MINE)):
            assert tokens.recall(*presented) is None
            with pytest.raises(Unauthenticated):
                await tokens.find(*presented)
        # A token whose text is what a certificate looks like is a token.
        for text in (str((None, MINE)), MINE.hex(), MINE.decode()):
            assert tokens.recall(text) is None
        epoch[0] += 1
        assert all(tokens.recall(*presented) is None for presented in (("bob", None), (None, MINE), ("bob", MINE)))

    asyncio.run(story())


def test_a_certificate_in_steady_use_is_asked_for_half_way():
    store, clock = Store(), FixedClock()
    tokens = Tokens(store, lambda: 1, clock)

    async def story():
        await tokens.find(None, MINE)
        clock.advance(0.6)
        assert tokens.recall(None, MINE) is BOB
        assert await asyncio.to_thread(store.again.wait, 10)
        clock.advance(0.6)
        assert tokens.recall(None, MINE) is BOB

    asyncio.run(story())
