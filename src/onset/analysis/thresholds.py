"""How far a CUSUM must rise to be believed: from the stated false alarms to thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from onset.analysis.kernels import Floats
from onset.analysis.matched import taps_of

SLOW_SIZE, FAST_SIZE = 1.5, 4.0
"""Brightness that each CUSUM is best at, in noise sd of one frame; they cover 1 to 10 and more."""
TESTS_PER_PIXEL = {SLOW_SIZE: 0.2, FAST_SIZE: 0.1}
"""Independent tests per pixel and frame, measured on simulated dark films for sigma 1.3 px."""

ROOM = 3.0
"""The thresholds are made for so many times fewer false spots than are promised."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One CUSUM: S <- max(0, S + size * score - drift), alarm at S > threshold."""

    size: float
    drift: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The two CUSUMs of a detector."""

    slow: Rule
    fast: Rule

    def packed(self, unit: float) -> Floats:
        """As the kernels take it; `unit` is that in which slow sums are kept."""
        both = ((self.slow, unit), (self.fast, 1.0))
        return np.array([(r.size, r.drift, r.threshold, u) for r, u in both], np.float32)


def rules(
    pixels: int,
    planned_frames: int,
    false_alarms: float,
    psf_sigma_px: float,
    baseline_frames: float,
    noise_frames: float,
    flashes: tuple[float, float],
) -> Rules:
    """Thresholds for at most `false_alarms` false spots on average in a film of `planned_frames`.

    `flashes` are size, in noise sd, and rate of the flashes that make a pixel's noise skewed.
    """
    share = false_alarms / 2.0 / ROOM

    def rule(size: float) -> Rule:
        tests = pixels * planned_frames * TESTS_PER_PIXEL[size]
        return cusum_rule(size, tests / share, psf_sigma_px, baseline_frames, noise_frames, flashes)

    return Rules(rule(SLOW_SIZE), rule(FAST_SIZE))


def cusum_rule(
    size: float,
    tests_per_alarm: float,
    psf_sigma_px: float,
    baseline_frames: float,
    noise_frames: float,
    flashes: tuple[float, float],
) -> Rule:
    """Drift and threshold of one CUSUM, so that an alarm takes `tests_per_alarm` tests.

    With everything known the rate is exp(-H). Three things raise it and are paid for here. The mean
    of n baseline frames is wrong by N(0, 1/n), a factor of exp(2 H^2 / (size^2 n)); raising the
    drift by H / n cancels it. The noise, averaged over the filter's area A = 4 pi sigma^2, is wrong
    by sqrt(2 / (m A)), known from m frames: factor exp(H^2 / (m A)). Flashes make the rate
    exp(-theta H), see `exponent`.
    """
    needed = math.log(max(tests_per_alarm, math.e))
    area = 4.0 * math.pi * psf_sigma_px**2
    threshold = needed + needed**2 / (noise_frames * area)
    threshold /= exponent(size, psf_sigma_px, *flashes)
    return Rule(size, size**2 / 2.0 + threshold / baseline_frames, threshold)


@lru_cache(maxsize=64)
def exponent(size: float, psf_sigma_px: float, flash_sd: float, rate: float) -> float:
    """Theta of the rate exp(-theta H) of a CUSUM of a matched filter's scores: 1 for Gaussian ones.

    The root of E exp(theta (size T - size^2 / 2)) = 1 (A. Wald). T is the filter's sum over pixels,
    unit variance, whose noise is Gaussian but for `rate` flashes per frame, exponentially
    distributed with mean `flash_sd`. Kept, as while a mean grows it is asked for in every frame.
    """
    if flash_sd <= 0.0 or rate <= 0.0:
        return 1.0
    taps = taps_of(psf_sigma_px)
    line = np.concatenate([taps[:0:-1], taps]).astype(np.float64)
    shares = np.outer(line, line).ravel() / float((line**2).sum())
    low, high = 1e-6, min(size, (1.0 - 1e-9) / (float(shares.max()) * flash_sd))
    for _ in range(60):
        s = (low + high) / 2.0
        grown = s * flash_sd * shares
        # logarithm of E exp(s T): what is not Gaussian of it, and s^2 / 2
        log_mean = rate * float((grown**3 / (1.0 - grown)).sum()) + s**2 / 2.0
        low, high = (s, high) if log_mean < s * size / 2.0 else (low, s)
    return low / size
