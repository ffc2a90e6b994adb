"""The tables in a recording's `analysis` folder, read back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from onset.errors import RecordingFault
from onset.recording.layout import ANALYSIS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Analysed:
    """What `onset analyze` wrote."""

    spots: pd.DataFrame
    traces: pd.DataFrame
    populations: dict[str, Any] = field(default_factory=dict)

    @property
    def singles(self) -> pd.DataFrame:
        """Single crystals: what populations are made of."""
        return self.spots[self.spots["kind"] == "single"]

    @property
    def switched(self) -> pd.DataFrame:
        """Singles whose switch was seen."""
        singles = self.singles
        return singles[~singles["censored"].astype(bool)]

    @property
    def unit(self) -> str:
        """Of intensities: electrons or ADU."""
        if "unit" in self.spots and len(self.spots):
            return str(self.spots["unit"].iloc[0])
        return "ADU"

    def trace(self, spot: int) -> Floats:
        """Intensity of one spot in each frame of `traces` (n,)."""
        return np.asarray(self.traces[str(spot)], dtype=float)


def read_analysed(recording: Path) -> Analysed:
    """Read the tables; RecordingFault says what to do where there are none."""
    folder = recording / ANALYSIS
    try:
        return Analysed(
            pd.read_parquet(folder / "spots.parquet"),
            pd.read_parquet(folder / "traces.parquet"),
            json.loads((folder / "populations.json").read_text(encoding="utf-8")),
        )
    except FileNotFoundError as missing:
        name = Path(str(missing.filename)).name
        raise RecordingFault(
            f"{recording}: not analysed yet ({name} is missing): run `onset analyze {recording}`"
        ) from None
