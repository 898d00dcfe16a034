"""Puts the exchange of checkpoints together: a thread beside the scribe, which alone holds the keys that cosign."""

from pathlib import Path
from threading import Thread
from typing import Final

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.remote_peer import HttpPeer, PeerAddress
from seawall.adapters.store.engine import Store
from seawall.adapters.store.mailbox import StoreMailbox
from seawall.kernel.clock import Clock
from seawall.kernel.errors import InvalidInput
from seawall.ledger.keys import Verifiers, load_signers
from seawall.ledger.ledger import Ledger
from seawall.ledger.peering import Peering, RemotePeer
from seawall.ledger.peers import PeerBook, Witness
from seawall.ledger.ports import KeySealer
from seawall.ledger.scribe import Stop
from seawall.settings import Home, Settings

_EVERY_S: Final = 2.0


def book_of(home: Home) -> PeerBook:
    """Open what a home keeps of other ledgers."""
    return PeerBook(str(home.ledger), OsFiles())


def keep_peers(
    home: Home, settings: Settings, store: Store, ledger: Ledger, *, sealer: KeySealer, clock: Clock, stop: Stop
) -> None:
    """Exchange checkpoints until told to stop, where there is anybody to exchange them with; returns at once.

    Raises:
        SeawallError: a file of a peer's public keys cannot be used, or a signing key is damaged.
    """
    shared = store.dialect == "postgresql"
    if not shared and not settings.ledger.peer:
        return
    book = book_of(home)
    witness = Witness(book, load_signers(OsFiles(), str(home.ledger), sealer), clock)
    peering = Peering(
        ledger,
        book,
        witness,
        mailbox=StoreMailbox(store) if shared else None,
        remotes=_remotes(settings),
        clock=clock,
    )

    def run() -> None:
        while not stop.wait(_EVERY_S):
            peering.turn()

    Thread(target=run, name="peers", daemon=True).start()


def _remotes(settings: Settings) -> list[RemotePeer]:
    found = []
    for peer in settings.ledger.peer:
        try:
            vkeys = Path(peer.vkeys_file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise InvalidInput(
                "peer.files", f"{peer.vkeys_file} cannot be read.", field=f"ledger.peer.{peer.name}"
            ) from None
        address = PeerAddress(
            url=peer.url,
            ca_file=Path(peer.ca_file) if peer.ca_file else None,
            token_file=Path(peer.token_file),
        )
        origin = Verifiers.parse(vkeys).origin
        found.append(RemotePeer(name=peer.name, origin=origin, vkeys=vkeys, remote=HttpPeer(address)))
    return found
