"""Small films with truth that are imported, for whole analyses."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from onset.recording.imported import Told, import_film

from .conftest import pattern

OFFSET, GAIN, READ_E, BACKGROUND_E, SIGMA_PX = 100.0, 2.0, 1.3, 5.0, 1.3
INTERVAL_S, INJECTED_S = 0.05, 10.0


@dataclass(frozen=True)
class Truth:
    y: float
    x: float
    t0: float
    tau: float
    electrons: float


def brightness(truth, frames, direction="on"):
    """Exposure-averaged light in every frame, electrons."""
    fine = (np.arange(frames * 10) + 0.5) * INTERVAL_S / 10
    rise = 1.0 / (1.0 + np.exp(np.clip((truth.t0 - fine) / truth.tau, -50, 50)))
    rise = rise if direction == "on" else 1.0 - rise
    return truth.electrons * rise.reshape(frames, 10).mean(axis=1)


def record(
    folder: Path,
    truths,
    *,
    shape=(96, 96),
    frames=600,
    direction="on",
    seed=0,
    light=None,
    moved=(0.0, 0.0),
):
    """A recording of these spots, imported from a TIFF; `light` replaces their brightness.

    The field moves evenly, by `moved` px in all.
    """
    rng = np.random.default_rng(seed)
    light = [brightness(t, frames, direction) for t in truths] if light is None else light
    film = np.full((frames, *shape), BACKGROUND_E)
    parts = 1 if moved == (0.0, 0.0) else 40
    for stretch in np.array_split(np.arange(frames), parts):
        gone = np.array(moved) * stretch.mean() / frames
        for truth, curve in zip(truths, light, strict=True):
            stamp = pattern(shape, truth.y + gone[0], truth.x + gone[1], SIGMA_PX)
            film[stretch] += np.asarray(curve)[stretch, None, None] * stamp
    counts = OFFSET + GAIN * (rng.poisson(film) + rng.normal(0, READ_E, film.shape))
    folder.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(folder / "film.tif", np.clip(np.rint(counts), 0, 65535).astype(np.uint16))
    told = Told(
        interval_s=INTERVAL_S, injected_at_s=INJECTED_S, reagent="TBAB", ug_per_ml=1.0,
        direction=direction,
    )  # fmt: skip
    import_film(folder / "film.tif", folder / "recording", told)
    return folder / "recording"


def grid(rng, rows=4, spacing=22.0, *, t0=(14.0, 22.0), tau=0.4, electrons=400.0):
    """Spots on a loose grid."""
    return [
        Truth(
            14 + spacing * (k // rows) + rng.uniform(-3, 3),
            14 + spacing * (k % rows) + rng.uniform(-3, 3),
            rng.uniform(*t0),
            tau,
            electrons,
        )
        for k in range(rows * rows)
    ]
