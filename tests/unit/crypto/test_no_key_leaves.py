import pickle
from uuid import UUID

import pytest

from seawall.crypto.envelope import Opener, Sealer
from seawall.crypto.ff1 import Ff1
from seawall.crypto.ff1_batch import Ff1Batch
from seawall.crypto.note import SignatureType, SignerKey
from seawall.crypto.rank import RankedDomain
from seawall.crypto.xaes import Xaes256Gcm
from seawall.kernel.secret import Secret

KEY = b"an unmistakable key of 32 bytes."
HOLDERS = {
    "sealer": Sealer(Secret(KEY), "domain", UUID(int=1), 1),
    "opener": Opener(Secret(KEY), "domain", UUID(int=1), 1),
    "xaes": Xaes256Gcm(KEY),
    "ff1": Ff1(KEY, 10),
    "ff1 batch": Ff1Batch(KEY),
    "ranked domain": RankedDomain(KEY, 1_000_000),
    **{kind.name: SignerKey("name", kind, Secret(KEY)) for kind in SignatureType},
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_what_holds_a_key_is_neither_shown_nor_shipped(holder: object) -> None:
    for shown in (repr(holder), str(holder), f"{holder}"):
        assert "unmistakable" not in shown
        assert KEY.hex() not in shown
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(holder, protocol)
