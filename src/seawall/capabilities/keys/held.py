"""A key that is held unwrapped in memory: what it can do at this moment, and nothing past its lease."""

import threading
from typing import TYPE_CHECKING

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import DomainPolicy
from seawall.capabilities.keys.model import Key, Purpose, Use
from seawall.crypto.envelope import Opener, Sealer
from seawall.kernel.errors import SeawallError
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from uuid import UUID


class HeldKey:
    """An unwrapped key. Ask the ring for it before each use, and do not keep it.

    ``sealer`` is there when the key may protect new values; ``openers``, by version, when it may process. What held at
    ``now_ms`` holds until it expires: it expires before the key's next deadline.
    """

    __slots__ = (
        "_jurisdiction",
        "_lock",
        "_materials",
        "_now_ms",
        "_policy",
        "entropy",
        "expires",
        "id",
        "key",
        "may_process",
        "openers",
        "sealer",
        "version",
    )

    def __init__(
        self,
        key: Key,
        policy: DomainPolicy,
        *,
        entropy: Entropy,
        expires: float,
        now_ms: int,
        jurisdiction: str = "",
    ) -> None:
        self.id: UUID = key.id
        self.key = key
        self.version = key.version
        self.expires = expires
        self.entropy = entropy
        self.sealer: Sealer | None = None
        self.openers: dict[int, Opener] = {}
        self._materials: dict[int, Secret] = {}
        self._lock = threading.Lock()
        self._policy = policy
        self._now_ms = now_ms
        self._jurisdiction = jurisdiction
        self.may_process = self.refusal(Use.PROCESS) is None

    def refusal(self, use: Use, version: int | None = None) -> SeawallError | None:
        """Say why the key may not be used so; None when it may."""
        try:
            self._policy.allows(self.key, use, now_ms=self._now_ms, version=version, jurisdiction=self._jurisdiction)
        except SeawallError as error:
            return error
        return None

    def require(self, purpose: Purpose | None, use: Use, version: int | None = None) -> None:
        """Return when the key is for this purpose, where one is named, and a version may be used so.

        Raises:
            InvalidInput: ``keys.purpose``.
            Conflict, Denied: as :meth:`DomainPolicy.allows`.
        """
        if purpose is not None and self.key.purpose is not purpose:
            raise errors.wrong_purpose(self.key.domain, self.key.name, self.key.purpose)
        if (refusal := self.refusal(use, version)) is not None:
            raise refusal

    def hold(self, version: int, material: Secret) -> None:
        """Take a version's material; it is closed here at once, or with this object."""
        if self.key.purpose is Purpose.TOKENISE:
            with self._lock:
                if version in self._materials:
                    material.close()
                else:
                    self._materials[version] = material
            return
        with material:
            if self.may_process and self.refusal(Use.PROCESS, version) is None:
                self.openers[version] = Opener(material, self.key.domain, self.id, version)
            if version == self.version and self.refusal(Use.PROTECT) is None:
                self.sealer = Sealer(material, self.key.domain, self.id, version, self.entropy)

    def holds(self, version: int) -> bool:
        """Whether a version's material was taken."""
        return version in self.openers or version in self._materials

    def material(self, version: int) -> Secret | None:
        """Copy a tokenising key's material for whoever closes the copy; None when it is held no longer."""
        with self._lock:
            held = self._materials.get(version)
            return None if held is None or held.closed else Secret(held.expose())

    def close(self) -> None:
        """Wipe what can be wiped. Sealers and openers go with their last user; OpenSSL wipes them then."""
        with self._lock:
            for material in self._materials.values():
                material.close()
            self._materials = {}
