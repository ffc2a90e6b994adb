"""UV on the sample: in a run, on a field of view in all, and for how long it may go on."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

from onset.acquisition.messages import DoseView
from onset.errors import RecordingFault
from onset.recording.faults import disk_sentence
from onset.recording.layout import DOSES
from onset.recording.pages import write_all


@dataclass(frozen=True, slots=True)
class DoseLimits:
    """What is allowed, mJ/cm^2; None: as much as the steps ask for."""

    run_mj_per_cm2: float | None
    field_mj_per_cm2: float | None


class DoseMeter:
    """Counts the longest time for which light may have fallen."""

    def __init__(
        self, irradiance_uw_cm2: float, limits: DoseLimits, field: str, before_s: float
    ) -> None:
        self._mj_per_s = irradiance_uw_cm2 / 1000
        self._before_s = before_s
        self.view = DoseView(
            limit_mj_per_cm2=limits.run_mj_per_cm2,
            field=field,
            field_limit_mj_per_cm2=limits.field_mj_per_cm2,
        )
        self.count(0.0)

    def mj_per_cm2(self, open_s: float) -> float:
        """Dose of a time."""
        return open_s * self._mj_per_s

    def count(self, open_s: float) -> None:
        """So long it may have been open in this run."""
        field_s = self._before_s + open_s
        self.view = replace(
            self.view,
            open_s=open_s,
            mj_per_cm2=self.mj_per_cm2(open_s),
            field_open_s=field_s,
            field_mj_per_cm2=self.mj_per_cm2(field_s),
        )

    def reached(self, ahead_s: float = 0.0) -> str | None:
        """The limit that is reached, or will be if it stays open so long, in a sentence."""
        view, more = self.view, self.mj_per_cm2(ahead_s)
        if _is_over(view.mj_per_cm2 + more, view.limit_mj_per_cm2):
            return f"the dose limit of this run, {view.limit_mj_per_cm2:g} mJ/cm^2"
        if _is_over(view.field_mj_per_cm2 + more, view.field_limit_mj_per_cm2):
            name = f" '{view.field}'" if view.field else ""
            return f"the dose limit of the field{name}, {view.field_limit_mj_per_cm2:g} mJ/cm^2"
        return None


class DoseColumn:
    """One little-endian float32 per row of the index: mJ/cm^2 in this run at the frame's end."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DOSES
        self._file = FileIO(self._path, "wb")

    def append(self, mj_per_cm2: float) -> None:
        """Of the next frame."""
        try:
            write_all(self._file, struct.pack("<f", mj_per_cm2))
        except OSError as error:
            raise RecordingFault(disk_sentence(self._path, error)) from error

    def close(self) -> None:
        """The last frame was written."""
        self._file.close()


def _is_over(dose: float, limit: float | None) -> bool:
    return limit is not None and dose >= limit
