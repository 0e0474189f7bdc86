"""`tables/legs.parquet`, on request: joined from the finished entries, never all of them in memory."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.dictionary import DICTIONARY
from experiments.disk import disk_may_refuse, temporary
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
    unfinished = temporary(target.parent)
    try:
        with disk_may_refuse(target):
            _join(point, store, unfinished)
            os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _join(point: Point, store: EntryStore, unfinished: Path) -> None:
    columns = list(DICTIONARY["legs"])
    writer = None
    for scenario in point.settings.scenarios:
        for replication in range(point.settings.replications):
            rows = store.read(point.key(scenario, replication), ["legs"]).tables["legs"]
            table = _evenly_coded(pa.Table.from_pandas(rows[columns], preserve_index=False))
            writer = writer or pq.ParquetWriter(unfinished, table.schema)
            if len(rows):
                writer.write_table(table)
    assert writer is not None
    writer.close()


def _evenly_coded(table: pa.Table) -> pa.Table:
    """Words coded by numbers of one width: scenarios may have more seats than one byte can number."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            words = table.column(position).cast(field.type.value_type).dictionary_encode()
            table = table.set_column(position, field.name, words)
    return table
