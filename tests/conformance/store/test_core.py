"""The store itself, on SQLite and PostgreSQL."""

import threading
from base64 import b64encode
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text, update

from seawall.adapters.store.core import EpochRow, Installation, KeptCheckpoint, Meta, StoreOutbox
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.grants import Grants
from seawall.adapters.store.jobs import Jobs
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import core
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound, Unavailable
from seawall.kernel.jobs import Job, JobState, Slice
from seawall.kernel.terms import Grant, Resource

KEY = Resource(type="key", id="retail/pan", domain="retail")
FOUND = Installation(id=UUID(int=7), integrity_key=b"wrapped", created_ms=1)


def record(uid: str) -> Record:
    return Record(uid=uid, body=b"{}")


def put_then_fail(store: Store) -> None:
    with store.begin() as tx:
        tx.outbox(record("a"))
        raise RuntimeError


def test_outbox_is_written_with_the_change_or_not_at_all(store: Store) -> None:
    outbox = StoreOutbox(store)
    with pytest.raises(RuntimeError):
        put_then_fail(store)
    assert outbox.pending() == []
    with store.begin() as tx:
        tx.outbox(record("b"))
        tx.outbox(record("a"))
    assert [waiting.uid for waiting in outbox.pending()] == ["b", "a"]
    assert outbox.pending()[0].body == b"{}"


def test_outbox_forgets_what_is_done_and_nothing_else(store: Store) -> None:
    outbox = StoreOutbox(store)
    with store.begin() as tx:
        for number in range(1200):
            tx.outbox(record(f"{number:04}"))
    outbox.done([])
    outbox.done([f"{number:04}" for number in range(1199)] + ["unknown"])
    assert [waiting.uid for waiting in outbox.pending()] == ["1199"]


def test_a_record_is_left_once(store: Store) -> None:
    def twice(tx: Transaction) -> None:
        tx.outbox(record("a"))
        tx.outbox(record("a"))

    with pytest.raises(Conflict) as raised, store.begin() as tx:
        twice(tx)
    assert raised.value.code == "store.conflict"
    assert "INSERT" not in str(raised.value)


def test_writers_take_turns(store: Store) -> None:
    # Each looks and then changes what it saw: without turns some of the counts would be lost.
    with store.begin() as tx:
        Meta(store).found(tx, FOUND)

    def count() -> None:
        for _ in range(5):
            with store.begin() as tx:
                seen = tx.connection.execute(select(core.epoch.c.value)).scalar_one()
                tx.connection.execute(update(core.epoch).values(value=seen + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert EpochRow(store).read() == 21


def test_a_held_write_lock_is_said_and_passes(store: Store, store_url: str) -> None:
    impatient = Store(store_url, wait_s=0.2)
    with store.begin(), pytest.raises(Unavailable) as raised, impatient.begin():
        pass
    assert raised.value.code == "store.locked"
    assert raised.value.remedy
    with impatient.begin() as tx:
        tx.outbox(record("a"))
    impatient.close()


def test_a_reader_does_not_wait_for_a_writer_and_sees_one_moment(store: Store, store_url: str) -> None:
    outbox = StoreOutbox(store)
    counted = select(func.count()).select_from(core.outbox)
    with store.begin() as tx:
        tx.outbox(record("a"))
        assert outbox.pending() == []
    with store.read() as connection:
        assert connection.execute(counted).scalar() == 1
        with store.begin() as tx:
            tx.outbox(record("b"))
        assert connection.execute(counted).scalar() == 1
    assert len(outbox.pending()) == 2


def test_an_empty_database_says_what_is_missing(store_url: str) -> None:
    empty = Store(store_url)
    with pytest.raises(Unavailable) as raised:
        StoreOutbox(empty).pending()
    assert raised.value.code == "store.schema"
    empty.close()


def test_a_store_is_claimed_once(store: Store) -> None:
    meta = Meta(store)
    assert meta.installation() is None
    assert EpochRow(store).read() == 0
    with store.begin() as tx:
        meta.found(tx, FOUND)
    assert meta.installation() == FOUND
    with pytest.raises(Conflict) as raised, store.begin() as tx:
        meta.found(tx, FOUND)
    assert raised.value.code == "store.founded"


def test_the_epoch_row_counts_with_its_transaction(store: Store) -> None:
    row = EpochRow(store)
    with store.begin() as tx:
        Meta(store).found(tx, FOUND)
    with store.begin() as tx:
        row.bump(tx)
    assert row.read() == 2


def checkpoint(size: int, fill: int, signature: str = "one") -> str:
    return f"seawall.example/ledger\n{size}\n{b64encode(bytes([fill]) * 32).decode()}\n\n— {signature}\n"


def test_a_checkpoint_is_kept_and_never_goes_back(store: Store) -> None:
    keeper = KeptCheckpoint(store, "seawall.example/ledger", FixedClock())
    assert keeper.kept() is None
    keeper.keep(checkpoint(5, 1))
    keeper.keep(checkpoint(5, 1, "two"))
    assert keeper.kept() == checkpoint(5, 1, "two")
    keeper.keep(checkpoint(9, 2))
    with pytest.raises(Corrupt) as raised:
        keeper.keep(checkpoint(8, 3))
    assert raised.value.code == "ledger.rollback"
    with pytest.raises(Corrupt) as raised:
        keeper.keep(checkpoint(9, 3))
    assert raised.value.code == "ledger.fork"
    assert keeper.kept() == checkpoint(9, 2)
    other = KeptCheckpoint(store, "other", FixedClock())
    assert other.kept() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "other\n5\n" + "A" * 43 + "=\n",
        "seawall.example/ledger\n05\n" + "A" * 43 + "=\n",
        "seawall.example/ledger\n5\nAAAA\n",
        "seawall.example/ledger\n²\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_not_kept(store: Store, text: str) -> None:
    keeper = KeptCheckpoint(store, "seawall.example/ledger", FixedClock())
    with pytest.raises(InvalidInput) as raised:
        keeper.keep(text)
    assert raised.value.code == "store.checkpoint"
    assert keeper.kept() is None


def make_job(number: int) -> Job:
    return Job(id=f"{number:036}", kind="discover.scan", principal_id="p", created_ms=1, updated_ms=1)


def test_a_job_runs_and_ends_once(store: Store, row_mac: RowMac) -> None:
    clock = FixedClock()
    jobs = Jobs(store, clock, row_mac)
    job = make_job(1)
    jobs.create(job, record("a"))
    assert jobs.get(job.id) == job
    jobs.progress(job.id, "customers", 3, 10)
    seen = jobs.get(job.id)
    assert (seen.what, seen.done, seen.total, seen.updated_ms) == ("customers", 3, 10, clock.now_ms())
    jobs.finish(job.id, record=record("b"))
    over = jobs.get(job.id)
    assert (over.state, over.finished_ms) == (JobState.SUCCEEDED, clock.now_ms())
    with pytest.raises(Conflict) as raised:
        jobs.progress(job.id, "", 0, 0)
    assert raised.value.code == "job.over"
    assert [waiting.uid for waiting in StoreOutbox(store).pending()] == ["a", "b"]


def test_a_cancelled_job_learns_of_it(store: Store, row_mac: RowMac) -> None:
    jobs = Jobs(store, FixedClock(), row_mac)
    jobs.create(make_job(1))
    jobs.cancel(make_job(1).id)
    with pytest.raises(Conflict) as raised:
        jobs.progress(make_job(1).id, "", 1, 2)
    assert raised.value.code == "job.cancelled"
    with pytest.raises(Conflict):
        jobs.finish(make_job(1).id)
    assert jobs.get(make_job(1).id).state is JobState.CANCELLED


def test_a_silent_job_lapses(store: Store, row_mac: RowMac) -> None:
    clock = FixedClock()
    jobs = Jobs(store, clock, row_mac)
    jobs.create(make_job(1))
    jobs.create(make_job(2))
    jobs.progress(make_job(2).id, "", 1, 2)
    assert jobs.lapse(clock.now_ms()) == 1
    assert jobs.get(make_job(1).id).code == "job.lapsed"
    assert jobs.get(make_job(2).id).state is JobState.RUNNING


def test_jobs_are_listed_newest_first_in_pages(store: Store, row_mac: RowMac) -> None:
    jobs = Jobs(store, FixedClock(), row_mac)
    for number in range(5):
        jobs.create(make_job(number))
    first = jobs.list(limit=3)
    second = jobs.list(limit=3, cursor=first.next_cursor)
    assert [int(job.id) for job in [*first.items, *second.items]] == [4, 3, 2, 1, 0]
    assert second.next_cursor is None


def started(store: Store, row_mac: RowMac) -> Jobs:
    jobs = Jobs(store, FixedClock(), row_mac)
    job = Job(id="j", kind="k", principal_id="p", grant_id="g", domain="retail", spec="{}", created_ms=1, updated_ms=1)
    jobs.start(job, GRANT, record("started"))
    return jobs


def test_a_job_rests_and_goes_on_where_it_was(store: Store, row_mac: RowMac) -> None:
    jobs = started(store, row_mac)
    assert jobs.next_due(["k"], 5) == jobs.get("j")
    assert jobs.next_due(["other"], 5) is None
    jobs.pause("j", record("paused"))
    assert jobs.next_due(["k"], 5) is None
    # Its slice was under way: what it reached is kept.
    jobs.checkpoint("j", Slice(checkpoint=b"at 3", done=3, total=9, what="third"))
    with pytest.raises(Conflict) as raised:
        jobs.pause("j", record("again"))
    assert raised.value.code == "job.paused"
    assert jobs.resume("j", record("resumed")).state is JobState.RUNNING
    due = jobs.next_due(["k"], 5)
    assert due is not None
    assert (due.checkpoint, due.done, due.total, due.what, due.spec) == (b"at 3", 3, 9, "third", "{}")
    with pytest.raises(Conflict) as raised:
        jobs.resume("j", record("again"))
    assert raised.value.code == "job.running"


def test_a_job_is_tried_again_later_and_others_go_first(store: Store, row_mac: RowMac) -> None:
    jobs = started(store, row_mac)
    jobs.postpone("j", "store.unreachable", 50)
    assert jobs.next_due(["k"], 49) is None
    again = jobs.next_due(["k"], 50)
    assert again is not None
    assert (again.failures, again.code) == (1, "store.unreachable")
    jobs.checkpoint("j", Slice(checkpoint=b"", done=1))
    assert (jobs.get("j").failures, jobs.get("j").code) == (0, "")


@pytest.mark.parametrize("end", ["cancel", "finish"])
def test_the_leave_of_a_job_ends_with_it(store: Store, row_mac: RowMac, end: str) -> None:
    jobs, grants = started(store, row_mac), Grants(store, row_mac)
    assert grants.standing("g", 5) == GRANT
    getattr(jobs, end)("j")
    with pytest.raises(Denied) as raised:
        grants.standing("g", 5)
    assert raised.value.code == "grant.revoked"
    assert grants.of("g") == GRANT


@pytest.mark.parametrize(
    "change", [{"state": "running"}, {"spec": '{"all":1}'}, {"checkpoint": b"x"}, {"grant_id": None}, {"kind": "l"}]
)
def test_an_edited_job_shows(store: Store, row_mac: RowMac, change: dict[str, object]) -> None:
    jobs = started(store, row_mac)
    jobs.pause("j", record("paused"))
    with store.begin() as tx:
        tx.connection.execute(update(core.jobs).values(change))
    for look in (lambda: jobs.get("j"), lambda: jobs.cancel("j"), jobs.list):
        with pytest.raises(Corrupt) as raised:
            look()
        assert raised.value.code == "store.row_mac"


def test_jobs_of_other_domains_are_not_listed(store: Store, row_mac: RowMac) -> None:
    jobs = started(store, row_mac)
    jobs.create(make_job(1))
    assert [job.id for job in jobs.list(domains=["retail"]).items] == ["j", make_job(1).id]
    assert [job.id for job in jobs.list(domains=["cards"]).items] == [make_job(1).id]


def test_an_unknown_job_is_not_found(store: Store, row_mac: RowMac) -> None:
    with pytest.raises(NotFound):
        Jobs(store, FixedClock(), row_mac).get("no")
    with pytest.raises(NotFound):
        Jobs(store, FixedClock(), row_mac).finish("no")


GRANT = Grant(id="g", principal_id="p", action="data.encrypt", resource=KEY, expires_ms=1000)


def test_a_grant_covers_its_act_until_it_ends(store: Store, row_mac: RowMac) -> None:
    grants = Grants(store, row_mac)
    grants.issue(GRANT, 1, record("a"))
    assert grants.check("g", "data.encrypt", KEY, 999) == GRANT
    for action, resource, now_ms, code in [
        ("data.encrypt", KEY, 1000, "grant.expired"),
        ("data.decrypt", KEY, 5, "grant.other"),
        ("data.encrypt", Resource(type="key", id="retail/x", domain="retail"), 5, "grant.other"),
    ]:
        with pytest.raises(Denied) as raised:
            grants.check("g", action, resource, now_ms)
        assert raised.value.code == code
    with pytest.raises(NotFound):
        grants.check("other", "data.encrypt", KEY, 5)


def test_a_grant_is_taken_back(store: Store, row_mac: RowMac) -> None:
    grants = Grants(store, row_mac)
    grants.issue(GRANT, 1, record("a"))
    grants.revoke("g", 10, record("b"))
    with pytest.raises(Denied) as raised:
        grants.check("g", "data.encrypt", KEY, 20)
    assert raised.value.code == "grant.revoked"


def test_all_grants_of_a_principal_end_at_once(store: Store, row_mac: RowMac) -> None:
    grants = Grants(store, row_mac)
    grants.issue(GRANT, 1, record("a"))
    with store.begin() as tx:
        assert grants.revoke_of(tx, "p", 5) == 1
        assert grants.revoke_of(tx, "p", 6) == 0
    with pytest.raises(Denied) as raised:
        grants.check("g", "data.encrypt", KEY, 20)
    assert raised.value.code == "grant.revoked"


@pytest.mark.parametrize("change", [{"expires_ms": 99999}, {"principal_id": "q"}, {"action": "data.decrypt"}])
def test_an_edited_grant_shows(store: Store, row_mac: RowMac, change: dict[str, object]) -> None:
    grants = Grants(store, row_mac)
    grants.issue(GRANT, 1, record("a"))
    with store.begin() as tx:
        tx.connection.execute(update(core.grants).values(change))
    with pytest.raises(Corrupt) as raised:
        grants.check("g", "data.encrypt", KEY, 5)
    assert raised.value.code == "store.row_mac"


def test_a_grant_that_a_job_names_stays(store: Store, row_mac: RowMac) -> None:
    grants, jobs = Grants(store, row_mac), Jobs(store, FixedClock(), row_mac)
    grants.issue(GRANT, 1, record("a"))
    jobs.create(Job(id="j", kind="k", principal_id="p", grant_id="g", created_ms=1, updated_ms=1))
    with pytest.raises(Conflict), store.begin() as tx:
        tx.connection.execute(delete(core.grants))


def test_what_our_statements_get_wrong_says_nothing_of_them(store: Store) -> None:
    with pytest.raises(Exception, match="could not do") as raised, store.begin() as tx:
        tx.connection.execute(text("SELEC 'secret'"))
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
