"""Policies: what is read, and where each error points."""

from importlib.resources import files

import pytest

from seawall.capabilities.protect.policy import (
    Default,
    Encrypt,
    EncryptRule,
    MaskRule,
    TokeniseRule,
    decode,
    domain_of,
)
from seawall.kernel.errors import InvalidInput, TooLarge
from seawall.kernel.terms import DataClass
from support.protecting import POLICY

HEAD = "version: 1\ndomain: harbour\ninvalid_key: fields\n"


def rules(*lines: str) -> str:
    return HEAD + "rules:\n" + "".join(f"  - {line}\n" for line in lines)


def test_a_policy_says_what_is_done_with_each_class() -> None:
    policy = decode(POLICY + "columns: {t.alias: name, t.free: leave, t.memo: {technique: encrypt, key: fields}}\n")
    assert (policy.domain, policy.default, policy.invalid_key) == ("harbour", Default.REFUSE, "fields")
    assert policy.rule(DataClass.HKID) == TokeniseRule(data_class=DataClass.HKID, key="tokens")
    assert policy.rule(DataClass.NAME) == EncryptRule(data_class=DataClass.NAME, key="fields")
    assert policy.rule(DataClass.PHONE) == MaskRule(data_class=DataClass.PHONE, keep_last=4)
    assert policy.rule(DataClass.SECRET) is None
    assert policy.columns == {"t.alias": "name", "t.free": "leave", "t.memo": Encrypt(key="fields")}


def test_the_sample_policy_is_one() -> None:
    text = files("seawall.capabilities.protect").joinpath("policies", "harbour_bank.yaml").read_text(encoding="utf-8")
    assert decode(text).domain == "harbour"
    assert domain_of(text) == "harbour"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "policy"),
        ("- 1", "policy"),
        ("version: 2\ndomain: harbour", "version"),
        ("version: 1", "policy"),
        ("version: 1\ndomain: Harbour", "domain"),
        ("version: 1\ndomain: harbour\nextra: 1", "policy"),
        (HEAD + "default: perhaps", "default"),
        (HEAD + "rules: {}", "rules"),
        (rules("{class: hkid, technique: shuffle}"), "rules[0].technique"),
        (rules("{class: hkid, key: tokens}"), "rules[0]"),
        (rules("{class: salary, technique: encrypt, key: fields}"), "rules[0].class"),
        (rules("{class: name, technique: encrypt, key: fields}", "{class: email, technique: encrypt}"), "rules[1]"),
        (rules("{class: name, technique: encrypt, key: Fields}"), "rules[0].key"),
        (rules("{class: name, technique: encrypt, key: fields, keep_last: 4}"), "rules[0]"),
        (rules("{class: phone, technique: mask, keep_last: four}"), "rules[0].keep_last"),
        (rules("{class: phone, technique: mask, keep_last: -1}"), "rules[0].keep_last"),
        (rules("{class: phone, technique: mask, character: xx}"), "rules[0].character"),
        (rules('{class: phone, technique: mask, character: "\\t"}'), "rules[0].character"),
        (rules("{class: name, technique: encrypt, key: a1}", "{class: name, technique: mask}"), "rules[1].class"),
        (rules("{class: name, technique: tokenise, key: tokens}"), "rules[0].technique"),
        (rules("{class: hkid, technique: tokenise, key: tokens, keep_last: 1}"), "rules[0].keep_last"),
        (rules("{class: pan, technique: tokenise, key: tokens, keep_first: 6, keep_last: 4}"), "rules[0].keep_first"),
        ("version: 1\ndomain: harbour\nrules: [{class: hkid, technique: tokenise, key: t}]", "rules[0].invalid_key"),
        (HEAD + "columns: {t.c: salary}", "columns.t.c"),
        (HEAD + "columns: {t.c: {technique: encrypt, key: NO}}", "columns.t.c.key"),
        (HEAD + "columns: {t.c: {technique: encrypt, key: Fields}}", "columns.t.c.key"),
        (HEAD + "columns: {t.c: {technique: tokenise, key: tokens}}", "columns.t.c.technique"),
        (HEAD + "columns: {t.c: 7}", "columns.t.c"),
        (HEAD + "columns: [t.c]", "columns"),
        (HEAD + "columns:", "columns"),
        (HEAD + "columns: {'': leave}", "columns"),
    ],
)
def test_each_error_points_at_its_place(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(text)
    assert caught.value.field == field
    assert domain_of(text) == ""


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (rules("{class: salary, technique: encrypt, key: fields}"), ", ".join(DataClass)),
        (rules("{class: hkid, technique: shuffle}"), "tokenise, encrypt, mask"),
        (HEAD + "default: perhaps", "leave, refuse"),
        (HEAD + "columns: {t.technique: {technique: shuffle}}", "encrypt, mask"),
        (HEAD + "columns: {t.c: {technique: tokenise, key: tokens}}", "encrypt, mask"),
    ],
)
def test_an_unknown_word_is_answered_with_those_that_are_known(text: str, allowed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(text)
    assert caught.value.remedy == f"Use one of {allowed}."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [1]\nb: *x", "alias"),
        ("&a [*a]", "alias"),
        ("a: !!python/object/apply:os.system [x]", "tag"),
        ("a: !!binary aGk=", "tag"),
        ("a: 1\na: 2", "twice"),
        ("1: 2", "no plain text"),
        ("[" * 40, "nested"),
        ("[" * 30_000, "nested"),
        ("a: [", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("a: 2024-13-45", "YAML"),
        ("a: \x00", "YAML"),
        ("a: " + "9" * 5000, "YAML"),
        ("<<: 1", "no plain text"),
    ],
)
def test_yaml_that_could_do_harm_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        decode(text)
    assert caught.value.code == "protect.policy"


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(InvalidInput, match="alias"):
        decode("\n".join(lines))


@pytest.mark.parametrize(("text", "reason"), [("# " + "x" * 70_000, "64 KiB"), ("a: [" + "a," * 30_000, "5000 names")])
def test_a_large_policy_is_refused_before_it_is_read(text: str, reason: str) -> None:
    with pytest.raises(TooLarge, match=reason) as caught:
        decode(text)
    assert caught.value.code == "protect.policy_size"
