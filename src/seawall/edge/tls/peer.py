"""What was agreed with the other side of one connection, and who it is."""

from dataclasses import dataclass, field
from typing import Final

#: Where a transport keeps this among its extra information.
PEER: Final = "seawall_peer"
_MET: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One connection's version, key exchange group, cipher suite, and the client's certificate when it showed one.

    Args:
        version: such as ``TLSv1.3``.
        group: as OpenSSL names it, such as ``X25519MLKEM768``.
        cipher: such as ``TLS_AES_256_GCM_SHA384``.
        certificate: SHA-256 of the client's certificate (DER), which a certificate authority of this node vouches for.
    """

    version: str
    group: str
    cipher: str
    certificate: bytes | None = None
    _met: set[str] = field(default_factory=set, repr=False, compare=False)

    @property
    def facts(self) -> dict[str, str]:
        """What the ledger is told of the connection."""
        told = {"tls_version": self.version, "tls_group": self.group, "tls_cipher": self.cipher}
        return told if self.certificate is None else {**told, "tls_client": self.certificate.hex()}

    def meets(self, credential: str) -> bool:
        """Whether a credential is used on this connection for the first time; from now on it is not."""
        if credential in self._met or len(self._met) >= _MET:
            return False
        self._met.add(credential)
        return True
