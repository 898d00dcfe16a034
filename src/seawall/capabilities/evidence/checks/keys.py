"""Checks on the root of trust, keys and their end."""

from datetime import timedelta

from seawall.capabilities.evidence.checks.registry import (
    Registry,
    Values,
    few,
    not_satisfied,
    nothing,
    partial,
    satisfied,
    share,
)
from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.model import Finding
from seawall.capabilities.evidence.values import (
    KeyMeasured,
    KeysValue,
    RootValue,
    RotationsValue,
    ShredsValue,
    many,
)

#: The longest originator usage period of a symmetric data-encryption key (NIST SP 800-57 part 1 rev 5, table 1: two
#: years), where a key's own policy sets none.
MAX_PERIOD_DAYS = 730
_LIVE = frozenset({"pre_active", "active", "suspended", "deactivated"})
_LAPSED = frozenset({"historical", "revoked", "expired"})
checks = Registry()
_DAY, _WEEK, _MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=31)


@checks.declare(
    controls=("csp-3.1", "sec-5a-1", "sec-5e-1"),
    decisive=("csp-3.1", "sec-5a-1", "sec-5e-1"),
    reads=(FactKind.ROOT,),
    max_age=_WEEK,
    proves="The root key is the institution's own and lies in a module that it cannot leave.",
)
def root_under_own_control(values: Values) -> Finding:
    """Judge who else could use the root key."""
    root = values.of(FactKind.ROOT, RootValue)
    if root.kind not in {"pkcs11", "sealed_file"}:
        return not_satisfied(f"the root of trust is of the kind {root.kind!r}, which keeps no key")
    if root.trial:
        return not_satisfied("the root's passphrase lies beside the root that it opens: who hosts the disk has both")
    if root.kind == "sealed_file":
        return partial("the root is a file sealed by a passphrase of the institution; its key is in the host's memory")
    if root.extractable:
        return not_satisfied("the root key can be taken out of its token")
    if not root.hardware:
        return partial("the root key is in a PKCS#11 token made of software")
    return satisfied("the root key is in a PKCS#11 hardware token and cannot be taken out")


@checks.declare(
    controls=("csp-4",),
    decisive=("csp-4",),
    reads=(FactKind.ROOT,),
    max_age=_WEEK,
    proves="A certificate is recorded for the hardware that holds the root key, and not as lapsed.",
)
def module_certified(values: Values) -> Finding:
    """Judge the certificate recorded for the module that holds the root key."""
    root = values.of(FactKind.ROOT, RootValue)
    certificate = root.certificate
    if not root.hardware:
        return not_satisfied("the root key is held by software, which is no validated module")
    if certificate is None:
        return not_satisfied("no certificate is recorded for the module that holds the root key")
    if certificate.status in _LAPSED:
        return not_satisfied(f"the certificate {certificate.reference} is recorded as {certificate.status}")
    if not certificate.status:
        return partial(f"the certificate {certificate.reference} is recorded, its status is not")
    return satisfied(f"the certificate {certificate.reference} is recorded as {certificate.status}")


@checks.declare(
    controls=("csp-3.1",),
    reads=(FactKind.KEYS,),
    max_age=_WEEK,
    proves="Every live key belongs to a domain that declares a jurisdiction.",
)
def jurisdiction_declared(values: Values) -> Finding:
    """Judge whether each live key's place is declared."""
    live = _live(values)
    if not live:
        return nothing("there is no live key")
    without = [_named(key) for key in live if not key.jurisdiction]
    declared = len(live) - len(without)
    reasons = [f"{declared} of {len(live)} live keys have a declared jurisdiction"]
    return share(declared, len(live), [*reasons, f"without: {few(without)}"] if without else reasons)


@checks.declare(
    controls=("sec-5d-4",),
    decisive=("sec-5d-4",),
    reads=(FactKind.KEYS,),
    max_age=_WEEK,
    proves="Every live key has one purpose, is within its period of use, and is destroyed when that is due.",
)
def key_life_cycle(values: Values) -> Finding:
    """Judge purpose, age and due destruction of each live key."""
    live = _live(values)
    if not live:
        return nothing("there is no live key")
    wrong: dict[str, list[str]] = {}
    for key in live:
        if not key.purpose:
            wrong.setdefault("without a purpose", []).append(_named(key))
        if key.state == "active" and key.last_rotation_days > (key.rotation_period_days or MAX_PERIOD_DAYS):
            wrong.setdefault("past their period of use", []).append(_named(key))
        if key.destroy_overdue:
            wrong.setdefault("to be destroyed and overdue", []).append(_named(key))
    bad = {name for names in wrong.values() for name in names}
    reasons = [f"{len(live) - len(bad)} of {len(live)} live keys have a purpose and are within their period"]
    return share(len(live) - len(bad), len(live), reasons + [f"{why}: {few(names)}" for why, names in wrong.items()])


@checks.declare(
    controls=("sec-5d-4", "sec-5d-5"),
    reads=(FactKind.ROTATIONS,),
    max_age=_MONTH,
    proves="Keys were rotated in the last year, as the ledger recorded.",
)
def rotation_performed(values: Values) -> Finding:
    """Judge whether rotation is done, not only possible."""
    seen = values.of(FactKind.ROTATIONS, RotationsValue)
    failed = f"{many(seen.failed, 'rotation')} failed in {seen.window_days} days"
    done = f"{many(seen.performed, 'rotation')} recorded in {seen.window_days} days"
    if seen.performed and seen.failed:
        return partial(done, failed)
    if seen.failed:
        return not_satisfied(failed)
    return satisfied(done) if seen.performed else nothing(f"no rotation was recorded in {seen.window_days} days")


@checks.declare(
    controls=("exit-2", "exit-2.1", "sec-5d-4"),
    decisive=("exit-2",),
    reads=(FactKind.SHREDS,),
    max_age=_DAY,
    proves="Values sealed under a shredded domain could not be opened afterwards, and the act is in the ledger.",
)
def erasure_proven(values: Values) -> Finding:
    """Judge the proof that shredded domains cannot be read."""
    domains = values.of(FactKind.SHREDS, ShredsValue).domains
    if not domains:
        return nothing("no domain was shredded")
    readable = [domain.domain for domain in domains if domain.readable]
    if readable:
        return not_satisfied(f"values of shredded domains can still be read: {few(readable)}")
    untried = [domain.domain for domain in domains if not domain.read_back]
    unrecorded = [domain.domain for domain in domains if not domain.ledger_uid]
    proven = len(domains) - len({*untried, *unrecorded})
    reasons = [f"unreadable when read back, and in the ledger: {proven} of {many(len(domains), 'shredded domain')}"]
    reasons += [f"not read back: {few(untried)}"] if untried else []
    reasons += [f"no ledger entry: {few(unrecorded)}"] if unrecorded else []
    return share(proven, len(domains), reasons)


def _live(values: Values) -> list[KeyMeasured]:
    return [key for key in values.of(FactKind.KEYS, KeysValue).keys if key.state in _LIVE]


def _named(key: KeyMeasured) -> str:
    return f"{key.domain}/{key.key}"
