"""`tables/legs.parquet`, on request: one part per finished replication, then one file; never all of them in memory."""

import os
import uuid
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from experiments.dictionary import DICTIONARY
from experiments.store import write_atomic
from sim.replication import ReplicationResult


def keep_legs(parts: Path, result: ReplicationResult) -> None:
    """Write the legs of a replication, one file per scenario, and drop them from memory.

    Parameters
    ----------
    parts : Path
        Folder of the parts.
    result : ReplicationResult
        A finished replication; its `legs_table` is emptied.
    """
    for scenario, table in result.legs_table.items():
        if len(table):
            buffer = BytesIO()
            table[list(DICTIONARY["legs"])].to_parquet(buffer, index=False)
            write_atomic(parts / f"legs-{result.replication:04d}-{scenario}.parquet", buffer.getvalue())
    result.legs_table.clear()


def gather_legs(parts: Path, scenarios: list[str], target: Path) -> None:
    """Join all parts in order of scenario and replication into one file, a row group each, and remove them."""
    found = [part for name in scenarios for part in sorted(parts.glob(f"legs-[0-9]*-{name}.parquet"))]
    if not found:
        pd.DataFrame(columns=list(DICTIONARY["legs"])).to_parquet(target, index=False)
        return
    unfinished = target.parent / f".tmp-{uuid.uuid4().hex}.part"
    with pq.ParquetWriter(unfinished, pq.read_schema(found[0])) as writer:
        for part in found:
            writer.write_table(pq.read_table(part))
    os.replace(unfinished, target)
    for part in found:
        part.unlink()
