import asyncio
import threading

import pytest

from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.commit import GroupCommit


class Log:
    """A journal in memory that can be held up and can refuse."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.refuse: Exception | None = None
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def append(self, entries) -> None:
        self.entered.set()
        assert self.open.wait(10)
        if b"wrong" in entries:
            raise InvalidInput("ledger.entry_size", "wrong.")
        if self.refuse is not None:
            raise self.refuse
        self.batches.append(list(entries))

    def check(self) -> None:
        if self.refuse is not None:
            raise self.refuse


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def commit(log):
    made = GroupCommit(log)
    yield made
    log.open.set()
    made.close()


def test_append_returns_when_the_entry_is_in_the_log(log, commit):
    commit.append(b"one")
    assert log.batches == [[b"one"]]


def test_what_comes_while_a_sync_is_under_way_goes_into_one_batch(log, commit):
    log.open.clear()
    told = []
    commit.submit(b"first", told.append)
    assert log.entered.wait(5)
    for number in range(100):
        commit.submit(b"%d" % number, told.append)
    log.open.set()
    commit.append(b"last")
    assert log.batches[0] == [b"first"]
    assert log.batches[1][:100] == [b"%d" % number for number in range(100)]
    assert told == [None] * 101


def test_all_of_a_batch_are_told_why_it_was_refused(log, commit):
    log.refuse = Unavailable("ledger.full", "full.")
    told = []
    commit.submit(b"one", told.append)
    with pytest.raises(Unavailable) as raised:
        commit.append(b"two")
    assert raised.value.code == "ledger.full"
    assert [error.code for error in told] == ["ledger.full"]
    with pytest.raises(Unavailable):
        commit.check()
    log.refuse = None
    commit.append(b"three")
    commit.check()


def test_a_wrong_entry_does_not_take_its_neighbours_with_it(log, commit):
    log.open.clear()
    told = {}
    commit.submit(b"first", lambda error: told.__setitem__("first", error))
    assert log.entered.wait(5)
    commit.submit(b"good", lambda error: told.__setitem__("good", error))
    commit.submit(b"wrong", lambda error: told.__setitem__("wrong", error))
    log.open.set()
    commit.append(b"last")
    assert told["first"] is None
    assert told["good"] is None
    assert told["wrong"].code == "ledger.entry_size"


def test_an_error_that_nobody_foresaw_is_told_without_its_text(log, commit, caplog):
    log.refuse = RuntimeError("a secret")
    with pytest.raises(Unavailable) as raised:
        commit.append(b"one")
    assert raised.value.code == "ledger.failed"
    assert "secret" not in str(raised.value)
    log.refuse = None
    commit.append(b"two")


def test_an_answer_that_fails_does_not_keep_the_others_back(log, commit, caplog):
    log.open.clear()
    told = []
    commit.submit(b"first", told.append)
    assert log.entered.wait(5)
    commit.submit(b"a", lambda error: 1 / 0)
    commit.submit(b"b", told.append)
    log.open.set()
    commit.append(b"c")
    assert told == [None, None]


def test_append_all_keeps_the_order(log, commit):
    commit.append_all([b"%d" % number for number in range(50)])
    assert [entry for batch in log.batches for entry in batch] == [b"%d" % number for number in range(50)]


def test_closing_drains_and_later_entries_are_refused(log):
    commit = GroupCommit(log)
    told = []
    log.open.clear()
    for number in range(20):
        commit.submit(b"%d" % number, told.append)
    closing = threading.Thread(target=commit.close)
    closing.start()
    log.open.set()
    closing.join(5)
    assert told == [None] * 20
    assert sum(map(len, log.batches)) == 20
    commit.submit(b"late", told.append)
    assert told[-1].code == "ledger.closed"
    with pytest.raises(Unavailable):
        commit.append(b"late")
    with pytest.raises(Unavailable):
        commit.check()


def test_many_threads_lose_nothing(log):
    commit = GroupCommit(log)
    count, lock = [0], threading.Lock()

    def done(error) -> None:
        assert error is None
        with lock:
            count[0] += 1

    def work(name: int) -> None:
        for number in range(2000):
            commit.submit(b"%d-%d" % (name, number), done)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    commit.close()
    assert count[0] == 8000
    assert len({entry for batch in log.batches for entry in batch}) == 8000


def test_with_a_loop_answers_come_on_it_and_once_a_batch(log):
    async def main() -> None:
        loop = asyncio.get_running_loop()
        calls = []
        original = loop.call_soon_threadsafe

        def counted(callback, *arguments, **named):
            calls.append(callback)
            return original(callback, *arguments, **named)

        loop.call_soon_threadsafe = counted
        commit = GroupCommit(log, loop=loop)
        log.open.clear()
        told, threads = [], set()
        finished = asyncio.Event()

        def done(error) -> None:
            told.append(error)
            threads.add(threading.get_ident())
            if len(told) == 101:
                finished.set()

        commit.submit(b"first", done)
        await asyncio.to_thread(log.entered.wait, 5)
        for number in range(100):
            commit.submit(b"%d" % number, done)
        before = len(calls)
        log.open.set()
        await asyncio.wait_for(finished.wait(), 5)
        assert len(calls) - before == 2
        assert threads == {threading.get_ident()}
        await asyncio.to_thread(commit.append, b"blocking, from a thread of the pool")
        await asyncio.to_thread(commit.close)

    asyncio.run(main())
