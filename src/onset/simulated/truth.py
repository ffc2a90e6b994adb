"""The truth of a simulated film: truth.parquet per particle, truth.json of what the devices did."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from onset.experiment.clock import NS
from onset.simulated.exposures import Exposure
from onset.simulated.field import USUAL_UW_CM2, Field
from onset.simulated.optics import Lens, View


def write_truth(
    path: Path,
    field: Field,
    first: Exposure,
    last: Exposure,
    seed: int,
    *,
    view: View,
    lens: Lens,
) -> None:
    """`path` (parquet), and .json beside it; t_s = 0 is the start of the first exposure."""
    pq.write_table(particles(field, first, last, lens), path)
    told = {**devices(field, first, last, seed), "view": asdict(view)}
    text = json.dumps(told, indent=1)
    path.with_suffix(".json").write_text(text, encoding="utf-8")


def particles(field: Field, first: Exposure, last: Exposure, lens: Lens) -> pa.Table:
    """One row per particle; t0_s and tau_s of its first switch, t1_s and tau1_s of its second.

    What had not happened by the end of the last exposure is NaN; `amplitude` is in electrons per
    fully lit exposure behind the lens, places in pixels of the sensor, before any drift.
    """
    drawn, switches = field.sample.particles, field.switches()
    dark, bright = field.sample.seen[[0, -1]]
    strength = field.around.irradiance_uw_cm2 / USUAL_UW_CM2 * (bright - dark)
    strength = strength * lens.passed(drawn.y_px, drawn.x_px)
    shift_s = (first.start_ns - field.epoch_ns) / NS
    end_s = (last.end_ns - field.epoch_ns) / NS
    happened = switches.centre_s < end_s
    centre_s = np.where(happened, switches.centre_s - shift_s, np.nan)
    tau_s = np.where(happened, switches.tau_s, np.nan)
    return pa.table(
        {
            "y_px": drawn.y_px,
            "x_px": drawn.x_px,
            "t0_s": centre_s[0],
            "tau_s": tau_s[0],
            "amplitude": drawn.electrons_per_s * strength * (first.end_ns - first.start_ns) / NS,
            "is_cluster": drawn.is_cluster,
            "turned_on": happened[0],
            "t1_s": centre_s[1],
            "tau1_s": tau_s[1],
            "degraded_s": np.where(switches.lost_s < end_s, switches.lost_s - shift_s, np.nan),
            "bleach_mj_per_cm2": drawn.bleach_mj_per_cm2,
        }
    )


def devices(field: Field, first: Exposure, last: Exposure, seed: int) -> dict[str, object]:
    """True motion of plungers and shutter, contents of the field; ns of the clock, and s."""

    def when(t_ns: int) -> dict[str, object]:
        return {"t_ns": t_ns, "t_s": (t_ns - first.start_ns) / NS}

    specks = field.sample.particles.specks
    return {
        "seed": seed,
        "lowest_ug_per_ml": field.sample.preset.lowest_ug_per_ml,
        "start_state": "bright" if field.sample.is_bright_at_start else "dark",
        "first_exposure_ns": first.start_ns,
        "last_exposure_end_ns": last.end_ns,
        "frames_exposed": last.number + 1,
        "dose_mj_per_cm2": field.dose_mj_per_cm2(last.end_ns),
        "always_lit": [
            {"y_px": float(y), "x_px": float(x), "electrons_per_s": float(e)}
            for y, x, e in zip(specks.y_px, specks.x_px, specks.electrons_per_s, strict=True)
        ],
        "plungers": [
            {
                "pump": plunger.pump,
                "reagent": plunger.reagent,
                "ug_per_ml": plunger.ug_per_ml,
                "moves": [{**when(c.t_ns), "ul_per_s": c.ul_per_s} for c in plunger.changes()],
            }
            for plunger in field.world.plungers()
        ],
        "shutter": [{**when(t_ns), "open": to} for t_ns, to in field.world.light.moves()],
        "field": [
            {**when(content.t_ns), "ug_per_ml": dict(content.ug_per_ml)}
            for content in field.contents()
        ],
    }
