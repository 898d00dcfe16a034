"""A key that is held unwrapped in memory: what it can do at this moment, and nothing past its lease."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import DomainPolicy
from seawall.capabilities.keys.in_token import TokenCipher, TokenSigner, is_resident
from seawall.capabilities.keys.instruments import Tool, open_tool
from seawall.capabilities.keys.model import Key, KeyVersion, Origin, Purpose, Use
from seawall.capabilities.keys.purposes import usage_of, use_of
from seawall.capabilities.keys.resident import ResidentUse
from seawall.capabilities.keys.uses import Tally, Used
from seawall.crypto.algorithms.instruments import NonceSource
from seawall.crypto.algorithms.opening import open_cipher
from seawall.crypto.algorithms.registry import Algorithm, Form, Mechanism, NonceKind, Operation, mechanism_spec, spec_of
from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine
from seawall.crypto.envelope import Opener, Sealer
from seawall.crypto.suite_envelope import SuiteOpener, SuiteSealer
from seawall.crypto.suites import suite_of
from seawall.kernel.errors import SeawallError, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from uuid import UUID


class HeldKey:
    """An unwrapped key. Ask the ring for it before each use, and do not keep it.

    ``sealer`` is there when the key may protect new values; ``openers``, by version, when it may process. Other uses
    ask :meth:`tool`. What held at ``now_ms`` holds until it expires: it expires before the key's next deadline.
    """

    __slots__ = (
        "_jurisdiction",
        "_lock",
        "_materials",
        "_now_ms",
        "_policy",
        "_slh_dsa",
        "_token",
        "_tools",
        "_untold",
        "_versions",
        "entropy",
        "expires",
        "id",
        "key",
        "may_process",
        "openers",
        "sealer",
        "tallies",
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
        slh_dsa: SlhDsaEngine | None = None,
        untold: deque[Used] | None = None,
        token: ResidentUse | None = None,
    ) -> None:
        self._token = token
        self._untold = untold
        self._slh_dsa = slh_dsa
        self.id: UUID = key.id
        self.key = key
        self.version = key.version
        self.expires = expires
        self.entropy = entropy
        self.sealer: Sealer | SuiteSealer | None = None
        self.openers: dict[int, Opener | SuiteOpener] = {}
        self._materials: dict[int, Secret] = {}
        self._versions: set[int] = set()
        self.tallies: dict[int, Tally] = {}
        self._tools: dict[tuple[Operation, int | None, Mechanism | None], Tool] = {}
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

    def tool(self, operation: Operation, version: int | None = None, mechanism: Mechanism | None = None) -> Tool:
        """Return what carries out an operation; opened once, and kept as long as the key.

        Args:
            operation: what is to be done.
            version: by which version; only the current one protects.
            mechanism: one of the version's; its default when left out.

        Raises:
            InvalidInput: keys.purpose, keys.usage, keys.mechanism, or keys.old_version.
            NotFound: ``keys.version_unknown``.
            Conflict, Denied: as :meth:`DomainPolicy.allows`.
            Unavailable: ``keys.changing``, when the version is not held.
        """
        name = (operation, version, mechanism)
        found = self._tools.get(name)
        return self._open(operation, self.key.at(version), mechanism, name) if found is None else found

    def hold(self, version: int, material: Secret, nonces: NonceSource | None = None) -> None:
        """Take a version's material; it is closed here at once, or with this object.

        Args:
            version: whose it is.
            material: raw bytes or PKCS#8.
            nonces: a range of them, where the version's mechanism counts nonces and is to protect.
        """
        self._versions.add(version)
        if version not in self.tallies:
            self.tallies[version] = Tally()
        if self.key.purpose is not Purpose.ENCRYPT:
            with self._lock:
                if version in self._materials:
                    material.close()
                else:
                    self._materials[version] = material
            return
        with material:
            processes = self.may_process and self.refusal(Use.PROCESS, version) is None
            protects = version == self.version and self.refusal(Use.PROTECT) is None
            mask = self.key.mask
            self._hold_cipher(
                self.key.at(version),
                material,
                nonces,
                opens=processes and usage_of(Operation.DECRYPT) in mask,
                seals=protects and usage_of(Operation.ENCRYPT) in mask,
            )

    def hold_resident(self, version: int, nonces: NonceSource | None = None) -> None:
        """Take a version that lives in a token; as :meth:`hold`, without material."""
        self._versions.add(version)
        if version not in self.tallies:
            self.tallies[version] = Tally()
        if self.key.purpose is not Purpose.ENCRYPT:
            return
        used = self.key.at(version)
        cipher = TokenCipher(self._in_token(), self.key, used, nonces)
        suite = suite_of(used.algorithm, used.mechanisms[0])
        assert suite is not None  # GCM has one
        mask, domain = self.key.mask, self.key.domain
        if self.may_process and self.refusal(Use.PROCESS, version) is None and usage_of(Operation.DECRYPT) in mask:
            self.openers[version] = SuiteOpener(suite, cipher, domain, self.id, version)
        protects = version == self.version and self.refusal(Use.PROTECT) is None
        if protects and nonces is not None and usage_of(Operation.ENCRYPT) in mask:
            self.sealer = SuiteSealer(suite, cipher, domain, self.id, version)

    def _in_token(self) -> ResidentUse:
        if self._token is None:
            raise errors.no_token()
        return self._token

    def _hold_cipher(
        self, version: KeyVersion, material: Secret, nonces: NonceSource | None, *, opens: bool, seals: bool
    ) -> None:
        domain, number, mechanism = self.key.domain, version.number, version.mechanisms[0]
        if mechanism is Mechanism.XAES_256_GCM:
            if opens:
                self.openers[number] = Opener(material, domain, self.id, number)
            if seals:
                self.sealer = Sealer(material, domain, self.id, number, self.entropy)
            return
        suite = suite_of(version.algorithm, mechanism)
        assert suite is not None  # every mechanism that encrypts has one
        cipher = open_cipher(version.algorithm, mechanism, material, nonces, entropy=self.entropy)
        if opens:
            self.openers[number] = SuiteOpener(suite, cipher, domain, self.id, number)
            self._tools[Operation.DECRYPT, number, None] = cipher
        if seals and (nonces is not None or not counts_nonces(version)):
            self.sealer = SuiteSealer(suite, cipher, domain, self.id, number)
            self._tools[Operation.ENCRYPT, number, None] = cipher

    def _open(
        self,
        operation: Operation,
        version: KeyVersion,
        mechanism: Mechanism | None,
        name: tuple[Operation, int | None, Mechanism | None],
    ) -> Tool:
        self.key.permits(operation)
        use = use_of(operation)
        # The other party of an agreement may hold an older public key.
        if use is Use.PROTECT and version.number != self.version and operation is not Operation.DERIVE:
            raise errors.old_version(self.key.domain, self.key.name, self.version)
        chosen = version.mechanisms[0] if mechanism is None else mechanism
        if chosen not in version.mechanisms:
            raise errors.wrong_mechanism(self.key.domain, self.key.name, version.mechanisms)
        self._policy.allows(
            self.key,
            use,
            now_ms=self._now_ms,
            version=version.number,
            mechanism=chosen,
            jurisdiction=self._jurisdiction,
        )
        kept = self._tools.get((operation, version.number, None)) if self.key.purpose is Purpose.ENCRYPT else None
        if kept is None and version.origin is Origin.HSM and self.key.purpose is Purpose.SIGN:
            kept = TokenSigner(self._in_token(), self.key, version, chosen)
        if kept is None:
            material = self.material(version.number)
            if material is None:
                raise Unavailable("keys.changing", "the key changed just now.", remedy="Try again.")
            with material:
                kept = open_tool(operation, version, chosen, material, self.entropy, slh_dsa=self._slh_dsa)
        self._tools[name] = kept
        return kept

    def count(self, use: Use, version: int) -> None:
        """Count one use of a version that is held."""
        if use is Use.PROTECT:
            self.tallies[version].protected += 1
        else:
            self.tallies[version].processed += 1

    def told(self) -> Iterator[Used]:
        """Take the counts since the last time."""
        limit = self.key.attributes.rotation.max_uses
        for version, tally in list(self.tallies.items()):
            protected, processed = tally.protected, tally.processed
            if protected or processed:
                # What is counted between reading and this is kept.
                tally.protected -= protected
                tally.processed -= processed
                yield Used(key_id=self.id, version=version, protected=protected, processed=processed, max_uses=limit)

    @property
    def quick(self) -> bool:
        """Whether its use takes no longer than others can wait for it."""
        return self.key.algorithm is not Algorithm.SLH_DSA_SHA2_128S and not is_resident(self.key)

    @property
    def quick_many(self) -> bool:
        """Whether hundreds of uses take no longer."""
        return spec_of(self.key.algorithm).form is Form.SYMMETRIC and not is_resident(self.key)

    @property
    def lacks_nonces(self) -> bool:
        """Whether it could encrypt, and waits for a range of nonces."""
        return self.sealer is None and self.key.purpose is Purpose.ENCRYPT and counts_nonces(self.key.current)

    def spent(self, sealer: Sealer | SuiteSealer) -> None:
        """Say that a sealer's range of nonces is used up."""
        if self.sealer is sealer:
            self.sealer = None
            # Copied in one step: other threads open tools meanwhile.
            self._tools = {name: tool for name, tool in dict(self._tools).items() if name[0] is not Operation.ENCRYPT}

    def holds(self, version: int) -> bool:
        """Whether a version's material was taken."""
        return version in self._versions

    def material(self, version: int) -> Secret | None:
        """Copy a version's material for whoever closes the copy; None when it is not held, as of keys that encrypt."""
        with self._lock:
            held = self._materials.get(version)
            return None if held is None or held.closed else Secret(held.expose())

    def close(self) -> None:
        """Wipe what can be wiped. Sealers and openers go with their last user; OpenSSL wipes them then."""
        if self._untold is not None:
            self._untold.extend(self.told())
        with self._lock:
            for material in self._materials.values():
                material.close()
            self._materials = {}
            self._tools = {}


def counts_nonces(version: KeyVersion) -> bool:
    """Say whether a version's nonces are counted, in ranges that the store gives out."""
    return mechanism_spec(version.mechanisms[0]).nonce is NonceKind.COUNTED
