"""The whole field's rise: its sigmoid against that of single spots."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.logistic import Doubles
from onset.analysis.sigmoid import Direction, fit_sigmoid

NAN = float("nan")
FEWEST_FRAMES = 10
MAD_TO_SD = 1.4826
LOST = 0.25
"""Part of the light that bleaching takes: from there on the rise alone is fitted ..."""
LOST_SD = 5.0
"""... where it is as many standard deviations too: the highest of 50 means is 2 or 3 by chance."""


@dataclass(frozen=True, slots=True)
class EnsembleRise:
    """Sigmoid of a sum over many spots."""

    t0_s: float = NAN
    t0_sd_s: float = NAN
    tau_s: float = NAN
    tau_sd_s: float = NAN
    rise_ratio: float = NAN
    """tau over the median tau of single spots."""
    until_s: float = NAN
    """Last frame of the fit."""


def ensemble_rise(
    times_s: Doubles,
    exposures_s: Doubles,
    sums: Doubles,
    *,
    injected_s: float,
    tau_median_s: float,
    direction: Direction = "on",
) -> EnsembleRise:
    """Fit the sum of the field (or of the spots) over lit frames, (n,) each, in any unit.

    `times_s` are starts of exposure, `exposures_s` their lengths; `injected_s` tells where the dark
    level ends (NaN: not known), `tau_median_s` is what `rise_ratio` compares with. NaN where
    there are fewer than ten frames, no change, or its middle lies outside the film. The model is
    that of `fit_sigmoid`; where a quarter of the light is lost again (bleaching), and more than the
    noise explains, frames after the maximum are left out.

    Its noise is that of blinking and of spots that come one by one; the errors stated are scaled by
    the scatter of the residuals, which they exceed where the residuals are correlated in time.
    """
    if times_s.size < FEWEST_FRAMES or not np.ptp(sums) > 0.0:
        return EnsembleRise()
    if direction == "on":
        until = _rise_ends(times_s, sums, injected_s)
        times_s, exposures_s, sums = times_s[:until], exposures_s[:until], sums[:until]
    scale = float(np.ptp(sums))
    scaled = (sums - sums.min()) / scale
    sd = np.full(times_s.size, max(float(np.std(np.diff(scaled))) / math.sqrt(2.0), 1e-6))
    fit = fit_sigmoid(
        times_s, exposures_s, scaled, sd, near_s=_start_s(times_s, scaled, injected_s, direction),
        direction=direction,
    )  # fmt: skip
    if not (times_s[0] < fit.t0_s < times_s[-1] and fit.amplitude > 0.0):
        return EnsembleRise()
    inflate = math.sqrt(max(fit.chi2, 1.0))
    if math.isfinite(fit.tau_upper_s):
        return EnsembleRise(fit.t0_s, fit.t0_sd_s * inflate, until_s=float(times_s[-1]))
    return EnsembleRise(
        fit.t0_s,
        fit.t0_sd_s * inflate,
        fit.tau_s,
        fit.tau_sd_s * inflate,
        fit.tau_s / tau_median_s,
        float(times_s[-1]),
    )


def _rise_ends(times_s: Doubles, sums: Doubles, injected_s: float) -> int:
    """Frames to fit: all, or where the light is lost again those up to its maximum."""
    width = max(times_s.size // 50, 1)
    smooth = np.convolve(sums, np.ones(width) / width, "valid")
    before = sums[times_s < injected_s]
    ground = float(np.median(before)) if before.size else float(smooth[0])
    peak = int(np.argmax(smooth))
    lost = smooth[peak] - float(sums[-max(times_s.size // 20, 1) :].mean())
    fitted = peak + width
    least = max(LOST * (smooth[peak] - ground), LOST_SD * _scatter(smooth[::width]))
    return fitted if lost > least and fitted >= FEWEST_FRAMES else times_s.size


def _scatter(means: Doubles) -> float:
    """Standard deviation of one mean against the next, whatever rises between two of them."""
    return MAD_TO_SD * float(np.median(np.abs(np.diff(means)))) / math.sqrt(2.0)


def _start_s(times_s: Doubles, scaled: Doubles, injected_s: float, direction: Direction) -> float:
    """Where a fifth of the change is done, after the injection."""
    rising = scaled if direction == "on" else 1.0 - scaled
    before = rising[times_s < injected_s]
    ground = float(np.median(before)) if before.size else float(rising[0])
    beyond = np.flatnonzero(rising > ground + 0.2 * (1.0 - ground))
    return float(times_s[beyond[0]]) if beyond.size else float(times_s[times_s.size // 2])
