"""Ceremonies on a home: shares that open its root, drills, a custodian who leaves, a transcript."""

import json
import shutil
from pathlib import Path

import pytest

from seawall.capabilities.keys import custody
from seawall.crypto.shares import SharePurpose
from seawall.kernel.errors import Unauthenticated
from seawall.kernel.secret import Secret
from support.custodians import PASSPHRASE, WORDS, Custodian, ShareHome, shares


class Scene:
    """A home that has got shares for unsealing and for recovery."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.people = [Custodian(base, name) for name in ("alice", "bob", "carol")]
        self.home = ShareHome(base).found()
        shutil.copytree(self.home.path, base / "pristine")
        self.words = {purpose: self.share(purpose, purpose) for purpose in ("unseal", "recovery")}

    def fresh(self, name: str) -> ShareHome:
        """A home in which no ceremony was held."""
        home = ShareHome(self.base, name)
        shutil.copytree(self.base / "pristine", home.path)
        return home

    def share(self, purpose: str, out: str, people: list[Custodian] | None = None) -> list[Path]:
        people = people or self.people
        self.home.ceremony(people, purpose, out)
        return [one.open(self.base / out / f"{one.name}.share") for one in people]

    def activate(self, purpose: str, words: list[Path], *opened: str) -> str:
        given = ("ceremony", "activate", "--purpose", purpose, *shares("--new-share-file", *words))
        ran = self.home.call(*given, *(opened or self.home.opened), who="keeper")
        return "" if ran.code == 0 else str(ran.error["error"])

    def opens(self, *words: Path, home: ShareHome | None = None) -> str:
        ran = (home or self.home).call("keys", "domains", *shares("--share-file", *words), who="keeper")
        return "" if ran.code == 0 else str(ran.error["error"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("ceremony"))


@pytest.fixture(scope="module")
def shared(scene: Scene) -> Scene:
    """The scene once shares open it."""
    unseal, recovery = scene.words["unseal"], scene.words["recovery"]
    assert scene.activate("unseal", [unseal[0], recovery[1]]) == "share.other_purpose"
    assert scene.activate("unseal", unseal[:1]) == "share.too_few"
    assert scene.home.call("keys", "domains", *scene.home.opened, who="keeper").code == 0
    assert scene.activate("recovery", recovery[1:]) == ""
    assert scene.activate("unseal", unseal[:2]) == ""
    return scene


def test_any_two_custodians_open_the_home_and_one_does_not(shared: Scene) -> None:
    one, two, three = shared.words["unseal"]
    for pair in ((one, two), (three, one), (two, three)):
        assert shared.opens(*pair) == ""
    assert shared.opens(one) == "share.too_few"
    assert shared.opens() == "share.none"
    assert shared.opens(one, one) == "share.twice"
    assert shared.opens(one, shared.words["recovery"][1]) == "share.other_purpose"
    # The passphrase that opened it before opens it no more.
    from seawall.adapters.roots.sealed_file import SealedFileRoot

    with pytest.raises(Unauthenticated):
        SealedFileRoot.open(shared.home.path / "root.sealed", Secret(PASSPHRASE.encode()))


def test_a_node_starts_with_shares_from_descriptors(shared: Scene) -> None:
    home = shared.home
    ran = home.call("doctor", *shares("--share-file", *shared.words["unseal"][1:]))
    assert ran.code == 0, ran.out


def test_when_a_custodian_leaves_the_old_shares_open_nothing(shared: Scene, tmp_path: Path) -> None:
    scene = Scene.__new__(Scene)
    scene.base, scene.people, scene.words = tmp_path, shared.people, shared.words
    scene.home = ShareHome(shared.base, "left")
    shutil.copytree(shared.home.path, scene.home.path)
    old = shared.words["unseal"]
    given = shares("--share-file", *old[:2])
    dora = Custodian(tmp_path, "dora")
    stay = [*shared.people[:2], dora]
    publics = [word for one in stay for word in ("--to", str(one.public))]
    made = scene.home.ok(
        "ceremony", "init", "--purpose", "unseal", "--threshold", "2", *publics, "--out", tmp_path / "new", *given,
        who="keeper",
    )  # fmt: skip
    fresh = [one.open(tmp_path / "new" / f"{one.name}.share") for one in stay]
    assert made["replaces"] is not None
    assert scene.opens(*old[:2]) == ""  # nothing changes before the new shares were tried
    assert scene.activate("unseal", fresh[1:], *given) == ""
    assert scene.opens(*fresh[:2]) == ""
    assert scene.opens(*old[:2]) == "share.other_set"
    assert scene.opens(old[0], fresh[1]) == "share.other_set"
    assert scene.home.ok("ledger", "verify")["finding"] == "whole"


def test_an_interrupted_activation_leaves_the_home_open_to_the_new_shares(shared: Scene, tmp_path: Path) -> None:
    home = ShareHome(shared.base, "interrupted")
    shutil.copytree(shared.home.path, home.path)
    # As after the file has taken its place, and before its record has.
    (home.path / "unseal.json").rename(home.path / "unseal-next.json")
    assert shared.opens(*shared.words["unseal"][:2], home=home) == ""


def test_recovery_shares_put_the_root_under_a_passphrase_again(shared: Scene) -> None:
    home = ShareHome(shared.base, "recovered")
    shutil.copytree(shared.home.path, home.path)
    wrong = shares("--recovery-share-file", *shared.words["unseal"][:2])
    assert home.error("ceremony", "recover", *wrong, *home.opened) == "share.other_purpose"
    home.ok("ceremony", "recover", *shares("--recovery-share-file", *shared.words["recovery"][1:]), *home.opened)
    assert home.call("keys", "domains", *home.opened, who="keeper").code == 0
    assert home.ok("ledger", "verify")["finding"] == "whole"


def test_a_drill_proves_possession_once_and_is_dated(scene: Scene, tmp_path: Path) -> None:
    home = scene.fresh("drilled")
    made = home.ceremony(scene.people, "backup", "drill-set", name="primary")
    asked = home.keeper("ceremony", "challenge", made["set_id"], "--out", tmp_path / "asked")["challenges"]
    words = tmp_path / "custodian-words"
    words.write_bytes(WORDS)
    bob = scene.people[1]
    answer = tmp_path / "bob.answer"
    ran = home.ok(
        "ceremony", "answer", asked["bob"], "--share", scene.base / "drill-set" / "bob.share", "--key", bob.key,
        "--out", answer, "--passphrase-file", words,
    )  # fmt: skip
    assert ran == {"written": str(answer)}
    proven = home.keeper("ceremony", "drill", answer)
    assert proven["custodian"] == "bob"
    holders = home.keeper("ceremony", "show")["items"][0]["holders"]
    assert [bool(one["proven_ms"]) for one in holders] == [False, True, False]
    assert home.error("ceremony", "drill", answer, *home.opened, who="keeper") == "ceremony.challenge_spent"
    said = json.loads(answer.read_text())
    for change in ({"index": 1}, {"challenge": "AAAA"}, {"set_id": "0" * 32}):
        false = tmp_path / "false.answer"
        false.write_text(json.dumps({**said, **change}))
        assert home.error("ceremony", "drill", false, *home.opened, who="keeper") == "ceremony.challenge_unknown"
    # Alice's challenge, answered with bob's share.
    held = custody.open_share((scene.base / "drill-set" / "bob.share").read_bytes(), _seed(bob))
    asked_alice = custody.read(Path(asked["alice"]).read_bytes(), custody.ChallengeFile)
    false.write_bytes(
        custody.write(
            custody.AnswerFile(
                set_id=asked_alice.set_id,
                index=asked_alice.index,
                challenge=asked_alice.challenge,
                answer=held.answer(asked_alice.challenge),
            )
        )
    )
    assert home.error("ceremony", "drill", false, *home.opened, who="keeper") == "share.not_proven"


def _seed(custodian: Custodian) -> Secret:
    return custody.open_key(custodian.key.read_bytes(), lambda _: Secret(WORDS))[1]


def test_the_transcript_is_signed_by_those_who_attended(scene: Scene, tmp_path: Path) -> None:
    home = scene.fresh("transcript")
    home.ceremony(scene.people[:2], "backup", "attended", name="tertiary")
    transcript = scene.base / "attended" / "transcript.jsonl"
    words = tmp_path / "words"
    words.write_bytes(WORDS)
    assert home.call("ceremony", "verify-transcript", transcript).code == 3
    for one in scene.people[:2]:
        home.ok("ceremony", "sign-transcript", transcript, "--key", one.key, "--passphrase-file", words)
    found = home.ok("ceremony", "verify-transcript", transcript)
    assert (sorted(found["signed"]), found["missing"]) == (["alice", "bob", "installation"], [])
    carol = ("ceremony", "sign-transcript", transcript, "--key", scene.people[2].key, "--passphrase-file", words)
    assert home.error(*carol) == "transcript.stranger"
    transcript.write_bytes(transcript.read_bytes().replace(b'"threshold":2', b'"threshold":1'))
    assert home.error("ceremony", "verify-transcript", transcript) == "transcript.damaged"


def test_what_makes_no_set_is_refused_and_leaves_nothing(scene: Scene, tmp_path: Path) -> None:
    home = scene.fresh("refused")
    alice, bob = scene.people[:2]

    def make(*people: Custodian, threshold: int = 2, purpose: str = "backup", who: str = "keeper") -> str:
        publics = [word for one in people for word in ("--to", str(one.public))]
        given = ("ceremony", "init", "--purpose", purpose, "--threshold", str(threshold), *publics)
        return home.error(*given, "--out", tmp_path / "none", *home.opened, who=who)

    assert make(alice, threshold=1) == "shamir.shares"
    assert make(alice, bob, threshold=3) == "shamir.threshold"
    assert make(alice, alice) == "ceremony.custodian_twice"
    assert make(alice, bob, purpose="other") == "ceremony.purpose"
    for who in ("app", "admin"):
        assert make(alice, bob, who=who) == "access.forbidden"
    assert not (tmp_path / "none").exists()
    assert home.error("backup", "create", *home.opened, who="keeper") == "backup.set_unknown"
    assert home.error("ceremony", "activate", *home.opened, who="keeper") == "ceremony.unknown"
    assert {purpose.value for purpose in SharePurpose} == {"unseal", "recovery", "backup"}
