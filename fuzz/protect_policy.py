"""Policies: any bytes are a policy, or one of our errors with a field; and what is a policy says what it does."""

from seawall.capabilities.protect.policy import Policy, decode, domain_of
from seawall.kernel.errors import InvalidInput, SeawallError, TooLarge
from seawall.kernel.terms import DataClass

SEEDS = (
    b"version: 1\ndomain: harbour\ninvalid_key: f\nrules: [{class: hkid, technique: tokenise, key: t}]\n",
    b"version: 1\ndomain: a\nrules:\n  - {class: phone, technique: mask, keep_last: 4}\n",
    b"version: 1\ndomain: a\ncolumns: {t.c: leave, t.d: {technique: encrypt, key: k}, t.e: name}\ndefault: leave\n",
    b"a: &x [*x, *x]\n",
    b"? [a, b]\n: !!set {c}\n",
    b"<<: {a: 1}\n",
    b"a: 2024-99-99\nb: 0o7\nc: .inf\nd: 1_0:59\n",
)


def seeds() -> list[bytes]:
    return list(SEEDS)


def target(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        policy = decode(text)
    except (InvalidInput, TooLarge) as error:
        _check_refusal(text, error)
        return
    assert isinstance(policy, Policy)
    assert domain_of(text) == policy.domain
    for data_class in DataClass:
        rule = policy.rule(data_class)
        assert rule is None or rule.data_class is data_class


def _check_refusal(text: str, error: SeawallError) -> None:
    assert error.field, error.code
    assert domain_of(text) == ""
