"""The room's front: which use case answers which command, and what other rooms may ask."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seawall.capabilities.keys import commands as c
from seawall.capabilities.keys import commands_care as care
from seawall.capabilities.keys import commands_exchange as exchange
from seawall.capabilities.keys import commands_rewrap as rewrap
from seawall.capabilities.keys import commands_rotation as rotation
from seawall.capabilities.keys import commands_work as work
from seawall.capabilities.keys.aids import Aids
from seawall.capabilities.keys.change_state import StateChanger
from seawall.capabilities.keys.column import PROCESSING, ColumnCipher
from seawall.capabilities.keys.create_domain import DomainMaker
from seawall.capabilities.keys.create_key import KeyMaker
from seawall.capabilities.keys.dates import DateKeeper
from seawall.capabilities.keys.destroy import Destroyer
from seawall.capabilities.keys.export_key import KeyExporter
from seawall.capabilities.keys.import_key import KeyImporter
from seawall.capabilities.keys.in_token import Token
from seawall.capabilities.keys.kek_rotation import KekRotation
from seawall.capabilities.keys.lists import KeyLister
from seawall.capabilities.keys.model import Use
from seawall.capabilities.keys.operations import data_plane
from seawall.capabilities.keys.ports import KeyLists, KeyStore, Lease, RootOfTrust
from seawall.capabilities.keys.ports_use import NonceRanges, RsaKeys
from seawall.capabilities.keys.retire import Retiring
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.rewrap import Rewrapping
from seawall.capabilities.keys.rewrap_file import FileRewrapping
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.root import RootDescription
from seawall.capabilities.keys.rotation import Rotation
from seawall.capabilities.keys.touched import Touching
from seawall.capabilities.keys.update import Updater
from seawall.capabilities.keys.use import KeyUser
from seawall.capabilities.keys.uses import UseLog
from seawall.capabilities.keys.vault import Vault
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command, Turn
from seawall.kernel.ids import Entropy
from seawall.kernel.terms import Fact

if TYPE_CHECKING:
    from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine

Handler = Callable[[Any, Any], Any]


class Keys:
    """Domains, keys and their use.

    Args:
        store: where domains and keys are kept.
        lists: the same, many at a time.
        root: the root of trust.
        lease: the epoch under which unwrapped keys are held.
        clock: monotonic time for what is held.
        entropy: random bytes for keys, ids and nonces.
        keep_s: seconds that an unwrapped key is held at most.
        hold: unwrapped keys that are held at most.
        jurisdiction: where this node stands, as ISO 3166 code; without it only keys bound to no place are used.
        slh_dsa: signs by SLH-DSA, where that was installed.
        nonces: gives out ranges of nonces, without which nothing is encrypted by mechanisms that count them.
        uses: keeps the counts of uses, without which no key is rotated by them.
        rsa_keys: gives RSA keys that were made ahead; without it they are made here.
        token: holds keys that live in it, where there is one.
    """

    def __init__(
        self,
        *,
        store: KeyStore,
        lists: KeyLists,
        root: RootOfTrust,
        lease: Lease,
        clock: Clock,
        entropy: Entropy = os.urandom,
        keep_s: float = 300.0,
        hold: int = 10_000,
        jurisdiction: str = "",
        slh_dsa: "SlhDsaEngine | None" = None,
        nonces: NonceRanges | None = None,
        uses: UseLog | None = None,
        rsa_keys: RsaKeys | None = None,
        token: Token | None = None,
    ) -> None:
        self._root = root
        self._ring = KeyRing(
            Vault(store, root),
            lease,
            clock,
            keep_s=keep_s,
            limit=hold,
            entropy=entropy,
            jurisdiction=jurisdiction,
            nonces=nonces,
            slh_dsa=slh_dsa,
            token=token,
        )
        revocation = Revocation(lease, self._ring)
        self._domains = DomainMaker(store, root, entropy=entropy)
        self._maker = KeyMaker(
            store,
            self._ring,
            revocation,
            entropy=entropy,
            jurisdiction=jurisdiction,
            slh_dsa=slh_dsa,
            rsa_keys=rsa_keys,
            token=token,
        )
        self._states = StateChanger(store, revocation)
        self._updater = Updater(store, revocation)
        self._dates = DateKeeper(lists, self._states, revocation)
        self._destroyer = Destroyer(store, lists, self._states, revocation, token)
        self._store, self._revocation, self._log, self._entropy = store, revocation, uses, entropy
        self._importer = KeyImporter(
            store,
            self._ring,
            self._maker,
            revocation,
            entropy=entropy,
            jurisdiction=jurisdiction,
            slh_dsa=slh_dsa,
        )
        self._exporter = KeyExporter(Vault(store, root), self._ring, jurisdiction=jurisdiction, entropy=entropy)
        self._data_plane = data_plane(self._ring, entropy=entropy)
        self._rotation = Rotation(store, lists, self._maker, self._ring, log=uses, clock=clock)
        self._lister = KeyLister(store, lists, root)

    def handlers(self) -> Mapping[type[Command], Handler]:
        """Say which handler carries out which command."""
        return {
            c.CreateDomain: self._domains.create,
            c.ShredDomain: self._destroyer.shred_domain,
            c.CancelShred: self._destroyer.cancel_shred,
            care.UpdateDomain: self._updater.domain,
            c.ListDomains: self._lister.domains,
            c.GetDomain: self._lister.domain,
            c.CreateKey: self._maker.create,
            care.CreateKeys: self._maker.create_many,
            c.ListKeys: self._lister.keys,
            c.GetKey: self._lister.get,
            c.RotateKey: self._maker.rotate,
            rotation.RotateDue: self._rotation.due,
            rotation.ShowUses: self._rotation.uses,
            c.ActivateKey: self._states.activate,
            c.SuspendKey: self._states.suspend,
            c.ResumeKey: self._states.resume,
            c.DeactivateKey: self._states.deactivate,
            c.CompromiseKey: self._states.compromise,
            care.UpdateKey: self._updater.key,
            care.BlockKey: self._states.block,
            care.UnblockKey: self._states.unblock,
            care.ArchiveKey: self._states.archive,
            care.RecoverKey: self._states.recover,
            care.ApplyDates: self._dates.apply,
            c.DestroyKey: self._destroyer.destroy_key,
            c.CancelDestroyKey: self._states.cancel_destroy,
            c.FinishDestroy: self._destroyer.finish,
            exchange.ImportKey: self._importer.key,
            exchange.ImportVersion: self._importer.version,
            exchange.ExportKey: self._exporter.wrapped,
            exchange.ExportPlain: self._exporter.plain,
            **self._data_plane,
        }

    def long_work(self, aids: Aids) -> Mapping[type[Command], Handler]:
        """Say which handler carries out the long work of rotation, and what is asked about it."""
        self._rotation.holdings = aids.holdings
        keks = KekRotation(
            self._store,
            self._root,
            self._ring,
            self._revocation,
            work=aids.work,
            fleet=aids.fleet,
            entropy=self._entropy,
        )
        rewrapping = Rewrapping(self._store, aids.holdings, aids.work, entropy=self._entropy)
        return {
            work.RotateKek: keks.start,
            work.RotateKekSlice: keks.slice,
            rewrap.StartRewrap: rewrapping.start,
            rewrap.RewrapSlice: rewrapping.slice,
            rewrap.ShowRewrap: rewrapping.show,
            rewrap.PauseRewrap: rewrapping.pause,
            rewrap.ResumeRewrap: rewrapping.resume,
            rewrap.RewrapFile: FileRewrapping(KeyUser(self._ring), aids.copies),
            rewrap.RetireVersion: Retiring(self._store, aids.holdings, self._revocation, self._log),
            rewrap.ShowTouched: Touching(self._store, aids.holdings, aids.traces, self._log),
        }

    def open_column(self, turn: Turn, domain: str, key: str, version: int | None, action: str) -> ColumnCipher:
        """Open a key for a column, after asking access for ``action`` on it.

        Args:
            turn: on whose behalf.
            domain: the key's domain.
            key: its name.
            version: the version that the column records, or None for the current one.
            action: data.encrypt, data.tokenise, data.decrypt or data.reveal; the last two only process.

        Raises:
            Denied: when policy says no.
            NotFound: no such domain, key or version.
            Conflict: the key's state forbids it.
        """
        turn.check(action, c.key_resource(domain, key))
        use = Use.PROCESS if action in PROCESSING else Use.PROTECT
        return ColumnCipher(self._ring, domain, key, version, use)

    def held(self, domain: str, key: str, *, many: bool = False) -> bool:
        """Say whether a use of this key, or many, may run on the event loop: it touches memory alone, and is quick.

        Raises:
            Unavailable: when this node may use nothing from memory.
        """
        key_held = self._ring.hit(domain, key)
        return key_held is not None and key_held.quick and (not many or key_held.quick_many)

    def inventory(self, now_ms: int) -> Iterator[Fact]:
        """Say what keys, domains and root there are, as facts for evidence."""
        return self._lister.inventory(now_ms)

    def root(self) -> RootDescription:
        """Say what the root of trust is."""
        return self._root.describe()

    def tend(self) -> None:
        """Drop what is void or too old and renew this process's lease; call it twice a second.

        Raises:
            Unavailable: when this node may use nothing from memory; everything was dropped.
        """
        self._ring.tend()

    def rotation_due(self) -> bool:
        """Say whether a key's policy wants a new version by now."""
        return self._rotation.anything_due()

    def tell_uses(self) -> None:
        """Tell the store how often keys were used; call it every few seconds, off the event loop, and at the end.

        Raises:
            Unavailable: the store.
        """
        self._rotation.tell()

    def close(self) -> None:
        """Drop every unwrapped key and the root's."""
        self._ring.close()
        self._root.close()
