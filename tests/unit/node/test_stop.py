import select
import threading
import time

from seawall.node.stop import Stop


def test_a_stop_is_an_event_that_says_whether_it_was_said_twice():
    stop = Stop()
    assert not stop.is_set()
    assert not stop.wait(0.01)
    stop.set()
    assert stop.is_set()
    assert stop.wait(0)
    assert not stop.hurried
    stop.set()
    assert stop.hurried
    stop.close()


def test_its_descriptor_is_readable_until_the_word_is_heard():
    stop = Stop()
    assert not select.select([stop], [], [], 0)[0]
    stop.set()
    assert select.select([stop], [], [], 0)[0]
    assert stop.hear() is False
    assert not select.select([stop], [], [], 0)[0]
    stop.set()
    assert stop.hear() is True
    stop.close()


def test_waiting_ends_at_once_when_it_is_said():
    stop = Stop()
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    assert stop.wait(10)
    assert time.monotonic() - began < 5
    stop.close()


def test_saying_it_often_never_blocks_a_signal_handler():
    stop = Stop()
    for _ in range(100_000):
        stop.set()
    assert stop.hear()
    stop.close()
