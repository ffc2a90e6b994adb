"""When and how fast one trajectory switches: 3 sigma onset, sigmoid by likelihood, step test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles, mean_rise
from onset.analysis.noise import TraceNoise, trace_noise
from onset.analysis.plain_fit import climb, information

Direction = Literal["on", "off"]
THRESHOLD_SD = 3.0
QUIET_RUN = 3
"""So many frames in a row below the threshold end the walk back."""
LIMIT_SHARE_OF_FRAME = 0.5
"""Below this part of a frame tau has only an upper limit."""
LIMIT_DROP = 1.353
"""Fall of the log-likelihood at a one-sided 95 % limit: 1.645^2 / 2."""
LEAST_TAU_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class SigmoidFit:
    """One switch; times in seconds since the first frame, errors are standard deviations."""

    t0_s: float
    t0_sd_s: float
    tau_s: float
    tau_sd_s: float
    tau_upper_s: float
    """95 % limit where tau is shorter than half a frame, else NaN."""
    amplitude: float
    amplitude_sd: float
    background: float
    """Level without the spot, unit of the trajectory."""
    log_likelihood: float
    step_lr: float
    """Twice the log-likelihood by which the sigmoid beats a step."""
    chi2: float
    """Mean squared residual in units of the stated noise."""
    covariance: Doubles
    """Of t0, log tau, amplitude, background, (4, 4)."""

    def crossing_s(self, height: float) -> float:
        """When the rise passes `height` above the background; NaN where it never does."""
        share = self.amplitude / height if height > 0.0 else math.inf
        if not share > 1.0:
            return math.nan
        return self.t0_s - self.tau_s * math.log(share - 1.0)


def fit_sigmoid(
    times_s: Doubles,
    exposures_s: Doubles,
    intensity: Doubles,
    sd: Doubles,
    *,
    near_s: float,
    direction: Direction = "on",
) -> SigmoidFit:
    """Exposure-averaged logistic by likelihood, for a trajectory that does not blink.

    Arrays are (n,), lit frames only; `times_s` are starts of exposure, `near_s` a first idea of the
    switch. Errors come from the Fisher information at the optimum.
    """
    noise = trace_noise(intensity, sd)
    down = 0.0 if direction == "on" else 1.0
    interval_s = float(np.median(np.diff(times_s))) if times_s.size > 1 else float(exposures_s[0])
    data = (times_s, exposures_s, intensity, noise.floor, noise.gain, down)
    least, most = math.log(LEAST_TAU_SHARE * interval_s), math.log(2.0 * np.ptp(times_s) + 1e-9)
    best, reached = np.zeros(4), -math.inf
    for theta in _starts(times_s, intensity, near_s, interval_s, direction):
        there = climb(*data, theta, least, most, 0)
        if there > reached:
            best, reached = theta, there
    step_reached = max(
        climb(*data, np.array([start, least, *best[2:]]), least, most, 1)
        for start in (best[0], near_s, best[0] + interval_s / 2, best[0] - interval_s / 2)
    )
    pull, matrix = np.zeros(4), np.zeros((4, 4))
    information(*data, best, pull, matrix)
    covariance = _inverse(matrix)
    tau_s = math.exp(best[1])
    residual = intensity - best[3] - best[2] * _share(times_s, exposures_s, best[0], tau_s, down)
    variance = np.maximum(noise.floor + noise.gain * (intensity - residual), 0.05 * noise.floor)
    return SigmoidFit(
        t0_s=float(best[0]),
        t0_sd_s=math.sqrt(covariance[0, 0]),
        tau_s=tau_s,
        tau_sd_s=tau_s * math.sqrt(covariance[1, 1]),
        tau_upper_s=math.nan,
        amplitude=float(best[2]),
        amplitude_sd=math.sqrt(covariance[2, 2]),
        background=float(best[3]),
        log_likelihood=reached,
        step_lr=2.0 * (reached - step_reached),
        chi2=float(np.sum(residual**2 / variance)) / max(times_s.size - 4, 1),
        covariance=covariance,
    )


def walk_back(
    intensity: Doubles,
    background: float,
    noise_sd: float,
    detected: int,
    direction: Direction = "on",
    amplitude: float = 0.0,
) -> int:
    """Position of the 3 sigma onset: the first of the frames above that lead to the detection.

    From `detected` back until three successive frames are below background + 3 sd (for a spot that
    turns off: above background + amplitude - 3 sd).
    """
    if direction == "on":
        changed = intensity > background + THRESHOLD_SD * noise_sd
    else:
        changed = intensity < background + amplitude - THRESHOLD_SD * noise_sd
    first, quiet = min(detected, intensity.size - 1), 0
    while first < intensity.size - 1 and not changed[first]:
        first += 1
    onset = first
    for i in range(first, -1, -1):
        quiet = 0 if changed[i] else quiet + 1
        if changed[i]:
            onset = i
        if quiet == QUIET_RUN:
            break
    return onset


def _share(
    times_s: Doubles, exposures_s: Doubles, t0_s: float, tau_s: float, down: float
) -> Doubles:
    up = mean_rise(times_s, exposures_s, t0_s, tau_s)
    return up if down == 0.0 else 1.0 - up


def _starts(
    times_s: Doubles, intensity: Doubles, near_s: float, interval_s: float, direction: Direction
) -> list[Doubles]:
    """Three first ideas: fast, as fast as it looks, slow."""
    early, late = _levels(times_s, intensity, near_s)
    background, bright = (early, late) if direction == "on" else (late, early)
    amplitude = bright - background
    half = background + amplitude / 2.0
    beyond = intensity > half if direction == "on" else intensity < half
    after = np.flatnonzero(beyond & (times_s >= near_s - 2 * interval_s))
    crossing_s = float(times_s[after[0]]) if after.size else near_s
    looks_s = max((crossing_s - near_s) / 2.0, 0.3 * interval_s)
    span_s = float(np.ptp(times_s))
    ideas = [
        (crossing_s, looks_s),
        (near_s + 0.5 * interval_s, 0.3 * interval_s),
        (crossing_s + 0.03 * span_s, max(4.0 * looks_s, 0.03 * span_s)),
    ]
    return [np.array([t0, math.log(tau), amplitude, background]) for t0, tau in ideas]


def _levels(times_s: Doubles, intensity: Doubles, near_s: float) -> tuple[float, float]:
    """Levels before the switch and well after it."""
    before = intensity[times_s < near_s]
    after = intensity[times_s >= near_s]
    early = float(np.median(before)) if before.size else float(intensity[0])
    tail = after[-max(after.size // 2, 1) :] if after.size else intensity[-1:]
    return early, float(np.median(tail))


def _inverse(matrix: Doubles) -> npt.NDArray[np.float64]:
    """Covariance; infinite where the data say nothing of a parameter."""
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    try:
        inverse = np.linalg.inv(matrix / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return np.full((4, 4), np.inf)
    covariance = inverse / np.outer(scale, scale)
    bad = ~(np.diag(covariance) > 0.0)
    covariance[bad, :], covariance[:, bad] = np.inf, np.inf
    return np.asarray(covariance, np.float64)


__all__ = ["Direction", "SigmoidFit", "TraceNoise", "fit_sigmoid", "trace_noise", "walk_back"]
