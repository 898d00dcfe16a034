"""S3 with object lock, against the AWS SDK's own client and a server that speaks the protocol."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.sinks.s3_objects import S3Bucket, S3Objects
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.checkpoints import open_checkpoint
from seawall.ledger.ship import Shipment, Shipper
from seawall.ledger.ship_board import ShipBoard, SinkRules
from support.ledgers import make_entries, make_ledger, sign

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def client(endpoint, monkeypatch, tmp_path):
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    made = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    yield made
    made.close()


def bucket(endpoint, name, **changes) -> S3Bucket:
    values = {"bucket": name, "prefix": "audit", "region": "us-east-1", "endpoint": endpoint, "retain_days": 400}
    return S3Bucket(**(values | {"timeout_s": 5.0} | changes))


def shipper_to(path, ledger, sink, board, size=50) -> Shipper:
    return Shipper(
        f"{path}/ledger",
        OsFiles(),
        ledger.verifiers,
        shipment=Shipment(rules=SinkRules(name="vault"), sink=sink, batch_entries=size, every_s=0.0),
        board=board,
        slot=0,
        size=ledger.size,
        clock=SystemClock(),
    )


@pytest.fixture
def house(tmp_path):
    ledger = make_ledger(str(tmp_path), clock=SystemClock())
    board = ShipBoard(f"{tmp_path}/run", OsFiles(), SystemClock())
    board.lay_out([SinkRules(name="vault")], [0])
    yield ledger, board
    board.close()
    ledger.close()


def test_batches_become_objects_that_nobody_can_delete(tmp_path, endpoint, client, house):
    ledger, board = house
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    ledger.journal.append(make_entries(119))
    sign(ledger)
    sink = S3Objects(bucket(endpoint, "locked"), SystemClock())
    shipper = shipper_to(tmp_path, ledger, sink, board)
    while shipper.step():
        pass
    sink.close()
    listed = [item["Key"] for item in client.list_objects_v2(Bucket="locked")["Contents"]]
    base = "audit/seawall.test/one"
    assert [key for key in listed if "/entries/" in key] == [
        f"{base}/entries/{first:020d}-{last:020d}.ndjson" for first, last in ((0, 49), (50, 99), (100, 119))
    ]
    whole = b"".join(client.get_object(Bucket="locked", Key=key)["Body"].read() for key in listed if "/entries/" in key)
    assert whole.splitlines() == list(ledger.entries())
    (note,) = (key for key in listed if "/checkpoints/" in key)
    text = client.get_object(Bucket="locked", Key=note)["Body"].read().decode()
    assert open_checkpoint(text, ledger.verifiers).size == 120
    for key in listed:
        held = client.head_object(Bucket="locked", Key=key)
        assert held["ObjectLockMode"] == "COMPLIANCE"
        assert held["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=399)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(Bucket="locked", Key=key, VersionId=held["VersionId"], BypassGovernanceRetention=True)


def test_a_bucket_without_object_lock_is_refused(tmp_path, endpoint, client, house):
    ledger, board = house
    client.create_bucket(Bucket="open")
    sign(ledger)
    with pytest.raises(InvalidInput) as raised:
        shipper_to(tmp_path, ledger, S3Objects(bucket(endpoint, "open"), SystemClock()), board).step()
    assert raised.value.code == "ship.s3_unlocked"
    assert "Contents" not in client.list_objects_v2(Bucket="open")


def test_a_missing_bucket_and_a_dead_endpoint_are_waited_out(tmp_path, endpoint, client, house):
    ledger, board = house
    sign(ledger)
    for place in (bucket(endpoint, "missing"), bucket("http://127.0.0.1:9", "any", timeout_s=0.5)):
        sink = S3Objects(place, SystemClock())
        with pytest.raises(Unavailable) as raised:
            shipper_to(tmp_path, ledger, sink, board).step()
        assert raised.value.code == "ship.s3"
        sink.close()
    assert json.loads(next(iter(ledger.entries())))["api"]["operation"] == "ledger.create"
