"""The table of spots: places, what the fits say, kinds, waiting times."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from onset.analysis.clusters import Shapes, shapes_of
from onset.analysis.drift import Placed
from onset.analysis.film import Film
from onset.analysis.found import Found
from onset.analysis.measuring import Stretch
from onset.analysis.photometry import isolation
from onset.analysis.populations import CLUSTER, SINGLE, STEADY, UNCERTAIN
from onset.analysis.spot_fit import NAN, SpotFit

LEAST_SNR = 1.0
COLUMNS = (
    "spot", "y_px", "x_px", "kind", "direction", "detected_frame", "onset_frame", "onset_s",
    "waiting_s", "waiting_relative_s", "t0_s", "t0_sd_s", "tau_s", "tau_sd_s", "amplitude",
    "background", "noise_sd", "snr", "censored", "on_s", "off_s", "chi2", "isolated_px", "unit",
)  # fmt: skip


def spot_table(
    film: Film,
    found: Found,
    placed: Placed,
    stretches: list[Stretch],
    fits: list[SpotFit],
    unit: str,
) -> pd.DataFrame:
    """One row per spot; waiting times are not in it yet."""
    places = placed.places
    onsets = [fit.onset for fit in fits]
    table = pd.DataFrame([asdict(fit) for fit in fits], columns=[f.name for f in fields(SpotFit)])
    shapes = shapes_of(
        np.array([stretch.pulls for stretch in stretches]),
        np.array([stretch.strengths for stretch in stretches]),
        placed.psf_sigma_px,
    )
    table = table.astype({"censored": bool, "blinks": bool, "ambiguous": bool, "n_steps": int})
    return table.drop(columns=["onset", "walked"]).assign(
        spot=[s.spot for s in found.spots],
        y_px=places[:, 0],
        x_px=places[:, 1],
        kind=_kinds(fits, shapes),
        direction=[s.direction for s in found.spots],
        detected_frame=[int(film.numbers[d]) for d in _detected(found, fits)],
        onset_frame=[int(film.numbers[max(o, 0)]) for o in onsets],
        onset_s=[float(film.times_s[o]) if o >= 0 else NAN for o in onsets],
        walked_frame=[int(film.numbers[max(fit.walked, 0)]) for fit in fits],
        background=np.mean([stretch.background for stretch in stretches], axis=0),
        isolated_px=isolation(places),
        moves_px=shapes.moves_px,
        width_px=shapes.width_px,
        ellipticity=shapes.ellipticity,
        y_sd_px=placed.sd_px[:, 0],
        x_sd_px=placed.sd_px[:, 1],
        lit_from_start=[s.steady for s in found.spots],
        unit=unit,
    )


def in_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The columns in the order of the reference, further ones after them."""
    return table[[*COLUMNS, *(c for c in table.columns if c not in COLUMNS)]]


def _detected(found: Found, fits: list[SpotFit]) -> list[int]:
    """Of a spot that only its trajectory showed to go dark: its onset."""
    return [
        max(fit.onset, 0) if spot.steady else spot.detected
        for spot, fit in zip(found.spots, fits, strict=True)
    ]


def _kinds(fits: list[SpotFit], shapes: Shapes) -> list[str]:
    """Steady ones first: nothing switches there; then what is more than one; then what is not."""
    several = shapes.moves | shapes.odd | (np.array([fit.n_steps for fit in fits]) > 1)
    doubtful = [not fit.snr > LEAST_SNR for fit in fits]
    return [
        STEADY if not fit.n_steps else CLUSTER if many else UNCERTAIN if doubt else SINGLE
        for fit, many, doubt in zip(fits, several, doubtful, strict=True)
    ]
