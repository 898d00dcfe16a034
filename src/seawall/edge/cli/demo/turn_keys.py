"""Step 5: a key is rotated while it is read from, and a domain is shredded."""

import threading
import time

from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    Decrypt,
    Encrypt,
    GetKey,
    ListDomains,
    RotateKey,
    ShredDomain,
)
from seawall.capabilities.protect.commands import Protected, Reveal
from seawall.edge.cli.demo.stage import DOMAIN, FIELDS, TOKENS, Stage
from seawall.kernel.errors import Conflict, SeawallError

_READERS = 2
_ROTATIONS = 3


def rotate(stage: Stage, protected: Protected) -> None:
    """Rotate both keys of the domain while an application decrypts, then reveal a token from before."""
    stage.step(
        5,
        "Control: rotate keys while they are read from, then shred a domain",
        "A key can be renewed at any time without anybody waiting, and destroying one destroys all it protects.",
    )
    token, column = stage.figures["reveal"]["token"], stage.figures["reveal"]["column"]
    sealed = stage.perform("payments-app", Encrypt(domain=DOMAIN, key=FIELDS, plaintext=b"a value from before"))
    before = {name: stage.perform("custodian", GetKey(domain=DOMAIN, key=name)).version for name in (FIELDS, TOKENS)}
    stop, reads, failures = threading.Event(), [0] * _READERS, []

    def keep_reading(at: int) -> None:
        while not stop.is_set():
            try:
                found = stage.sessions["payments-app"].perform(
                    Decrypt(domain=DOMAIN, key=FIELDS, ciphertext=sealed.ciphertext)
                )
                if found.plaintext != b"a value from before":
                    failures.append("wrong value")
                reads[at] += 1
            except SeawallError as error:
                failures.append(error.code)

    readers = [threading.Thread(target=keep_reading, args=(at,)) for at in range(_READERS)]
    for reader in readers:
        reader.start()
    for _ in range(_ROTATIONS):
        for name in (FIELDS, TOKENS):
            stage.sessions["custodian"].perform(RotateKey(domain=DOMAIN, key=name))
        time.sleep(0.05)
    stop.set()
    for reader in readers:
        reader.join()
    after = {name: stage.perform("custodian", GetKey(domain=DOMAIN, key=name)).version for name in (FIELDS, TOKENS)}
    again = stage.perform("owner", Reveal(protection=protected.protection, column=column, value=token))
    stage.say(
        f"{_ROTATIONS} rotations of each of two keys (version {before[TOKENS]} to {after[TOKENS]}); "
        f"{sum(reads):,} reads meanwhile, {len(failures)} failed"
    )
    stage.say(
        f"the token from before is still revealed, under version {again.version}, which its column records: "
        f"{again.values[0]}"
    )
    stage.figures["rotation"] = {
        "rotations": _ROTATIONS,
        "before": before,
        "after": after,
        "reads": sum(reads),
        "failed": len(failures),
        "revealed_after": again.values[0],
        "column_version": again.version,
    }


def shred(stage: Stage) -> None:
    """Shred a trial domain, and show that what it protected is gone."""
    taken = {domain.name for domain in stage.perform("custodian", ListDomains(limit=1000)).items}
    name = next(f"trial-{n}" for n in range(1, 1000) if f"trial-{n}" not in taken)
    stage.perform("custodian", CreateDomain(name=name, waiting_days=0, trial=True))
    stage.perform("custodian", CreateKey(domain=name, name="notes"))
    sealed = stage.perform("payments-app", Encrypt(domain=name, key="notes", plaintext=b"soon nobody can read this"))
    done = stage.perform("custodian", ShredDomain(domain=name))
    said = ""
    try:
        stage.perform("payments-app", Decrypt(domain=name, key="notes", ciphertext=sealed.ciphertext))
    except Conflict as error:
        said = error.code
        stage.say(f"domain {name} shredded, key versions erased: {done.erased_versions}")
        stage.say(f"its data says so: {error} [{error.code}]")
    stage.figures["shred"] = {"domain": name, "erased_versions": done.erased_versions, "read_says": said}
