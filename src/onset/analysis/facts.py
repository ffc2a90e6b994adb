"""What is known of a run and of how far its tables can be trusted, for populations.json."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from onset.analysis.drift import Placed
from onset.analysis.ensemble import ensemble_rise
from onset.analysis.film import Film
from onset.analysis.found import Found
from onset.analysis.ground import Ground
from onset.analysis.motion import Drift
from onset.analysis.populations import SINGLE
from onset.analysis.sigmoid import Direction
from onset.recording.arrive import Arrived, arrived
from onset.recording.read import Recording

NAN = math.nan
FEWEST_SPOTS, START_PX = 5, 0.1
"""With fewer spots, or a start less well known, the drift is told with a sentence."""
FALSE_ALARMS = 0.1
"""What the detector is asked for."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`recording` of populations.json."""

    reagent: str | None
    ug_per_ml: float | None
    direction: Direction
    irradiance_uw_cm2: float | None
    injection_s: float | None
    injection_halfwidth_s: float | None
    arrival: Arrived | None
    unit: str
    frames: int
    lit_frames: int
    interval_s: float | None
    exposure_s: float | None
    psf_sigma_px: float
    gain: float
    baseline_frames: int
    message: str

    @property
    def injected_s(self) -> float:
        """NaN where nothing was injected."""
        return NAN if self.injection_s is None else self.injection_s

    @property
    def arrived_s(self) -> float:
        """When half of the reagent was there; NaN where that is not known."""
        return NAN if self.arrival is None else self.arrival.t50_s


@dataclass(frozen=True, slots=True)
class Quality:
    """`quality` of populations.json."""

    psf_sigma_px: float
    baseline_frames: int
    false_alarms_promised: float
    found_before_injection: int | None
    """None without an injection."""
    searched: bool
    """False where the film is too short to look for spots."""
    message: str


def facts_of(
    recording: Recording, film: Film, found: Found, placed: Placed, ground: Ground, unit: str
) -> Facts:
    """From the marks, the rig and the protocol of a run, and from its film."""
    mark = next((mark for mark in recording.marks if mark.what == "inject"), None)
    rig, protocol = recording.rig, recording.protocol
    reagent = mark.reagent if mark else None
    return Facts(
        reagent=reagent.name if reagent else None,
        ug_per_ml=reagent.ug_per_ml if reagent else None,
        direction=protocol.direction if protocol else "on",
        irradiance_uw_cm2=rig.shutter.irradiance_uw_cm2 if rig and rig.shutter else None,
        injection_s=mark.t_s if mark else None,
        injection_halfwidth_s=mark.t_halfwidth_s if mark else None,
        arrival=arrived(mark, rig.flow if rig else None) if mark else None,
        unit=unit,
        frames=len(film.lit),
        lit_frames=int(film.lit.sum()),
        interval_s=float(np.median(np.diff(film.times_s))) if len(film.lit) > 1 else None,
        exposure_s=float(film.exposures_s[0]) if len(film.lit) else None,
        psf_sigma_px=placed.psf_sigma_px,
        gain=ground.gain,
        baseline_frames=found.baseline_frames,
        message=found.message,
    )


def quality_of(found: Found, spots: pd.DataFrame, facts: Facts) -> Quality:
    """How far the tables can be trusted."""
    early = None if facts.injection_s is None else int((spots["onset_s"] < facts.injected_s).sum())
    return Quality(
        found.psf_sigma_px,
        found.baseline_frames,
        FALSE_ALARMS,
        early,
        found.positions.size > found.baseline_frames,
        found.message,
    )


def ensemble_of(
    film: Film, frames: pd.DataFrame, spots: pd.DataFrame, facts: Facts
) -> dict[str, object]:
    """`ensemble`: the rise of the field's sum, and of the sum over spots."""
    lit = film.lit
    singles = spots.loc[spots["kind"] == SINGLE, "tau_s"].dropna()
    tau_s = float(singles.median()) if len(singles) else NAN

    def rise(column: str) -> dict[str, object]:
        sums = frames[column].to_numpy(np.float64)[lit]
        return asdict(
            ensemble_rise(
                film.times_s[lit], film.exposures_s[lit], sums, injected_s=facts.injected_s,
                tau_median_s=tau_s, direction=facts.direction,
            )
        )  # fmt: skip

    return {**rise("field_sum"), "spots": rise("spots_sum")}


def drift_told(drift: Drift) -> dict[str, object]:
    """`drift`: its knots, their errors, and a sentence where these are not all."""
    return {
        "t_s": drift.knots_s.tolist(),
        "dy_px": drift.moved_px[:, 0].tolist(),
        "dx_px": drift.moved_px[:, 1].tolist(),
        "sd_px": drift.sd_px,
        "start_sd_px": drift.start_sd_px,
        "spots": drift.spots,
        "message": _doubts(drift),
    }


def _doubts(drift: Drift) -> str:
    if not drift.spots:
        return "drift: not known, nothing shone long enough to tell it"
    told = []
    if drift.spots < FEWEST_SPOTS:
        what = "1 spot" if drift.spots == 1 else f"{drift.spots} spots"
        told.append(f"drift: told by {what} only, it may be their own motion")
    if drift.start_sd_px > START_PX:
        told.append(
            f"drift: nothing shone before {drift.seen_from_s:.1f} s; where the field was in the "
            f"first frame is known to {drift.start_sd_px:.2g} px, which all places share"
        )
    return "; ".join(told)


def field_told(frames: pd.DataFrame) -> dict[str, object]:
    """`field`: its mean in each lit frame."""
    lit = frames[frames["lit"]]
    return {"t_s": lit["t_s"].tolist(), "mean": lit["field_mean"].tolist()}
