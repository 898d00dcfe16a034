"""The protection policy: which technique and key for which class of data.

version: 1
domain: harbour
invalid_key: fields        # seals what cannot be tokenised
default: refuse            # a classified column without a rule: refuse, or leave it in clear
rules:
  - {class: hkid, technique: tokenise, key: tokens}
  - {class: email, technique: encrypt, key: fields}
  - {class: phone, technique: mask, keep_last: 4}
columns:                   # said by hand, before any classification
  customers.alias: name    # this column is of that class
  customers.segment: leave # this column stays in clear
  payments.memo: {technique: encrypt, key: fields}
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from seawall.capabilities.protect.errors import wrong_policy
from seawall.capabilities.protect.model import TechniqueName
from seawall.kernel.errors import SeawallError
from seawall.kernel.ids import check_name
from seawall.kernel.terms import DataClass

LEAVE: Final = "leave"
TOKENISABLE: Final = frozenset({DataClass.HKID, DataClass.PAN, DataClass.BANK_ACCOUNT})
#: What may stay in clear of a card number: at least six digits must be free, beside the one that spoils the checksum.
MAX_KEPT_OF_PAN: Final = 9

_EXAMPLE: Final = "See the example policy in the documentation."
Kept = Annotated[int, Meta(ge=0, le=64)]
_PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")


class Default(StrEnum):
    """What to do with a classified column that no rule is for."""

    LEAVE = "leave"
    REFUSE = "refuse"


class Tokenise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="technique", tag="tokenise"):
    """Replace by a value of the same format under FF1; the same value gives the same token in every column."""

    key: str
    invalid_key: str | None = None
    keep_first: Kept = 0
    keep_last: Kept = 0


class Encrypt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="technique", tag="encrypt"):
    """Replace by a ciphertext that opens in this column alone."""

    key: str


class Mask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="technique", tag="mask"):
    """Replace by mask characters for ever, but for what is kept; of one width unless ``keep_length``."""

    keep_first: Kept = 0
    keep_last: Kept = 0
    keep_length: bool = False
    character: Annotated[str, Meta(min_length=1, max_length=1)] = "*"


Technique = Tokenise | Encrypt | Mask


class TokeniseRule(Tokenise, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tokenise"):
    """Tokenise a class of data."""

    data_class: DataClass = msgspec.field(name="class")


class EncryptRule(Encrypt, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="encrypt"):
    """Encrypt a class of data."""

    data_class: DataClass = msgspec.field(name="class")


class MaskRule(Mask, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="mask"):
    """Mask a class of data."""

    data_class: DataClass = msgspec.field(name="class")


Rule = TokeniseRule | EncryptRule | MaskRule
#: What can be said of a column: a class of data, :data:`LEAVE`, or a technique.
Said = str | Encrypt | Mask


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole policy, checked."""

    version: Annotated[int, Meta(ge=1, le=1)]
    domain: str
    rules: tuple[Rule, ...] = ()
    columns: Mapping[str, Said] = msgspec.field(default_factory=dict)
    default: Default = Default.REFUSE
    invalid_key: str | None = None

    def rule(self, data_class: DataClass) -> Rule | None:
        """Return the rule for a class, where there is one."""
        return next((rule for rule in self.rules if rule.data_class == data_class), None)


def decode(text: str) -> Policy:
    """Read a policy from YAML.

    Raises:
        TooLarge: with code ``protect.policy_size``.
        InvalidInput: with code ``protect.policy`` or ``name.invalid``; ``field`` is the path of what is wrong.
    """
    from seawall.capabilities.protect import policy_yaml  # YAML is loaded where a policy is read

    data = policy_yaml.load(text)
    # A mapping's names are not in the paths that msgspec tells, so each column is converted by itself.
    said = data.pop("columns", {}) if isinstance(data, dict) else {}
    policy: Policy = _convert(data, Policy, "")
    if not isinstance(said, dict):
        raise wrong_policy("it names columns and what to do with each.", field="columns", remedy=_EXAMPLE)
    columns = {name: _convert(value, Said, f"columns.{name}") for name, value in said.items()}
    policy = msgspec.structs.replace(policy, columns=columns)
    _check(policy)
    return policy


def domain_of(text: str) -> str:
    """Return the domain that a policy names, or nothing where it cannot be read."""
    try:
        return decode(text).domain
    except SeawallError:
        return ""


def _convert(data: Any, kind: Any, at: str) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message = str(error)
    found = _PATH.search(message)
    path = f"{at}.{found['path']}" if found and at and found["path"] else at or (found["path"] if found else "")
    reason = message[: found.start()] if found else message
    raise wrong_policy(reason.rstrip(".") + ".", field=path or "policy", remedy=_remedy(path))


def _remedy(path: str) -> str:
    of_column = path.startswith("columns.")
    allowed: dict[str, Sequence[str]] = {
        "technique": [kind.value for kind in TechniqueName if kind is not TechniqueName.TOKENISE or not of_column],
        **({} if of_column else {"class": [*DataClass], "default": [*Default]}),
    }
    values = allowed.get(path.rpartition(".")[2])
    return f"Use one of {', '.join(values)}." if values else _EXAMPLE


def _check(policy: Policy) -> None:
    check_name(policy.domain, field="domain")
    if policy.invalid_key is not None:
        check_name(policy.invalid_key, field="invalid_key")
    seen: set[DataClass] = set()
    for i, rule in enumerate(policy.rules):
        at = f"rules[{i}]"
        if rule.data_class in seen:
            raise wrong_policy(f"{rule.data_class} has two rules.", field=f"{at}.class", remedy="Keep one of the two.")
        seen.add(rule.data_class)
        _check_technique(rule, at)
        if isinstance(rule, TokeniseRule):
            _check_tokenise(rule, policy, at)
    for name, said in policy.columns.items():
        _check_column(name, said)


def _check_technique(technique: Technique, at: str) -> None:
    if not isinstance(technique, Mask):
        check_name(technique.key, field=f"{at}.key")
    elif not technique.character.isprintable():
        raise wrong_policy("a mask character is one that can be seen.", field=f"{at}.character", remedy="Use '*'.")


def _check_tokenise(rule: TokeniseRule, policy: Policy, at: str) -> None:
    if rule.data_class not in TOKENISABLE:
        raise wrong_policy(
            f"{rule.data_class} has no format in which tokens could be made.",
            field=f"{at}.technique",
            remedy=f"Tokenise {', '.join(sorted(TOKENISABLE))}; encrypt or mask the others.",
        )
    if rule.keep_first + rule.keep_last > (MAX_KEPT_OF_PAN if rule.data_class is DataClass.PAN else 0):
        raise wrong_policy(
            f"what is left to tokenise could be guessed: of a card number at most {MAX_KEPT_OF_PAN} digits can stay in "
            "clear, of anything else none.",
            field=f"{at}.keep_first" if rule.keep_first else f"{at}.keep_last",
            remedy="Keep less, or mask the column instead.",
        )
    if rule.invalid_key is None and policy.invalid_key is None:
        raise wrong_policy(
            "no key is named for values that cannot be tokenised, such as a wrong check digit.",
            field=f"{at}.invalid_key",
            remedy="Name an encryption key here, or once at the top as invalid_key.",
        )
    if rule.invalid_key is not None:
        check_name(rule.invalid_key, field=f"{at}.invalid_key")


def _check_column(name: str, said: Said) -> None:
    at = f"columns.{name}"
    if not name:
        raise wrong_policy("a column without a name.", field="columns", remedy="Write table.column.")
    if not isinstance(said, str):
        _check_technique(said, at)
    elif said != LEAVE and said not in list(DataClass):
        raise wrong_policy(
            "this is neither a class of data nor 'leave'.",
            field=at,
            remedy=f"Use leave, a technique, or one of {', '.join(DataClass)}.",
        )
