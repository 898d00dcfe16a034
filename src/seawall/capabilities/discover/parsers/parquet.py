"""Apache Parquet by pyarrow, row group by row group."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import Job, Part, Rows, read_whole, strings

_BATCH = 50_000


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read all columns, nested ones by their paths.

    Raises:
        Unscannable: ``parse.encrypted`` and ``parse.parquet``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = read_whole(file, job.limits)
    if data.startswith(b"PARE"):
        raise Unscannable("parse.encrypted", "the file's footer is encrypted.")
    try:
        source = pq.ParquetFile(pa.BufferReader(data))
        for batch in source.iter_batches(_BATCH):
            job.budget.take(batch.nbytes)
            table = pa.Table.from_batches([batch])
            while any(pa.types.is_struct(f.type) for f in table.schema):
                table = table.flatten()
            for name, column in zip(table.column_names, table.columns, strict=True):
                yield Rows(path=path, table="", columns=[name], values=[_as_strings(column.combine_chunks())])
    except (pa.ArrowException, OSError):
        raise Unscannable("parse.parquet", "the Parquet file cannot be read.") from None


def _as_strings(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return strings([None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()])
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        return strings([None if v is None else str(v) for v in column.to_pylist()])
