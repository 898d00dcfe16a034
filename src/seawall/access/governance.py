"""Policies: loaded from the home's files, checked, and put in force for every process at once."""

from hashlib import sha256

from seawall.access import commands as c
from seawall.access.policy import PolicyDecider
from seawall.access.ports import Epoch, IdentityStore, PolicySource
from seawall.access.vocabulary import builtin_text
from seawall.kernel.command import Turn
from seawall.kernel.errors import SeawallError


class Governance:
    """Carries out what is asked about policies."""

    def __init__(self, store: IdentityStore, epoch: Epoch, decider: PolicyDecider, source: PolicySource) -> None:
        self._store = store
        self._epoch = epoch
        self._decider = decider
        self._source = source

    def load(self, turn: Turn, _: c.LoadPolicies) -> c.PoliciesShown:
        """Put the files in force, all of them or none.

        Raises:
            InvalidInput: access.policy_invalid, with the file as field; the policies in force stay as they are.
            TooLarge: access.policy_too_large.
        """
        from seawall.access.cedar import Compiled

        files = tuple(self._source.read())
        Compiled(files)
        with self._store.begin() as tx:
            tx.enforce(files, turn.principal.id, turn.now_ms)
            tx.outbox(turn.record({"files": {file.name: sha256(file.text.encode()).hexdigest() for file in files}}))
            tx.announce()
        self._epoch.bump()
        return self._shown(pending=False)

    def show(self, _: Turn, __: c.ShowPolicies) -> c.PoliciesShown:
        """Show the policies in force, and whether the files differ from them."""
        try:
            pending = tuple(self._source.read()) != tuple(self._decider.in_force())
        except SeawallError:
            pending = True
        return self._shown(pending=pending)

    def _shown(self, *, pending: bool) -> c.PoliciesShown:
        own = [c.PolicyView(name=file.name, text=file.text, builtin=False) for file in self._decider.in_force()]
        builtin = c.PolicyView(name="builtin.cedar", text=builtin_text(), builtin=True)
        return c.PoliciesShown(policies=(builtin, *own), pending=pending)
