"""The plumbing as a film of a dye or bright front shows it, for the rig file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.errors import RecordingFault
from onset.experiment.records import FrameFlag
from onset.experiment.rig import FlowSpec
from onset.models.front_fit import FrontFit, LagFit, fit_front, fit_lag
from onset.recording.read import Recording

LAG_ROUNDS = 4
BLOCK_PX, AVERAGED = 8, 20
LEAST_LIT = 0.4
"""Of `lit_part`; films of crystals lie below 0.2."""


@dataclass(frozen=True, slots=True)
class MeasuredFront:
    """One front: its fit, the rate, and its mean time on the way."""

    rate_ul_min: float
    transit_s: float
    """After the start of the plunger."""
    transit_sd_s: float
    fit: FrontFit


@dataclass(frozen=True, slots=True)
class Plumbing:
    """What is offered for `[flow]` of the rig file; errors are standard deviations."""

    dead_volume_ul: float
    dead_volume_sd_ul: float
    front: str
    spread_ul: float
    diffusion_um2_s: float | None
    """From the spread of a Taylor-Aris front and the rig's tubing."""
    startup_lag_s: float | None
    """Where fronts at two rates were measured."""
    startup_lag_sd_s: float | None
    fronts: tuple[MeasuredFront, ...]

    @property
    def toml(self) -> str:
        """Lines for the rig file."""
        lines = [
            f'dead_volume = "{self.dead_volume_ul:.4g} uL"',
            f'dead_volume_sd = "{self.dead_volume_sd_ul:.2g} uL"',
            f'front = "{self.front}"',
        ]
        if self.diffusion_um2_s is not None:
            lines.append(f'diffusion = "{self.diffusion_um2_s:.3g} um^2/s"')
        if self.startup_lag_s is not None and self.startup_lag_s > 0:
            lines.append(f'startup_lag = "{self.startup_lag_s:.3g} s"')
            lines.append(f'startup_lag_sd = "{self.startup_lag_sd_s:.2g} s"')
        return "\n".join(["[flow]", *lines])


@dataclass(frozen=True, slots=True)
class Curve:
    """Mean intensities of the lit frames during an injection."""

    folder: Path
    rate_ul_s: float
    since_s: npt.NDArray[np.float64]
    """Middle of each frame after the start of the plunger, (n,)."""
    means: npt.NDArray[np.float64]
    start_sd_s: float
    lit_part: float
    """Rise of the middle block of the field over the mean rise: 1 where all of it lights alike."""


def curve_of(recording: Recording) -> Curve:
    """The curve of the first injection; RecordingFault where there is none."""
    mark = next((mark for mark in recording.marks if mark.what == "inject"), None)
    if mark is None:
        raise RecordingFault(f"{recording.path}: no injection whose front could be measured")
    rate_ul_s = mark.number("rate_ul_min") / 60
    volume_ul = mark.pushed_ul
    exposure_s = np.nan_to_num(recording.exposures_s)
    lasts_s = volume_ul / rate_ul_s if math.isfinite(volume_ul) else math.inf
    since_s = recording.times_s + exposure_s / 2 - mark.t_s
    lit = (recording.flags & int(FrameFlag.LIT)) != 0
    alike = exposure_s == np.median(exposure_s) if len(recording) else lit
    used = np.flatnonzero(lit & alike & (since_s > 0) & (since_s < lasts_s))
    means = np.array([recording[int(i)].mean(dtype=np.float64) for i in used])
    start_sd_s = mark.t_halfwidth_s / math.sqrt(3)
    lit_part = _lit_part(recording, used)
    return Curve(recording.path, rate_ul_s, since_s[used], means, start_sd_s, lit_part)


def _lit_part(recording: Recording, used: npt.NDArray[np.int64]) -> float:
    """A dye lights the whole field; crystals light few blocks, and leave the middle one dark."""
    few = min(AVERAGED, len(used) // 2)
    if few == 0:
        return 1.0
    images = recording.stack()
    early, late = (
        images[some].astype(np.float64).mean(axis=0) for some in (used[:few], used[-few:])
    )
    height, width = (side // BLOCK_PX * BLOCK_PX for side in recording.shape)
    rise: npt.NDArray[np.float64] = np.asarray(late - early)[:height, :width]
    blocks = rise.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    means = blocks.mean(axis=(1, 3))
    return float(np.median(means) / means.mean()) if means.size and means.mean() > 0 else 1.0


def plumbing(curves: Sequence[Curve], flow: FlowSpec | None) -> Plumbing:
    """All fronts together: their mean, or where their rates differ, dead volume and lag.

    A lag shifts the fronts, whose shape is then fitted again; RecordingFault without a front.
    """
    fronts = [_front(curve, 0.0) for curve in curves]
    rates = np.array([curve.rate_ul_s for curve in curves])
    if len(curves) < 2 or np.ptp(rates) < 0.05 * rates.max():
        weights = 1 / (rates * [front.transit_sd_s for front in fronts]) ** 2
        volumes = [front.fit.dead_volume_ul for front in fronts]
        volume_ul = float(np.average(volumes, weights=weights))
        return _plumbing(fronts, flow, volume_ul, float(1 / math.sqrt(weights.sum())), None)
    lag_s = 0.0
    for _ in range(LAG_ROUNDS):
        line = _line(rates, fronts)
        lag_s += line.startup_lag_s
        fronts = [_front(curve, lag_s) for curve in curves]
    line = _line(rates, fronts)
    lag = (lag_s + line.startup_lag_s, line.startup_lag_sd_s)
    return _plumbing(fronts, flow, line.dead_volume_ul, line.dead_volume_sd_ul, lag)


def _front(curve: Curve, lag_s: float) -> MeasuredFront:
    if curve.lit_part < LEAST_LIT:
        raise RecordingFault(
            f"{curve.folder}: the light comes from spots (half of the field brightens by less than "
            f"{100 * max(curve.lit_part, 0.01):.0f} % of the mean): crystals that turn on are no "
            "front; film a dye (protocols/dead_volume.toml)"
        )
    since_s = curve.since_s - lag_s
    flowing = since_s > 0
    try:
        fit = fit_front(curve.rate_ul_s * since_s[flowing], curve.means[flowing])
    except ValueError as why:
        raise RecordingFault(f"{curve.folder}: {why}") from why
    sd_s = math.hypot(fit.dead_volume_sd_ul / curve.rate_ul_s, curve.start_sd_s)
    return MeasuredFront(60 * curve.rate_ul_s, fit.dead_volume_ul / curve.rate_ul_s, sd_s, fit)


def _line(rates_ul_s: npt.NDArray[np.float64], fronts: Sequence[MeasuredFront]) -> LagFit:
    times = [front.transit_s for front in fronts]
    return fit_lag(rates_ul_s, times, [front.transit_sd_s for front in fronts])


def _plumbing(
    fronts: Sequence[MeasuredFront],
    flow: FlowSpec | None,
    volume_ul: float,
    volume_sd_ul: float,
    lag: tuple[float, float] | None,
) -> Plumbing:
    best = min(fronts, key=lambda front: front.fit.dead_volume_sd_ul)
    return Plumbing(
        volume_ul,
        volume_sd_ul,
        best.fit.front,
        best.fit.spread_ul,
        _diffusion_um2_s(best, flow),
        lag[0] if lag else None,
        lag[1] if lag else None,
        tuple(fronts),
    )


def _diffusion_um2_s(front: MeasuredFront, flow: FlowSpec | None) -> float | None:
    """Pe = 48 D t / a^2, solved for D."""
    if front.fit.peclet is None or flow is None or flow.tubing_mm is None:
        return None
    radius_um = 1000 * flow.tubing_mm / 2
    return front.fit.peclet * radius_um**2 / (48 * front.transit_s)
