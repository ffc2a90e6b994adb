"""One film of the simulated sample: frames rendered from what the world did and plans to do."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from onset.experiment.clock import NS
from onset.simulated.exposures import Exposure
from onset.simulated.field import Field, Light, Shutter, Surroundings
from onset.simulated.optics import Lens, Optics, View
from onset.simulated.particles import Floats
from onset.simulated.sample import Sample
from onset.simulated.sensors import Chip
from onset.simulated.truth import write_truth
from onset.simulated.world import World


class Shot:
    """One sequence: the field as it was set up, and the frame that is being made."""

    def __init__(
        self,
        sample: Sample,
        there: World,
        around: Surroundings,
        view: View,
        chip: Chip,
        seed: int,
        *,
        sensor_px: int,
        clean_film: Path | None = None,
    ) -> None:
        self._sample, self._world, self._around = sample, there, around
        self._chip, self._seed, self._sensor_px = chip, seed, sensor_px
        preset = sample.preset
        y_px, x_px = places(sample)
        self._view = view
        self._lens = Lens(preset.psf_sigma_px, preset.psf, preset.vignetting, sensor_px)
        self._optics = Optics(view, y_px, x_px, self._lens)
        self._image = np.empty((view.height, view.width), dtype=np.uint16)
        self._clean = tifffile.TiffWriter(clean_film, bigtiff=True) if clean_film else None
        self._field: Field | None = None
        self._light: Light | None = None
        self._history: Hashable = None
        self.first: Exposure | None = None
        self.last: Exposure | None = None

    def anticipate(self, exposure: Exposure) -> None:
        """Render while the exposure lasts, as if pumps and shutter kept to their plans."""
        if self.first is None:
            self.first = exposure
        self._history = self._seen().history()
        self._light = self._seen().light(exposure.start_ns, exposure.end_ns)
        self._render(self._light, exposure)

    def finish(self, exposure: Exposure) -> npt.NDArray[np.uint16]:
        """The frame; rendered again if pumps or shutter did otherwise."""
        light = self._light
        if light is None or self._seen().history() != self._history:
            now = self._seen().light(exposure.start_ns, exposure.end_ns)
            if light is None or not now.same_as(light):
                self._render(now, exposure)
            light = now
        self.last = exposure
        if self._clean is not None:
            expected = self._optics.expected(light.spots, light.background)
            self._clean.write(expected, contiguous=True)
        return self._image

    def close(self) -> None:
        """The noise-free film is whole."""
        if self._clean is not None:
            self._clean.close()

    def write_truth(self, path: Path) -> None:
        """Truth up to the last frame."""
        if self.first is not None and self.last is not None:
            write_truth(
                path,
                self._seen(),
                self.first,
                self.last,
                self._seed,
                view=self._view,
                lens=self._lens,
            )

    def _seen(self) -> Field:
        if self._field is None:
            assert self.first is not None
            epoch_ns = self.first.start_ns
            self._field = Field(self._sample, self._world, self._around, epoch_ns, self._sensor_px)
        return self._field

    def _render(self, light: Light, exposure: Exposure) -> None:
        self._drift((exposure.start_ns + exposure.end_ns) // 2)
        expected = self._optics.expected(light.spots, light.background)
        exposure_s = (exposure.end_ns - exposure.start_ns) / NS
        self._chip.expose(expected, exposure_s, self._seed, exposure.number, self._image)

    def _drift(self, t_ns: int) -> None:
        preset, epoch_ns = self._sample.preset, self._seen().epoch_ns
        minutes = (t_ns - epoch_ns) / NS / 60.0
        defocus = minutes * preset.focus_um_per_min / preset.focus_depth_um
        self._optics.move(
            minutes * preset.drift_y_px_per_min,
            minutes * preset.drift_x_px_per_min,
            math.hypot(1.0, defocus),
        )


def places(sample: Sample) -> tuple[Floats, Floats]:
    """Of particles and specks, sensor pixels."""
    drawn, specks = sample.particles, sample.particles.specks
    return np.append(drawn.y_px, specks.y_px), np.append(drawn.x_px, specks.x_px)


def rolling(sample: Sample, view: View, line_ns: float) -> Shutter:
    """Rows that expose one after the other, from the first that is read out."""
    y_px, _ = places(sample)
    first = view.y * view.binning
    rows: Floats = (np.arange(view.height, dtype=np.float64) + 0.5) * view.binning - 0.5
    late: Floats = np.clip(np.rint(y_px) - first, 0, view.height * view.binning - 1)
    return Shutter(late * line_ns, rows * line_ns)
