"""Votes by passkeys: what a browser's authenticator does counts, and nothing else does; on both stores."""

import pytest

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import Choice, State
from seawall.kernel.errors import Denied, InvalidInput
from support.dual import Chamber, Destroy, custodians, rule
from support.passkey import FLAG, Passkey

PAN = Destroy(domain="retail", key="pan")


def enrolled(chamber: Chamber, name: str, passkey: Passkey) -> None:
    """Have somebody offer and register a passkey, with the approval of c1."""
    begun = chamber.do(name, c.BeginOffer(rp_id=passkey.host))
    client, attestation = passkey.create(begun.passkey_challenge)
    key = chamber.do(
        name, c.OfferPasskey(name="phone", challenge=begun.challenge, client_data=client, attestation=attestation)
    )
    command = c.RegisterApprover(key=key.id, fingerprint=key.fingerprint)
    chamber.vote("c1", chamber.ask(name, command))
    chamber.do(name, command)


def cast(chamber: Chamber, name: str, approval: str, passkey: Passkey, **how) -> State:
    begun = chamber.do(name, c.BeginVote(approval=approval, vote=Choice.APPROVE))
    data, client, proof = passkey.get(how.pop("challenge", begun.passkey_challenge), **how)
    command = c.CastVote(
        approval=approval,
        vote=Choice.APPROVE,
        challenge=begun.challenge,
        key=passkey.id.hex(),
        proof=proof,
        authenticator_data=data,
        client_data=client,
    )
    return chamber.do(name, command).state


@pytest.mark.parametrize("eddsa", [False, True], ids=["ES256", "EdDSA"])
def test_a_passkey_votes(chamber: Chamber, eddsa: bool) -> None:
    custodians(chamber)
    passkey = Passkey(eddsa=eddsa)
    enrolled(chamber, "c2", passkey)
    change = chamber.ask("c1", rule(approvals=1))
    assert cast(chamber, "c2", change, passkey) is State.APPROVED
    # It is verified again when the command runs, from what was stored.
    chamber.close()
    chamber.start()
    assert chamber.do("c1", rule(approvals=1)).rules[0].id == "destroy"
    begun = chamber.do("c2", c.BeginVote(approval=chamber.ask("c1", PAN), vote=Choice.APPROVE))
    assert begun.passkeys == {"localhost": [passkey.id]}


def test_what_no_honest_authenticator_does_is_refused(chamber: Chamber) -> None:
    custodians(chamber)
    passkey = Passkey()
    enrolled(chamber, "c2", passkey)
    change = chamber.ask("c1", rule(approvals=1))
    elsewhere = Passkey()
    elsewhere.id, elsewhere.key, elsewhere.origin = passkey.id, passkey.key, "http://localhost.evil.example"
    sibling = Passkey()
    sibling.id, sibling.key, sibling.host = passkey.id, passkey.key, "example"
    stranger = Passkey()
    stranger.id = passkey.id
    for which, how in (
        (passkey, {"flags": FLAG.UP}),
        (passkey, {"flags": FLAG.UV}),
        (passkey, {"challenge": b"\0" * 32}),
        (passkey, {"kind": "webauthn.create"}),
        (elsewhere, {}),
        (sibling, {}),
        (stranger, {}),
    ):
        with pytest.raises(Denied) as raised:
            cast(chamber, "c2", change, which, **how)
        assert raised.value.code == "approvals.bad_signature"
    passkey.count = 20
    assert cast(chamber, "c2", change, passkey) is State.APPROVED
    # An authenticator that counts less than it did is not the only one of its kind.
    with pytest.raises(Denied) as raised:
        cast(chamber, "c2", change, passkey, count=20)
    assert raised.value.code == "approvals.bad_signature"


def test_a_registration_answers_its_challenge_with_user_verification(chamber: Chamber) -> None:
    custodians(chamber)
    passkey = Passkey()
    for how in ({"flags": FLAG.UP}, {"kind": "webauthn.get"}, {"challenge": b"\0" * 32}):
        begun = chamber.do("c2", c.BeginOffer(rp_id="localhost"))
        client, attestation = passkey.create(how.pop("challenge", begun.passkey_challenge), **how)
        with pytest.raises(InvalidInput) as raised:
            chamber.do(
                "c2", c.OfferPasskey(name="p", challenge=begun.challenge, client_data=client, attestation=attestation)
            )
        assert raised.value.code == "approvals.passkey_invalid"
    begun = chamber.do("c2", c.BeginOffer(rp_id="localhost"))
    for client, attestation in ((b"", b""), (b"{}", b"\xa0"), (b"x" * 20_000, b"y"), (b"[]", b"\xff" * 64)):
        with pytest.raises(InvalidInput):
            chamber.do(
                "c2", c.OfferPasskey(name="p", challenge=begun.challenge, client_data=client, attestation=attestation)
            )
    with pytest.raises(InvalidInput) as raised:
        chamber.do("c2", c.BeginOffer(rp_id="evil.example"))
    assert raised.value.code == "approvals.rp_id"
