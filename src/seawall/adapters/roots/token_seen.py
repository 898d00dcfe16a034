"""What a token says of itself and of its keys, in the words of the keys room."""

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.token_link import TokenLink
from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.root import ModuleInfo


def token_object(link: TokenLink, seen: m.ObjectSeen, root: str) -> TokenObject:
    """Tell of a key; ``root`` is the label of the root whose keys are told from resident ones."""
    return TokenObject(
        token=link.place.token_label or link.place.serial,
        primary=link.primary,
        root=seen.label == root or seen.label.startswith(f"{root}/"),
        key_id=seen.key_id.hex(),
        label=seen.label,
        kind=seen.kind,
        algorithm=seen.algorithm,
        sensitive=seen.sensitive,
        extractable=seen.extractable,
        never_extractable=seen.never_extractable,
        local=seen.local,
    )


def module_info(opened: m.Opened) -> ModuleInfo:
    """Tell of a token and its library."""
    return ModuleInfo(
        manufacturer=opened.manufacturer,
        model=opened.model,
        serial=opened.serial,
        token_label=opened.token_label,
        hardware_version=opened.hardware_version,
        firmware_version=opened.firmware_version,
        library=opened.library,
    )
