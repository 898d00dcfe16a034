"""Decides who may do what, and remembers it for as long as the epoch lasts."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from seawall.access.model import Decision, PolicyFile
from seawall.access.vocabulary import actions
from seawall.kernel.errors import InvalidInput, TooLarge, Unavailable
from seawall.kernel.terms import Principal, Resource

if TYPE_CHECKING:
    from seawall.access.cedar import Compiled

_REMEMBERED: Final = 65_536
#: Names that are longer are made up by whoever asks: they are decided, and not kept in memory.
_LONGEST: Final = 256


class _Period:
    """What holds under one epoch."""

    __slots__ = ("compiled", "decisions", "epoch")

    def __init__(self, epoch: int, compiled: "Compiled | None") -> None:
        self.epoch = epoch
        self.compiled = compiled
        self.decisions: dict[tuple[Any, ...], Decision] = {}


class PolicyDecider:
    """Decides by the built-in policies and an installation's own.

    A decision is remembered by everything that policies can read of the question, unless one that speaks of this
    action reads the context. A new epoch voids what is remembered, and has the policies read again.

    Args:
        source: the installation's own policies as they are in force now.
        epoch: the present epoch; what it raises, a decision raises.
    """

    def __init__(self, source: Callable[[], Sequence[PolicyFile]], epoch: Callable[[], int]) -> None:
        self._source = source
        self._epoch = epoch
        self._lock = Lock()
        self._period = _Period(-1, None)

    def decide(
        self, principal: Principal, action: str, resource: Resource, context: Mapping[str, Any] | None = None
    ) -> Decision:
        """Decide; never raises for a denial.

        Raises:
            Unavailable: when the epoch's lease has lapsed, or the policies cannot be read or used.
            Corrupt: when the policies in force were changed from outside.
        """
        period = self._period
        if period.epoch != self._epoch():
            period = self._renew()
        # An enumeration's hash is slow, so its value stands for it; frozen sets remember theirs.
        key = (
            principal.id,
            principal.roles,
            principal.domains,
            principal.proof._value_,
            action,
            resource.type,
            resource.id,
            resource.domain,
        )
        known = period.decisions.get(key)
        if known is not None:
            return known
        assert period.compiled is not None
        decision = period.compiled.decide(principal, action, resource, context)
        bounded = len(resource.id) <= _LONGEST and len(resource.domain) <= _LONGEST
        if bounded and action not in period.compiled.uncached:
            if len(period.decisions) >= _REMEMBERED:
                period.decisions.clear()
            period.decisions[key] = decision
        return decision

    def permitted(self, principal: Principal, resource: Resource) -> frozenset[str]:
        """List the actions that a principal may do on a resource, without a context."""
        return frozenset(action for action in actions() if self.decide(principal, action, resource).allow)

    def in_force(self) -> Sequence[PolicyFile]:
        """List the installation's own policies that are in force."""
        period = self._period
        if period.epoch != self._epoch():
            period = self._renew()
        assert period.compiled is not None
        return period.compiled.files

    def _renew(self) -> _Period:
        from seawall.access.cedar import Compiled  # loaded with the first question: the engine is heavy

        with self._lock:
            # The epoch comes first: what changes while the policies are read is then seen at the next question.
            epoch = self._epoch()
            if self._period.epoch == epoch:
                return self._period
            files = tuple(self._source())
            compiled = self._period.compiled
            if compiled is None or compiled.files != files:
                try:
                    compiled = Compiled(files)
                except (InvalidInput, TooLarge):
                    # They were checked when they were loaded, by another version. Which file it is concerns nobody
                    # who may only ask; loading them again says so to whoever may do that.
                    raise Unavailable(
                        "access.policies_unusable",
                        "the policies in force were loaded by another version and this one cannot use them.",
                        remedy="Let the version that loaded them take them back.",
                    ) from None
            self._period = _Period(epoch, compiled)
            return self._period
