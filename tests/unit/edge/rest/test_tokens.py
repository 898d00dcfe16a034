import asyncio

import pytest

from seawall.edge.rest.tokens import Tokens
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Unauthenticated
from seawall.kernel.terms import Principal, Proof

BOB = Principal(id="bob", name="bob", proof=Proof.TOKEN)


class Store:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.good = True

    def bearer(self, token: str) -> Principal:
        self.asked += 1
        if token != "bob" or not self.good:
            raise Unauthenticated("access.token_unknown", "no such token.")
        return BOB


class Scene:
    def __init__(self) -> None:
        self.store = Store()
        self.clock = FixedClock()
        self.epoch = 1
        self.tokens = Tokens(self.store, lambda: self.epoch, self.clock)


@pytest.fixture
def scene():
    return Scene()


def test_a_token_is_asked_for_once_a_lease(scene):
    async def story():
        assert scene.tokens.recall("bob") is None
        assert await scene.tokens.find("bob") is BOB
        assert scene.tokens.recall("bob") is BOB
        assert await scene.tokens.find("bob") is BOB
        assert scene.store.asked == 1
        scene.clock.advance(1.1)
        assert scene.tokens.recall("bob") is None
        assert await scene.tokens.find("bob") is BOB
        assert scene.store.asked == 2

    asyncio.run(story())


def test_a_new_epoch_forgets_at_once(scene):
    async def story():
        await scene.tokens.find("bob")
        scene.epoch += 1
        scene.store.good = False
        assert scene.tokens.recall("bob") is None
        with pytest.raises(Unauthenticated):
            await scene.tokens.find("bob")

    asyncio.run(story())


def test_a_token_in_use_is_asked_for_again_before_its_lease_ends_and_nobody_waits(scene):
    async def story():
        await scene.tokens.find("bob")
        scene.clock.advance(0.6)
        assert scene.tokens.recall("bob") is BOB
        assert scene.tokens.recall("bob") is BOB
        await asyncio.get_running_loop().shutdown_default_executor()
        assert scene.store.asked == 2
        scene.clock.advance(0.6)
        assert scene.tokens._known["bob"].until > scene.clock.monotonic()

    asyncio.run(story())


def test_a_token_that_is_gone_when_asked_again_is_forgotten(scene):
    async def story():
        await scene.tokens.find("bob")
        scene.store.good = False
        scene.clock.advance(0.6)
        assert scene.tokens.recall("bob") is BOB
        await asyncio.get_running_loop().shutdown_default_executor()
        assert scene.tokens.recall("bob") is None

    asyncio.run(story())


def test_bad_tokens_are_never_remembered(scene):
    async def story():
        for _ in range(3):
            with pytest.raises(Unauthenticated):
                await scene.tokens.find("mallory")
        assert scene.store.asked == 3

    asyncio.run(story())
