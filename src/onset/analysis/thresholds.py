"""How far a CUSUM must rise to be believed: from the stated false alarms to thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onset.analysis.kernels import Floats

SLOW_SIZE, FAST_SIZE = 1.5, 4.0
"""Brightness that each CUSUM is best at, in noise sd of one frame; they cover 1 to 10 and more."""
TESTS_PER_PIXEL = {SLOW_SIZE: 0.2, FAST_SIZE: 0.1}
"""Independent tests per pixel and frame, measured on simulated dark films for sigma 1.3 px."""


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
    skew: float,
) -> Rules:
    """Thresholds for `false_alarms` false spots on average in a dark film of `planned_frames`.

    `skew` is that of the matched filter's score in the dark (0 for Gaussian noise).
    """
    share = false_alarms / 2.0

    def rule(size: float) -> Rule:
        tests = pixels * planned_frames * TESTS_PER_PIXEL[size]
        return cusum_rule(size, tests / share, psf_sigma_px, baseline_frames, noise_frames, skew)

    return Rules(rule(SLOW_SIZE), rule(FAST_SIZE))


def cusum_rule(
    size: float,
    tests_per_alarm: float,
    psf_sigma_px: float,
    baseline_frames: float,
    noise_frames: float,
    skew: float,
) -> Rule:
    """Drift and threshold of one CUSUM, so that an alarm takes `tests_per_alarm` tests.

    With everything known the rate is exp(-H). Three things raise it and are paid for here. The mean
    of n baseline frames is wrong by N(0, 1/n), a factor of exp(2 H^2 / (size^2 n)); raising the
    drift by H / n cancels it. The noise, averaged over the filter's area A = 4 pi sigma^2, is wrong
    by sqrt(2 / (m A)), known from m frames: factor exp(H^2 / (m A)). A skewed score makes the rate
    exp(-theta H), see `exponent`.
    """
    needed = math.log(max(tests_per_alarm, math.e))
    area = 4.0 * math.pi * psf_sigma_px**2
    threshold = needed + needed**2 / (noise_frames * area)
    threshold /= exponent(size, skew)
    return Rule(size, size**2 / 2.0 + threshold / baseline_frames, threshold)


def exponent(size: float, skew: float) -> float:
    """Theta of the rate exp(-theta H) of a CUSUM whose scores are skewed: 1 for Gaussian ones.

    The root of E exp(theta (size T - size^2 / 2)) = 1 (A. Wald) for a shifted gamma distribution
    with the mean, the variance and the skew of T.
    """
    if skew <= 1e-3:
        return 1.0
    low, high = 1e-6, min(size, (2.0 - 1e-9) / skew)
    for _ in range(60):
        s = (low + high) / 2.0
        mean_log = -2.0 * s / skew - 4.0 / skew**2 * math.log1p(-skew * s / 2.0)
        low, high = (s, high) if mean_log < s * size / 2.0 else (low, s)
    return low / size


def score_skew(skew_per_sd: float, sd: float, psf_sigma_px: float) -> float:
    """Skew of a matched filter's score; pixels have noise `sd`, third moment skew_per_sd * sd^2."""
    gaussian = 8.0 * math.pi**1.5 * psf_sigma_px**3 / (12.0 * math.pi**2 * psf_sigma_px**4)
    return gaussian * skew_per_sd / sd if sd > 0.0 else 0.0
