"""The policy files that lie in a home."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from seawall.access.model import PolicyFile
from seawall.kernel.errors import InvalidInput, TooLarge

_MAX_FILES: Final = 256
_MAX_BYTES: Final = 1 << 20


class PolicyFolder:
    """Reads ``*.cedar`` from a folder; a folder that does not exist holds none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Sequence[PolicyFile]:
        """Read the files, by name.

        Raises:
            InvalidInput: access.policy_unreadable, with the file as field.
            TooLarge: access.policy_too_large.
        """
        paths = sorted(self._folder.glob("*.cedar"))
        if len(paths) > _MAX_FILES:
            raise TooLarge("access.policy_too_large", f"a home has at most {_MAX_FILES} policy files.")
        return tuple(_read(path) for path in paths)


def _read(path: Path) -> PolicyFile:
    try:
        # One byte more than allowed is enough to see that there are too many.
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise TooLarge("access.policy_too_large", "a policy file has at most 1 MiB.", field=path.name)
        return PolicyFile(name=path.name, text=content.decode())
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            "access.policy_unreadable",
            "this policy file cannot be read as UTF-8 text.",
            field=path.name,
            remedy="Check its owner, mode and encoding; the policies in force stay as they are.",
        ) from None
