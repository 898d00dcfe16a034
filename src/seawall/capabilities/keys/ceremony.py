"""Ceremonies: making sets of shares, letting them open what they are for, and drills of possession.

1. Every share leaves this process sealed to its custodian's public key; the secret itself is wiped when it was split.
2. A set for backups holds the private key of a pair of its own; the public key stays here, and is all a backup needs.
3. A set that opens the root of trust is prepared first, and takes effect when its shares have opened the root once:
   nobody is locked out because a share was lost on its way.
4. A set that takes another's place has a new secret, so shares of the other open nothing that comes after.
5. What was done is in a transcript that the installation signs, and in the ledger.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence

from seawall.capabilities.keys import commands_backup as c
from seawall.capabilities.keys import custody
from seawall.capabilities.keys.backup_model import Drill, HeldSet, InstallationKey
from seawall.capabilities.keys.custody import AnswerFile, ChallengeFile, PublicFile
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.ports_backup import CeremonyStore, RootOpeners
from seawall.crypto.custodian import SEED_BYTES, Signer, fingerprint, sealing_key
from seawall.crypto.shares import Share, SharePurpose, ShareSet, check_possession, make_set
from seawall.crypto.transcript import Attendee, Transcript
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.ids import Entropy, check_name
from seawall.kernel.secret import Secret

#: The context in which the root seals the seed of the installation's signing keys.
SIGNING_CONTEXT = b"seawall installation key\0signing"
_CHALLENGE_BYTES = 32
_DAY_MS = 86_400_000


class Ceremony:
    """Carries out what is asked of ceremonies.

    Args:
        store: where sets and drills are kept.
        root: seals the installation's signing key.
        openers: what opens the root of this home.
        trial: whether one share of one is allowed.
        entropy: random bytes for secrets and challenges.
    """

    def __init__(
        self,
        store: CeremonyStore,
        root: RootOfTrust,
        openers: RootOpeners,
        *,
        trial: bool = False,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._store = store
        self._root = root
        self._openers = openers
        self._trial = trial
        self._entropy = entropy

    def init(self, turn: Turn, command: c.InitCeremony) -> c.CeremonyMade:
        """Make a set of shares.

        Raises:
            InvalidInput: ``name.invalid``, ``custody.file``, ``ceremony.custodian_twice``, ``shamir.*``.
            Conflict: ``ceremony.command_line`` or ``ceremony.no_sealed_file``.
        """
        custodians = _attendees(command.custodians)
        name = check_name(command.name, field="name")
        signer = self.signer(turn.now_ms)
        with Secret(self._entropy(SEED_BYTES)) as secret:
            public = sealing_key(secret) if command.purpose is SharePurpose.BACKUP else None
            record, shares = make_set(
                secret,
                purpose=command.purpose,
                name=name,
                threshold=command.threshold,
                custodians=[(one.name, one.fingerprint) for one in custodians],
                created_ms=turn.now_ms,
                entropy=self._entropy,
                binds={"installation": fingerprint(signer.public), **self._binds(public)},
                trial=self._trial,
            )
            if command.purpose is not SharePurpose.BACKUP:
                self._openers.prepare(record, secret)
        sealed = _deliver(record, shares, custodians)
        transcript = _transcript(record, sealed, custodians, signer, turn.now_ms)
        with self._store.begin() as tx:
            before = tx.add_set(HeldSet(record=record, public_key=public))
            tx.outbox(
                turn.record(
                    {
                        "set_id": record.id,
                        "purpose": record.purpose,
                        "name": name,
                        "threshold": record.threshold,
                        "custodians": [one.name for one in custodians],
                        "replaces": before,
                        "transcript_sha256": hashlib.sha256(transcript).hexdigest(),
                    }
                )
            )
        return c.CeremonyMade(
            set_id=record.id,
            purpose=record.purpose,
            name=name,
            threshold=record.threshold,
            shares=sealed,
            transcript=transcript,
            replaces=before,
        )

    def activate(self, turn: Turn, command: c.ActivateCeremony) -> c.SetView:
        """Let the newest set of a purpose open the root of trust from now on.

        Raises:
            NotFound: ``ceremony.unknown``.
            Conflict: ``ceremony.not_prepared``, ``ceremony.command_line``, or as the shares.
        """
        with self._store.read() as reads:
            held = next((one for one in reads.share_sets() if one.record.purpose is command.purpose), None)
        if held is None or command.purpose is SharePurpose.BACKUP:
            raise _unknown()
        self._openers.activate(held.record)
        with self._store.begin() as tx:
            tx.outbox(turn.record({"set_id": held.record.id, "purpose": command.purpose}))
        return _view(held, {})

    def show(self, _: Turn, __: c.ShowCeremonies) -> c.Ceremonies:
        """List the sets."""
        with self._store.read() as reads:
            return c.Ceremonies(items=[_view(held, reads.proven(held.record.id)) for held in reads.share_sets()])

    def challenge(self, turn: Turn, command: c.AskPossession) -> c.Challenges:
        """Make a challenge for every holder of a set.

        Raises:
            NotFound: ``ceremony.unknown``.
        """
        with self._store.begin() as tx:
            held = next((one for one in tx.share_sets() if one.record.id == command.set_id), None)
            if held is None:
                raise _unknown()
            items = []
            for holder in held.record.holders:
                asked = self._entropy(_CHALLENGE_BYTES)
                tx.save_drill(Drill(challenge=asked, set_id=held.record.id, holder=holder.index, asked_ms=turn.now_ms))
                file = ChallengeFile(set_id=held.record.id, index=holder.index, challenge=asked)
                items.append(c.Challenge(custodian=holder.custodian, file=custody.write(file)))
            tx.outbox(turn.record({"set_id": held.record.id, "holders": len(items)}))
        return c.Challenges(set_id=command.set_id, items=items)

    def drill(self, turn: Turn, command: c.ProvePossession) -> c.Proven:
        """Record that a custodian proved to have a share.

        Raises:
            InvalidInput: ``custody.file``.
            NotFound: ``ceremony.challenge_unknown``.
            Conflict: ``ceremony.challenge_spent``.
            Corrupt: ``share.not_proven``.
        """
        file = custody.read(command.answer, AnswerFile)
        with self._store.begin() as tx:
            drill = tx.drill(file.challenge)
            held = next((one for one in tx.share_sets() if drill and one.record.id == drill.set_id), None)
            if drill is None or held is None or (drill.set_id, drill.holder) != (file.set_id, file.index):
                raise NotFound("ceremony.challenge_unknown", "this answers no challenge of this store.", field="answer")
            if drill.answered_ms is not None or turn.now_ms - drill.asked_ms > _DAY_MS:
                raise Conflict(
                    "ceremony.challenge_spent",
                    "this challenge was answered already, or is older than a day.",
                    remedy="Run: seawall ceremony challenge",
                )
            holder = check_possession(held.record, drill.holder, drill.challenge, file.answer)
            tx.save_drill(
                Drill(
                    challenge=drill.challenge,
                    set_id=drill.set_id,
                    holder=drill.holder,
                    asked_ms=drill.asked_ms,
                    answered_ms=turn.now_ms,
                )
            )
            tx.outbox(turn.record({"set_id": drill.set_id, "index": holder.index, "custodian": holder.custodian}))
        return c.Proven(set_id=drill.set_id, index=holder.index, custodian=holder.custodian, proven_ms=turn.now_ms)

    def signer(self, now_ms: int) -> Signer:
        """Open the installation's signing key; the first time it is made.

        Raises:
            Unavailable: the root or the store.
        """
        with self._store.begin() as tx:
            kept = tx.installation_key()
            if kept is None:
                with Secret(self._entropy(SEED_BYTES)) as seed:
                    sealed = self._root.wrap(seed, SIGNING_CONTEXT)
                    kept = InstallationKey(public=Signer(seed).public, sealed=sealed, created_ms=now_ms)
                tx.add_installation_key(kept)
        with self._root.unwrap(kept.sealed, SIGNING_CONTEXT) as seed:
            return Signer(seed)

    def _binds(self, public: bytes | None) -> dict[str, str]:
        if public is not None:
            return {"backup_key": fingerprint(public)}
        return {"root": hashlib.sha256(self._root.describe().key_id.encode()).hexdigest()}


def _attendees(files: Sequence[bytes]) -> list[PublicFile]:
    found = [custody.read(file, PublicFile) for file in files]
    for one in found:
        check_name(one.name, field="custodians")
    if len({one.name for one in found}) != len(found) or len({one.fingerprint for one in found}) != len(found):
        raise InvalidInput(
            "ceremony.custodian_twice",
            "each share is for a custodian of its own, with a key of its own.",
            field="custodians",
        )
    return found


def _deliver(record: ShareSet, shares: Sequence[Share], to: Sequence[PublicFile]) -> list[c.SealedShare]:
    sealed = []
    for share, one in zip(shares, to, strict=True):
        sealed.append(c.SealedShare(custodian=one.name, index=share.index, file=custody.seal_share(record, share, one)))
        share.close()
    return sealed


def _transcript(
    record: ShareSet, sealed: Sequence[c.SealedShare], attendees: Sequence[PublicFile], signer: Signer, now_ms: int
) -> bytes:
    about = {"purpose": record.purpose, "set": record.name, "set_id": record.id, "threshold": record.threshold}
    people = [Attendee(name=one.name, signing=one.signing) for one in attendees]
    written = Transcript(about, people, signer.public, now_ms)
    written.step("set made", now_ms, record=record.encode().decode())
    for share in sealed:
        digest = hashlib.sha256(share.file).hexdigest()
        written.step("share sealed", now_ms, index=share.index, custodian=share.custodian, sha256=digest)
    return written.close(now_ms, signer)


def _view(held: HeldSet, proven: Mapping[int, int]) -> c.SetView:
    record = held.record
    return c.SetView(
        id=record.id,
        purpose=record.purpose,
        name=record.name,
        threshold=record.threshold,
        created_ms=record.created_ms,
        retired_ms=held.retired_ms,
        holders=[
            c.HolderView(
                index=holder.index,
                custodian=holder.custodian,
                fingerprint=holder.fingerprint,
                proven_ms=proven.get(holder.index),
            )
            for holder in record.holders
        ],
    )


def _unknown() -> NotFound:
    return NotFound("ceremony.unknown", "there is no such set of shares.", remedy="Run: seawall ceremony show")
