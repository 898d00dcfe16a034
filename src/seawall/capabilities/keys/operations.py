"""Which handler carries out which command of the data plane."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from seawall.capabilities.keys import commands as k
from seawall.capabilities.keys import commands_batch as b
from seawall.capabilities.keys import commands_use as c
from seawall.capabilities.keys.batches import Batches
from seawall.capabilities.keys.operate import KeyOperator
from seawall.capabilities.keys.randomness import Generator
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.use import KeyUser
from seawall.capabilities.keys.wrap_keys import KeyWrapper
from seawall.kernel.command import Command
from seawall.kernel.ids import Entropy


def data_plane(ring: KeyRing, *, entropy: Entropy = os.urandom) -> Mapping[type[Command], Callable[[Any, Any], Any]]:
    """Put the handlers of the data plane together."""
    user, operator = KeyUser(ring), KeyOperator(ring)
    wrapper, generator = KeyWrapper(ring, entropy=entropy), Generator(entropy=entropy)
    single: dict[type[Command], Callable[[Any, Any], Any]] = {
        k.Encrypt: user.encrypt,
        k.Decrypt: user.decrypt,
        k.Rewrap: user.rewrap,
        c.Sign: operator.sign,
        c.Verify: operator.verify,
        c.MakeMac: operator.mac,
        c.VerifyMac: operator.verify_mac,
        c.Derive: operator.derive,
        c.Encapsulate: operator.encapsulate,
        c.Decapsulate: operator.decapsulate,
        c.WrapMaterial: wrapper.wrap,
        c.MakeDataKey: wrapper.make,
        c.UnwrapMaterial: wrapper.unwrap,
        c.Random: generator.random,
        c.Hash: generator.hash,
    }
    return {**single, **{batch: Batches(one, single[one]).run for batch, one in b.SINGLES.items()}}
