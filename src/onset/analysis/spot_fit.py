"""Everything that one trajectory tells: noise, onset, sigmoid, blinking, end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.noise import TraceNoise, trace_noise
from onset.analysis.onsets import first_changed, walk_back
from onset.analysis.rises import OneRise, rises_twice
from onset.analysis.sigmoid import Direction, SigmoidFit
from onset.analysis.switch import fit_switch

Flags = npt.NDArray[np.bool_]
NAN = float("nan")
FEWEST_FRAMES = 8
FEWEST_DARK = 20
ENOUGH_DARK = 200
MAD_TO_SD = 1.4826
OUTLIER_SD = 4.0
DOUBTED_SD = 2.5
"""Scatter this far from the stated noise, in its own errors, is believed instead of it."""
LEAST_DARK_PART = 0.2
LEAST_SCATTER = 0.1
"""Of the stated noise: a camera that shows black as 0 scatters less than it counts."""
LOST_TAIL_FRAMES = 30
LOST_DARK_TIMES = 10.0
AMBIGUOUS = 0.05
"""Chance of another switch from which it is said that there is one."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Lit frames of one spot, (n,) each; times are starts of exposure since the first frame."""

    times_s: Doubles
    exposures_s: Doubles
    intensity: Doubles
    sd: Doubles


@dataclass(frozen=True, slots=True)
class SpotFit:
    """Columns of spots.parquet that come from the trajectory alone."""

    onset: int = -1
    """Position of the 3 sigma onset among the lit frames, by the fitted light."""
    walked: int = -1
    """The same by walking back along the frames themselves."""
    t0_s: float = NAN
    t0_sd_s: float = NAN
    tau_s: float = NAN
    tau_sd_s: float = NAN
    tau_upper_s: float = NAN
    amplitude: float = NAN
    dark_level: float = NAN
    noise_sd: float = NAN
    snr: float = NAN
    censored: bool = False
    blinks: bool = False
    ambiguous: bool = False
    """Blinking makes another switch nearly as likely."""
    on_s: float = NAN
    off_s: float = NAN
    degraded_s: float = NAN
    chi2: float = NAN
    step_lr: float = NAN
    n_steps: int = 0


def fit_spot(
    trajectory: Trajectory, onset: int, detected: int, direction: Direction = "on"
) -> SpotFit:
    """Measure a spot that was found to switch at `onset`; positions are among the frames given.

    Frames whose values are NaN are lost: they are left out. Raises ValueError for errors that are
    not positive.
    """
    if np.any(trajectory.sd <= 0.0):
        raise ValueError("sd: every frame needs a standard error above 0 (NaN where it is lost)")
    known = np.isfinite(trajectory.intensity) & np.isfinite(trajectory.sd)
    if known.all():
        return _fit_known(trajectory, onset, detected, direction)
    if not known.any():
        return SpotFit()
    before, places = np.cumsum(known) - 1, np.flatnonzero(known)
    onset, detected = (max(int(before[at]), 0) for at in (onset, detected))
    fit = _fit_known(part_of(trajectory, known), onset, detected, direction)
    return replace(
        fit,
        onset=int(places[fit.onset]) if fit.onset >= 0 else -1,
        walked=int(places[fit.walked]) if fit.walked >= 0 else -1,
    )


def part_of(trajectory: Trajectory, frames: Flags | slice) -> Trajectory:
    """Some of its frames."""
    return Trajectory(
        trajectory.times_s[frames],
        trajectory.exposures_s[frames],
        trajectory.intensity[frames],
        trajectory.sd[frames],
    )


def _fit_known(trajectory: Trajectory, onset: int, detected: int, direction: Direction) -> SpotFit:
    times_s, intensity = trajectory.times_s, trajectory.intensity
    if times_s.size < FEWEST_FRAMES:
        return _too_short(trajectory, onset)
    dark = slice(onset) if direction == "on" else slice(detected, None)
    enough = intensity[dark].size >= FEWEST_DARK
    noise_sd = dark_noise(intensity[dark], trajectory.sd[dark] if enough else trajectory.sd)
    noise = noise_as_seen(trajectory, onset, direction)
    near_s = float(times_s[min(onset, times_s.size - 1)])
    fit = fit_switch(
        times_s,
        trajectory.exposures_s,
        intensity,
        trajectory.sd,
        near_s=near_s,
        direction=direction,
        noise=noise,
    )
    if enough:
        noise_sd *= part_of_the_dark(part_of(trajectory, dark), fit, noise, direction)
    level_sd = noise.sd(fit.background + fit.amplitude) if direction == "off" else noise_sd
    walked = walk_back(intensity, fit.background, level_sd, detected, direction, fit.amplitude)
    first = first_changed(fit, times_s, trajectory.exposures_s, level_sd)
    end_s = float(times_s[-1] + trajectory.exposures_s[-1])
    row = SpotFit(
        onset=first if first >= 0 else walked,
        walked=walked,
        noise_sd=noise_sd,
        amplitude=fit.amplitude,
        dark_level=fit.background,
        snr=fit.amplitude / noise_sd,
        chi2=fit.chi2,
        step_lr=fit.step_lr,
        n_steps=2 if rises_twice(_one_rise(trajectory, fit, noise, direction, near_s)) else 1,
        censored=not fit.t0_s < end_s,
        ambiguous=fit.doubt > AMBIGUOUS,
    )
    if direction == "on":
        row = with_blinking(row, trajectory, fit)
    return row if row.censored else _with_times(row, fit)


def _one_rise(
    trajectory: Trajectory, fit: SigmoidFit, noise: TraceNoise, direction: Direction, near_s: float
) -> OneRise:
    """The frames that were fitted, and how one emitter tells them."""
    return OneRise(
        trajectory.times_s[fit.frames],
        trajectory.exposures_s[fit.frames],
        trajectory.intensity[fit.frames],
        noise,
        0.0 if direction == "on" else 1.0,
        fit.theta,
        fit.log_likelihood,
        fit.rates,
        near_s,
    )


def dark_noise(dark: Doubles, stated: Doubles) -> float:
    """Noise sd of one frame without the spot, from such frames and their stated errors.

    The stated noise, which is known better, where the scatter does not speak against it.
    """
    if dark.size < FEWEST_DARK:
        return float(np.median(np.sort(stated)[: max(stated.size // 4, 1)]))
    usual = float(np.median(stated))
    seen = scatter(dark)
    doubt = DOUBTED_SD * math.sqrt(0.75 / dark.size)
    return usual if abs(seen / usual - 1.0) < doubt else max(seen, LEAST_SCATTER * usual)


def part_of_the_dark(
    before: Trajectory, fit: SigmoidFit, noise: TraceNoise, direction: Direction
) -> float:
    """What the noise would be without the foot of the rise or fall, relative to what it is."""
    up = mean_rise(before.times_s, before.exposures_s, fit.t0_s, fit.tau_s)
    light = fit.amplitude * (up if direction == "on" else 1.0 - up)
    variance = before.sd**2
    without = np.maximum(variance - noise.gain * light, LEAST_DARK_PART * variance)
    return math.sqrt(float(np.median(without)) / float(np.median(variance)))


def scatter(values: Doubles) -> float:
    """Standard deviation of white noise with a few outliers, from its steps: a slow foot adds none.

    Its relative error is sqrt(3 / 4n).
    """
    steps = np.abs(np.diff(values))
    rough = MAD_TO_SD * float(np.median(steps))
    return math.sqrt(0.5 * float(np.mean(steps[steps <= OUTLIER_SD * rough] ** 2)))


def noise_as_seen(trajectory: Trajectory, onset: int, direction: Direction) -> TraceNoise:
    """The stated noise, scaled to the scatter of the frames before the onset if these are many."""
    stated = trace_noise(trajectory.intensity, trajectory.sd)
    quiet = trajectory.intensity[:onset]
    if direction == "off" or quiet.size < ENOUGH_DARK:
        return stated
    seen = dark_noise(quiet, trajectory.sd[:onset])
    scale = (seen / stated.sd(float(np.median(quiet)))) ** 2
    return TraceNoise(stated.floor * scale, stated.gain * scale)


def with_blinking(row: SpotFit, trajectory: Trajectory, fit: SigmoidFit) -> SpotFit:
    """Mean bright and dark times after the switch, and whether it ended dark for good."""
    since = trajectory.times_s > fit.t0_s + 3.0 * fit.tau_s
    if np.count_nonzero(since) < FEWEST_FRAMES:
        return row
    half = fit.background + fit.amplitude / 2.0
    bright = trajectory.intensity[since] > half
    times_s = trajectory.times_s[since]
    if not bright.any():
        return row
    last = int(np.flatnonzero(bright)[-1])
    frames_s = trajectory.exposures_s[since]
    seen, seen_s = bright[: last + 1], frames_s[: last + 1]
    downs = int(np.count_nonzero(seen[:-1] & ~seen[1:]))
    dark_time_s = float(seen_s[~seen].sum()) / downs if downs else NAN
    tail = bright.size - 1 - last
    dark_s = float(frames_s[last + 1 :].sum())
    lost = tail >= LOST_TAIL_FRAMES and not dark_s < LOST_DARK_TIMES * dark_time_s
    return replace(
        row,
        blinks=fit.rates is not None,
        on_s=1.0 / fit.rates.to_dark if fit.rates else NAN,
        off_s=1.0 / fit.rates.to_on if fit.rates else NAN,
        degraded_s=float(times_s[last] + frames_s[last]) if lost else NAN,
    )


def _with_times(row: SpotFit, fit: SigmoidFit) -> SpotFit:
    return replace(
        row,
        t0_s=fit.t0_s,
        t0_sd_s=fit.t0_sd_s,
        tau_s=fit.tau_s if math.isnan(fit.tau_upper_s) else NAN,
        tau_sd_s=fit.tau_sd_s if math.isnan(fit.tau_upper_s) else NAN,
        tau_upper_s=fit.tau_upper_s,
    )


def _too_short(trajectory: Trajectory, onset: int) -> SpotFit:
    """A few frames: levels before and after, no fit."""
    before, after = trajectory.intensity[:onset], trajectory.intensity[onset:]
    noise_sd = float(np.median(trajectory.sd)) if trajectory.sd.size else NAN
    if not (before.size and after.size):
        return SpotFit(onset=onset, walked=onset, noise_sd=noise_sd, n_steps=1)
    change = float(after.mean() - before.mean())
    return SpotFit(
        onset=onset,
        walked=onset,
        amplitude=abs(change),
        noise_sd=noise_sd,
        snr=abs(change) / noise_sd,
        n_steps=1,
    )
