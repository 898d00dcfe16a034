import os

from prometheus_client.parser import text_string_to_metric_families

from seawall.edge.rest.counters import BUCKETS, Counters
from seawall.edge.rest.metrics import exposition


def test_workers_count_in_rows_of_their_own_and_anybody_adds_them():
    counters = Counters(["a", "b"], workers=3)
    children = []
    for worker in range(3):
        pid = os.fork()
        if not pid:
            counters.take(worker)
            for _ in range(1000):
                counters.count(1, 200, 0.0009)
            counters.count(0, 599, 10.0)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    by_status, buckets, microseconds = counters.total(1)
    assert by_status[200] == 3000
    assert sum(by_status.values()) == 3000
    assert buckets[1] == 3000
    assert 2_690_000 <= microseconds <= 2_710_000
    by_status, buckets, _ = counters.total(0)
    assert by_status[0] == 3
    assert buckets[-1] == 3


def test_the_text_is_what_prometheus_reads():
    counters = Counters(["GET /x"])
    for index in range(len(BUCKETS)):
        counters.count(0, 200, BUCKETS[index])
    counters.count(counters.other, 404, 0.0)
    text = exposition(counters, lambda: {"epoch": ("The epoch.", 7.0)}).body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["seawall_http_request_seconds"].samples
    shown = [s.value for s in samples if s.name.endswith("_bucket") and s.labels["route"] == "GET /x"]
    assert shown == [float(n) for n in (*range(1, len(BUCKETS) + 1), len(BUCKETS))]
    assert families["seawall_epoch"].samples[0].value == 7
    totals = {s.labels["route"]: s.value for s in families["seawall_http_requests"].samples}
    assert totals == {"GET /x": len(BUCKETS), "other": 1}
