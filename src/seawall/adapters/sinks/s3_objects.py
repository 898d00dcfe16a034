"""A sink that writes objects into an S3 bucket with object lock: nobody may change or delete them before their time.

A batch is one object of JSON lines, the events as they were recorded, named by the log and by the first and last index;
its checkpoint is a second one. Both are retained in compliance mode, which the bucket's own administrator cannot lift.
Each is read back as locked before the batch counts as taken. Written again after a failure, the same name gets one
version more; the first stays.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from seawall.kernel.clock import Clock
from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.ship_ports import Batch

_MODE: Final = "COMPLIANCE"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._/-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Bucket:
    """A bucket, the beginning of its objects' names, and for how long they are retained.

    Credentials are those that the AWS SDK finds: a role of the machine, or a profile in a file. ``endpoint`` is empty
    for AWS itself.
    """

    bucket: str
    prefix: str
    region: str
    endpoint: str
    retain_days: int
    profile: str = ""
    timeout_s: float = 20.0


class S3Objects:
    """Writes into one bucket.

    Args:
        bucket: where.
        clock: from when objects are retained.
        client: an S3 client of the AWS SDK; made when it is first needed otherwise.
    """

    def __init__(self, bucket: S3Bucket, clock: Clock, client: Any = None) -> None:
        self._bucket = bucket
        self._clock = clock
        self._client = client
        self._proven = False

    def send(self, batch: Batch) -> None:
        """Write both objects, and return when the bucket says that they are locked.

        Raises:
            Unavailable: ``ship.s3``.
            InvalidInput: the extra is missing (``ship.s3_missing``), or the bucket has no object lock
                (``ship.s3_unlocked``).
        """
        exceptions = _sdk().exceptions
        try:
            client = self._client = self._client or self._connect()
            self._prove(client)
            base = f"{self._bucket.prefix.strip('/')}/{_NOT_IN_NAMES.sub('_', batch.origin)}".lstrip("/")
            name = f"{base}/entries/{batch.first:020d}-{batch.end - 1:020d}.ndjson"
            self._put(client, name, b"\n".join(batch.entries) + b"\n", "application/x-ndjson")
            size = int(batch.checkpoint.split("\n", 2)[1])
            self._put(client, f"{base}/checkpoints/{size:020d}", batch.checkpoint.encode(), "text/plain; charset=utf-8")
        except exceptions.ClientError as error:
            code = re.sub(r"[^A-Za-z0-9]", "", str(error.response.get("Error", {}).get("Code", "")))[:64]
            raise Unavailable("ship.s3", f"the bucket refused a batch ({code or 'without a word'}).") from None
        except exceptions.BotoCoreError as error:
            raise Unavailable("ship.s3", f"the bucket does not answer ({type(error).__name__}).") from None

    def close(self) -> None:
        """End the connections."""
        client, self._client = self._client, None
        self._proven = False
        if client is not None:
            client.close()

    def _connect(self) -> Any:
        from boto3 import Session
        from botocore.config import Config

        settings = self._bucket
        config = Config(
            connect_timeout=settings.timeout_s,
            read_timeout=settings.timeout_s,
            retries={"max_attempts": 1},
        )
        session = Session(profile_name=settings.profile or None, region_name=settings.region or None)
        return session.client("s3", endpoint_url=settings.endpoint or None, config=config)

    def _prove(self, client: Any) -> None:
        if self._proven:
            return
        try:
            told = client.get_object_lock_configuration(Bucket=self._bucket.bucket)
        except client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ObjectLockConfigurationNotFoundError":
                raise
            told = {}
        if told.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise InvalidInput(
                "ship.s3_unlocked",
                "the bucket has no object lock, so what is written there could be deleted.",
                field="ledger.ship.bucket",
                remedy="Make a bucket with object lock; an existing one cannot be trusted with what it held before.",
            )
        self._proven = True

    def _put(self, client: Any, name: str, body: bytes, kind: str) -> None:
        until = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC) + timedelta(days=self._bucket.retain_days)
        put = client.put_object(
            Bucket=self._bucket.bucket,
            Key=name,
            Body=body,
            ContentType=kind,
            ChecksumAlgorithm="SHA256",
            ObjectLockMode=_MODE,
            ObjectLockRetainUntilDate=until,
        )
        held = client.head_object(Bucket=self._bucket.bucket, Key=name, VersionId=put["VersionId"])
        kept = held.get("ObjectLockRetainUntilDate")
        whole = held.get("ContentLength") == len(body) and held.get("ObjectLockMode") == _MODE
        if not whole or kept is None or kept < until - timedelta(seconds=2):
            raise Unavailable("ship.s3", "the bucket did not keep an object as it was told to.")


def _sdk() -> Any:
    try:
        import botocore.exceptions
    except ImportError:
        raise InvalidInput(
            "ship.s3_missing",
            "shipping to S3 needs a library that is not installed.",
            field="ledger.ship",
            remedy="Install it: pip install 'seawall[s3]'",
        ) from None
    return botocore
