"""The tokens of one root: asked in their order, until one can answer."""

import logging
import os
import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_link import Lost, TokenLink
from seawall.capabilities.keys.root import TokenHealth

if TYPE_CHECKING:
    from seawall.kernel.errors import SeawallError

_log = logging.getLogger("seawall.roots")
# What one token refuses and another may yet do.
_ELSEWHERE = frozenset({"generation_missing", "key_missing", "resident_missing", "key_unfit", "resident_unfit"})


class TokenLinks:
    """The primary token, and those that stand by.

    A call takes at most as many times a token's time to answer as there are tokens.

    Args:
        links: the tokens, the primary one first.
    """

    def __init__(self, links: Iterable[TokenLink]) -> None:
        self._links = tuple(links)
        _alive.add(self)

    @property
    def worker_pids(self) -> list[int]:
        """The process ids of the workers that run, the primary token's first."""
        return [link.worker_pid for link in self._links if link.worker_pid is not None]

    def ask(self, request: m.Request) -> m.Answer:
        """Ask the tokens, one after the other, until one can answer.

        Raises:
            SeawallError: the first token's error, when none could be asked.
        """
        failed: SeawallError | None = None
        refused: m.Answer | None = None
        for link in self._links:
            try:
                answer = link.ask(request)
            except Lost as lost:
                failed = failed or lost.error
                continue
            if not isinstance(answer, m.Failed) or answer.code not in _ELSEWHERE:
                return answer
            refused = refused or answer
        # That one token has no such key says nothing while another does not answer.
        if failed is not None:
            raise failed
        if refused is None:
            raise token_error("not_open")
        return refused

    def ask_primary(self, request: m.Request) -> m.Answer:
        """Ask the primary token alone: what is made, is made there.

        Raises:
            SeawallError: when it cannot be asked.
        """
        return _asked(self._links[0], request)

    def ask_each(self, request: m.Request) -> Iterator[tuple[TokenLink, m.Answer]]:
        """Ask every token.

        Raises:
            SeawallError: when one cannot be asked; those before it were.
        """
        for link in self._links:
            yield link, _asked(link, request)

    def opened(self) -> m.Opened:
        """Return what the first token that was ever opened says of itself.

        Raises:
            Unavailable: none was.
        """
        for link in self._links:
            if link.opened is not None:
                return link.opened
        raise token_error("not_open")

    def check(self) -> tuple[TokenHealth, ...]:
        """Open every token that can be, and say how each stands."""
        for link in self._links:
            try:
                link.ask(m.Probe())
            except Lost as lost:
                _log.warning("token %s: %s", link.place.token_label or link.place.serial, lost.error.text)
        return self.health()

    def health(self) -> tuple[TokenHealth, ...]:
        """Say how each token stands, without touching any."""
        return tuple(link.health() for link in self._links)

    def release(self) -> None:
        """End the workers, and with them sessions and logins; the next use starts others."""
        for link in self._links:
            link.release()

    def close(self) -> None:
        """End the workers for good."""
        for link in self._links:
            link.close()

    def forget_parent(self) -> None:
        """Leave, in a forked child, what is the parent's."""
        for link in self._links:
            link.forget_parent()


def _asked(link: TokenLink, request: m.Request) -> m.Answer:
    try:
        return link.ask(request)
    except Lost as lost:
        raise lost.error from None


_alive: "weakref.WeakSet[TokenLinks]" = weakref.WeakSet()


def _after_fork() -> None:
    for links in list(_alive):
        links.forget_parent()


os.register_at_fork(after_in_child=_after_fork)
