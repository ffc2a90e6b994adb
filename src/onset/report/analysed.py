"""The tables of an analysed recording, as figures ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from onset.analysis.analysis import Analysis

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Analysed:
    """A view of an `Analysis`."""

    tables: Analysis

    @property
    def spots(self) -> pd.DataFrame:
        """One row per spot."""
        return self.tables.spots

    @property
    def frames(self) -> pd.DataFrame:
        """One row per frame."""
        return self.tables.frames

    @property
    def populations(self) -> dict[str, Any]:
        """The document of populations.json."""
        return self.tables.populations

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
        if len(self.spots):
            return str(self.spots["unit"].iloc[0])
        return str((self.populations.get("recording") or {}).get("unit", "ADU"))

    @property
    def t_s(self) -> Floats:
        """Starts of exposure of all frames (n,)."""
        return np.asarray(self.frames["t_s"], dtype=float)

    def lit(self, column: str) -> Floats:
        """A column of the frames (n,); NaN where the light was off."""
        values = np.asarray(self.frames[column], dtype=float)
        return np.where(self.frames["lit"].to_numpy(dtype=bool), values, np.nan)

    def traces(self, spots: list[int]) -> pd.DataFrame:
        """Trajectories, one column per spot; NaN where the light was off."""
        return self.tables.traces(spots)
