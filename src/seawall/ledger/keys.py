"""The ledger's signing keys: Ed25519 for everybody who reads transparency logs, ML-DSA-44 for what comes after.

Private parts lie sealed under the root of trust, public parts beside them; copies of these should lie elsewhere.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from seawall.crypto.note import SignatureType, SignerKey, VerifierKey
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.ports import Files, KeySealer

KEYS = "keys"
_TYPES = {"ed25519": SignatureType.ED25519, "ml-dsa-44": SignatureType.ML_DSA_44_COSIGNATURE}


@dataclass(frozen=True, slots=True)
class Verifiers:
    """The public keys of a ledger; both must have signed a checkpoint. All carry the log's origin as their name."""

    keys: tuple[VerifierKey, ...]

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.keys[0].name

    @classmethod
    def parse(cls, text: str) -> "Verifiers":
        """Read vkeys, one a line.

        Raises:
            InvalidInput: none, malformed, or of several logs; ``ledger.vkeys`` or ``note.malformed``.
        """
        keys = tuple(VerifierKey.parse(line) for line in text.splitlines() if line.strip())
        if not keys or len({key.name for key in keys}) != 1:
            raise InvalidInput("ledger.vkeys", "the public keys of one ledger are needed, one a line.", field="vkeys")
        return cls(keys)

    def encode(self) -> str:
        """Write as vkeys, one a line."""
        return "".join(f"{key.encode()}\n" for key in self.keys)


def make_keys(
    files: Files, directory: str, origin: str, sealer: KeySealer, entropy: Entropy = os.urandom
) -> list[SignerKey]:
    """Generate the signing keys and write them, private parts sealed; durable on return."""
    folder = f"{directory}/{KEYS}"
    files.make_directory(folder)
    signers = []
    for name, type_ in _TYPES.items():
        signer = SignerKey.generate(origin, type_, entropy)
        with signer.export() as private:
            sealed = sealer.wrap(private, _context(signer.verifier))
        write_whole(files, folder, f"{name}.sealed", sealed)
        write_whole(files, folder, f"{name}.vkey", f"{signer.verifier.encode()}\n".encode())
        signers.append(signer)
    files.sync_directory(directory)
    return signers


def load_signers(files: Files, directory: str, sealer: KeySealer) -> list[SignerKey]:
    """Unseal the signing keys.

    Raises:
        Corrupt: a sealed key was changed or belongs to another public key, with code ``ledger.keys_damaged``.
    """
    signers = []
    for name, verifier in zip(_TYPES, load_verifiers(files, directory).keys, strict=True):
        sealed = read_whole(files, f"{directory}/{KEYS}/{name}.sealed")
        with sealer.unwrap(sealed, _context(verifier)) as private:
            signer = SignerKey.parse(private)
        if signer.verifier != verifier:
            raise _damaged()
        signers.append(signer)
    return signers


def load_verifiers(files: Files, directory: str) -> Verifiers:
    """Read the public keys that lie in the ledger's folder.

    Raises:
        Corrupt: with code ``ledger.keys_damaged``.
        FileMissing: there is no ledger.
    """
    try:
        vkeys = [read_whole(files, f"{directory}/{KEYS}/{name}.vkey").decode() for name in _TYPES]
        verifiers = Verifiers.parse("".join(vkeys))
    except (InvalidInput, UnicodeDecodeError):
        raise _damaged() from None
    if [key.type for key in verifiers.keys] != list(_TYPES.values()):
        raise _damaged()
    return verifiers


def rewrap_keys(files: Files, directory: str, sealer: KeySealer, stale: Callable[[bytes], bool]) -> dict[str, bytes]:
    """Seal the private parts again where their seal is stale; return the new files by their names, not yet written.

    Raises:
        Corrupt: a sealed key was changed or belongs to another public key, with code ``ledger.keys_damaged``.
    """
    fresh: dict[str, bytes] = {}
    for name, verifier in zip(_TYPES, load_verifiers(files, directory).keys, strict=True):
        sealed = read_whole(files, f"{directory}/{KEYS}/{name}.sealed")
        if not stale(sealed):
            continue
        with sealer.unwrap(sealed, _context(verifier)) as private:
            if SignerKey.parse(private).verifier != verifier:
                raise _damaged()
            fresh[f"{name}.sealed"] = sealer.wrap(private, _context(verifier))
    return fresh


def key_digests(files: Files, directory: str) -> dict[str, str]:
    """Digest the files of the keys folder (SHA-256, hexadecimal), for the ledger's first entry to vouch for them."""
    folder = f"{directory}/{KEYS}"
    return {name: sha256(read_whole(files, f"{folder}/{name}")).hexdigest() for name in files.names(folder)}


def _context(verifier: VerifierKey) -> bytes:
    return b"seawall ledger signing key " + verifier.key_id.hex().encode()


def _damaged() -> Corrupt:
    return Corrupt(
        "ledger.keys_damaged",
        "the ledger's signing keys are damaged or do not belong to it.",
        remedy="Restore the folder ledger/keys from a backup of this home.",
    )
