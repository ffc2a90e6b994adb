"""What `onset analyze` left in a recording's folder, read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from onset.analysis.traces import read_traces
from onset.errors import RecordingFault

FOLDER, SPOTS, TRACES, TRACES_SD = (
    "analysis",
    "spots.parquet",
    "traces.parquet",
    "traces_sd.parquet",
)
FRAMES, POPULATIONS = "frames.parquet", "populations.json"


@dataclass(frozen=True, slots=True)
class Analysis:
    """Tables of one recording; docs/reference/tables.md tells every column."""

    folder: Path
    """The recording's."""
    spots: pd.DataFrame
    frames: pd.DataFrame
    populations: dict[str, Any]

    def traces(self, spots: Sequence[int] | None = None) -> pd.DataFrame:
        """`frame, t_s` and one column per spot; NaN where the light was off."""
        return read_traces(self.folder / FOLDER / TRACES, spots)

    def traces_sd(self, spots: Sequence[int] | None = None) -> pd.DataFrame:
        """Their standard errors, alike."""
        return read_traces(self.folder / FOLDER / TRACES_SD, spots)

    def trace(self, spot: int) -> pd.DataFrame:
        """`frame, t_s, intensity, sd` of one spot."""
        intensity = self.traces([spot]).rename(columns={str(spot): "intensity"})
        return intensity.assign(sd=self.traces_sd([spot])[str(spot)])


def read_analysis(folder: Path) -> Analysis:
    """The analysis of a recording; RecordingFault where it has none."""
    there = Path(folder) / FOLDER
    try:
        return Analysis(
            Path(folder),
            pd.read_parquet(there / SPOTS),
            pd.read_parquet(there / FRAMES),
            json.loads((there / POPULATIONS).read_text(encoding="utf-8")),
        )
    except FileNotFoundError:
        raise RecordingFault(f"{folder}: not analysed yet: onset analyze {folder}") from None
