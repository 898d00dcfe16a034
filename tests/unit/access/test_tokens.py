"""Credentials as text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.access.commands import RevokeToken
from seawall.access.model import CredentialKind
from seawall.access.tokens import csrf_token, digest, mint, name_of

#: A certificate is no text of ours.
MINTED = [kind for kind in CredentialKind if kind is not CredentialKind.CERTIFICATE]


def fixed(count: int) -> bytes:
    return bytes(range(count))


def test_a_credential_has_the_documented_shape() -> None:
    token = mint(CredentialKind.TOKEN, fixed)
    assert token.text == "swl_aaaqeayeaudaocaj_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert (token.id, len(token.text)) == ("aaaqeayeaudaocaj", 64)
    assert token.digest == digest(token.text)
    assert mint(CredentialKind.ENROLMENT, fixed).text.startswith("swe_")
    assert mint(CredentialKind.SESSION, fixed).text.startswith("sws_")


def test_a_credential_shows_itself_nowhere() -> None:
    token = mint(CredentialKind.TOKEN, fixed)
    assert "AAECAw" not in repr(token)


@given(st.binary(min_size=42, max_size=42), st.sampled_from(MINTED), st.sampled_from(CredentialKind))
def test_a_credential_names_its_id_to_its_own_kind(random: bytes, kind: CredentialKind, asked: CredentialKind) -> None:
    rest = bytearray(random)

    def entropy(count: int) -> bytes:
        taken, rest[:count] = bytes(rest[:count]), b""
        return taken

    minted = mint(kind, entropy)
    assert name_of(asked, minted.text) == (minted.id if asked is kind else None)


@given(st.text())
def test_anything_else_names_nothing_and_harms_nothing(text: str) -> None:
    for kind in CredentialKind:
        if not re.fullmatch(r"sw[les]_[a-z2-7]{16}_[A-Za-z0-9_-]{43}", text, re.ASCII):
            assert name_of(kind, text) is None
    assert len(digest(text)) == 32
    assert len(csrf_token(text)) == 43


@pytest.mark.parametrize("change", ["\n", " ", "A"])
def test_nothing_may_follow(change: str) -> None:
    assert name_of(CredentialKind.TOKEN, mint(CredentialKind.TOKEN, fixed).text + change) is None


@pytest.mark.parametrize("kind", MINTED)
def test_a_credential_given_whole_where_its_id_is_wanted_goes_no_further(kind: CredentialKind) -> None:
    minted = mint(kind, fixed)
    for text in (minted.text, f" {minted.text}\n", minted.id):
        assert RevokeToken(id=text).resource().id == minted.id
    assert RevokeToken(id="unknown").resource().id == "unknown"
