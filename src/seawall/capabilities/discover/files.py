"""Look at the files of one target."""

from seawall.capabilities.discover.commands import ItemFindings, ItemStatus, StoreFindings, StoreStatus
from seawall.capabilities.discover.ports import FileStore
from seawall.kernel.command import Turn


def look_at_files(turn: Turn, store: FileStore) -> StoreFindings:
    """Look through all files; those that are clean are counted, the others listed."""
    total = store.count()
    items: list[ItemFindings] = []
    done = size = clean = unscannable = 0
    turn.progress(store.target, 0, total)
    for inspected in store.inspect():
        done += 1
        size += inspected.size
        clean += not inspected.items
        unscannable += any(item.status is ItemStatus.UNSCANNABLE for item in inspected.items)
        items += inspected.items
        turn.progress(store.target, done, total)
    return StoreFindings(
        target=store.target,
        kind=store.kind,
        status=StoreStatus.PARTIAL if unscannable else StoreStatus.COMPLETE,
        scanned=done,
        clean=clean,
        unscannable=unscannable,
        rows=0,
        size=size,
        items=tuple(items),
    )
