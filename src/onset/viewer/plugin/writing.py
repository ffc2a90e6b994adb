"""napari's writer: points as a table, one row each, with their features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

AXES = ("frame", "y_px", "x_px")


def write_spots(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write places (px) and features; the ending says CSV or Parquet."""
    places = np.asarray(data, dtype=float)
    columns: dict[str, Any] = {
        name: places[:, i] for i, name in enumerate(AXES[-places.shape[1] :])
    }
    features = meta.get("features")
    if features is not None:
        columns |= {str(name): np.asarray(features[name]) for name in features}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    if Path(path).suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.csv.write_csv(table, path)
    return [path]
