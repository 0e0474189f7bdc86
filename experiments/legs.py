"""`tables/legs.parquet`, on request: joined from the finished entries, never all of them in memory."""

import os
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.dictionary import DICTIONARY
from experiments.entries import EntryStore
from experiments.points import Point


def gather_legs(point: Point, store: EntryStore, target: Path) -> None:
    """Join the legs of all entries in order of scenario and replication into one file, a row group each.

    Parameters
    ----------
    point : Point
        All of its entries are in the store.
    store : EntryStore
        Where they are.
    target : Path
        File to write, all or nothing.
    """
    columns = list(DICTIONARY["legs"])
    unfinished = target.parent / f".tmp-{uuid.uuid4().hex}.part"
    writer = None
    for scenario in point.settings.scenarios:
        for replication in range(point.settings.replications):
            rows = store.read(point.key(scenario, replication), ["legs"]).tables["legs"]
            table = pa.Table.from_pandas(rows[columns], preserve_index=False)
            writer = writer or pq.ParquetWriter(unfinished, table.schema)
            if len(rows):
                writer.write_table(table)
    assert writer is not None
    writer.close()
    os.replace(unfinished, target)
