"""Opens what carries out one operation by one version of a key."""

from seawall.capabilities.keys.model import KeyVersion
from seawall.crypto.algorithms import opening
from seawall.crypto.algorithms.instruments import Agreement, Cipher, Decapsulator, KeyUnwrapper, Mac, Signer
from seawall.crypto.algorithms.registry import Mechanism, Operation
from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

Tool = Cipher | KeyUnwrapper | Signer | Mac | Agreement | Decapsulator


def open_tool(
    operation: Operation,
    version: KeyVersion,
    mechanism: Mechanism,
    material: Secret,
    entropy: Entropy,
    *,
    slh_dsa: SlhDsaEngine | None = None,
) -> Tool:
    """Open a version's material for an operation.

    Raises:
        InvalidInput: ``keys.raw``, where the mechanism is served in envelopes alone.
        Unavailable: ``crypto.slh_dsa_missing``.
    """
    algorithm = version.algorithm
    match operation:
        case Operation.WRAP | Operation.UNWRAP:
            return opening.open_wrapper(algorithm, mechanism, material)
        case Operation.SIGN | Operation.VERIFY:
            return opening.open_signer(algorithm, mechanism, material, engine=slh_dsa)
        case Operation.MAC | Operation.VERIFY_MAC:
            return opening.open_mac(algorithm, material)
        case Operation.DERIVE:
            return opening.open_agreement(algorithm, mechanism, material)
        case Operation.ENCAPSULATE | Operation.DECAPSULATE:
            return opening.open_decapsulator(algorithm, mechanism, material, entropy=entropy)
    raise InvalidInput(
        "keys.raw",
        f"{mechanism} is served in Seawall's envelopes alone.",
        remedy="Encrypt and decrypt envelopes, or make a key by another mechanism.",
    )
