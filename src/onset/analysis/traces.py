"""Trajectories on the disk: one column per spot, written stretch by stretch, read spot by spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from onset.analysis.block_level import Doubles, Floats

ROWS_PER_GROUP = 2048
"""So much of the film is kept in memory until it is written."""


class TraceWriter:
    """Appends stretches of a table `frame, t_s, <spot> ...` to a Parquet file."""

    def __init__(self, path: Path, spots: Sequence[int]) -> None:
        names = [str(spot) for spot in spots]
        fields = [pa.field("frame", pa.int64()), pa.field("t_s", pa.float64())]
        self._schema = pa.schema(fields + [pa.field(name, pa.float32()) for name in names])
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="none", use_dictionary=False, write_statistics=False
        )
        self._frames, self._times_s = np.empty(ROWS_PER_GROUP, np.int64), np.empty(ROWS_PER_GROUP)
        self._columns = np.empty((len(names), ROWS_PER_GROUP), np.float32)
        self._rows = 0

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        self._writer.close()

    def append(self, frames: npt.NDArray[np.int64], times_s: Doubles, values: Floats) -> None:
        """Add rows; `values` (n, spots)."""
        done = 0
        while done < len(values):
            end = min(done + ROWS_PER_GROUP - self._rows, len(values))
            there = slice(self._rows, self._rows + end - done)
            self._frames[there], self._times_s[there] = frames[done:end], times_s[done:end]
            self._columns[:, there] = values[done:end].T
            self._rows, done = there.stop, end
            if self._rows == ROWS_PER_GROUP:
                self._flush()

    def _flush(self) -> None:
        if self._rows:
            some = slice(self._rows)
            arrays = [self._frames[some], self._times_s[some], *self._columns[:, some]]
            table = pa.table([pa.array(a) for a in arrays], self._schema)
            self._writer.write_table(table, row_group_size=self._rows)
        self._rows = 0


def read_traces(path: Path, spots: Sequence[int] | None = None) -> pd.DataFrame:
    """`frame, t_s` and the columns of the spots asked for (None: all)."""
    columns = None if spots is None else ["frame", "t_s", *map(str, spots)]
    return pd.DataFrame(pq.read_table(path, columns=columns).to_pandas())
