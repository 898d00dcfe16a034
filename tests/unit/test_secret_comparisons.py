"""Wherever a secret, a code or a digest that proves something is compared, time tells nothing of where they differ.

The comparison has to be ``hmac.compare_digest``. This reads the program's text: every ``==``, ``!=``, ``in`` and
``not in`` whose sides have the name of something secret is found, and the few that are harmless are listed with why.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import seawall

SOURCE = Path(seawall.__file__).parent
#: The last word of a name that holds something secret, or what proves possession of it.
SECRET = re.compile(
    r"(^|_)(mac|macs|hmac|tag|digest|secret|token|csrf|passphrase|password|pin|share|commitment|proof|material|cookie"
    r"|kcv|key_check_value|check_value|private|seed|challenge|response)$"
)
ORDERED = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
#: What is compared in another way, and why that tells nobody anything.
HARMLESS = {
    ("access/approvals/tally.py", "digest(approval.document) != approval.sha256"): "the hash of what all voters see",
    ("adapters/roots/token_record.py", "token in state.refused"): "a token's label",
    ("adapters/store/backups.py", "t.possession_drills.c.challenge == challenge.hex()"): "a challenge is sent in clear",
    ("adapters/store/leader.py", "t.duties.c.token == self._token"): "a fencing token is a number that counts",
    ("adapters/store/protect.py", "table.c.out_sha256 == _digest(id_or_out)"): "the hash of a file's place",
    ("adapters/store/protect.py", "protections.c.out_sha256 == _digest(protection.out)"): "the hash of a file's place",
    ("adapters/store/sealed_rows.py", "t.key_versions.c.material == old"): "sealed material, in the database",
    ("capabilities/discover/parsers/office.py", "element.tag == f'{_W}p'"): "an element of XML",
    ("capabilities/keys/import_key.py", "command.key_check_value.lower() != check_value"): "check values are shown",
    ("capabilities/keys/reconcile.py", "one.token == token"): "a token's label",
    (
        "crypto/algorithms/encodings.py",
        "whole[:at] != self._before_private",
    ): "the head of an encoding, which is public",
    ("crypto/backup_file.py", "hashlib.sha256(chunk_at(stream, read, number)).digest() != digest"): "of sealed chunks",
}


def word(node: ast.expr) -> str:
    """The last name of an expression: of a call, what is called; of an attribute, the attribute."""
    match node:
        case ast.Call(func=ast.Attribute(attr=("digest" | "expose" | "hexdigest") as name)):
            return "digest" if "digest" in name else "secret"
        case ast.Call(func=func):
            return word(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Subscript(value=value):
            return word(value)
        case _:
            return ""


def literal(node: ast.expr) -> bool:
    """Whether somebody wrote a value down, which then is no secret; so are lengths, and members of a closed set."""
    match node:
        case ast.Constant() | ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
            return True
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner[0].isupper()
        case ast.Name(id=name):
            # A constant of the module: a size, a table, a set of names.
            return name.isupper()
        case ast.Call(func=ast.Name(id="len")):
            return True
        case _:
            return False


def comparisons(text: str) -> Iterator[tuple[int, str]]:
    """Find comparisons of what has a secret's name with anything that is not written down beside it."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ORDERED):
            continue
        sides = [node.left, *node.comparators]
        if any(literal(side) for side in sides):
            continue
        if any(SECRET.search(word(side).lower()) for side in sides):
            yield node.lineno, ast.unparse(node)


def test_nothing_secret_is_compared_but_in_constant_time() -> None:
    found = {
        (str(path.relative_to(SOURCE)), text)
        for path in sorted(SOURCE.rglob("*.py"))
        for _, text in comparisons(path.read_text())
    }
    assert sorted(found - HARMLESS.keys()) == []


@pytest.mark.parametrize("text", [
    "if mac == expected: ...", "if hashlib.sha256(x).digest() != kept: ...", "ok = row.digest in digests",
    "return self.token == other", "if secret.expose() == given: ...", "if session['csrf'] != form: ...",
])  # fmt: skip
def test_what_looks_for_them_finds_them(text: str) -> None:
    assert len(list(comparisons(text.replace("return ", "x = ")))) == 1


@pytest.mark.parametrize("text", ["if code == 200: ...", "if kind == Kind.TOKEN: ...", "if len(mac) != 32: ..."])
def test_what_is_written_down_is_no_secret(text: str) -> None:
    assert not list(comparisons(text))


@pytest.mark.parametrize("place", [
    "access/authenticator.py", "adapters/store/rowmac.py", "adapters/roots/sealed_set.py",
    "adapters/roots/token_roots.py",
    "crypto/algorithms/mac.py", "crypto/shares.py", "kernel/secret.py",
])  # fmt: skip
def test_where_proofs_are_judged_time_is_constant(place: str) -> None:
    assert "compare_digest(" in (SOURCE / place).read_text()
