"""Dead volume and dispersion from the rise of an intensity against the volume that went in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.special import erfc, erfcx

from onset.models.taylor_aris import needed

Floats = npt.NDArray[np.float64]
LEAST_PECLET, MOST_PECLET = 0.5, 1e7
MOST_AT_FIRST, LEAST_AT_LAST = 0.2, 0.8
"""Parts of a front that may have passed at the first and must have at the last frame."""
MOST_AWAY = 0.06
"""Root mean square distance from the fitted shape beyond the noise, in heights."""


@dataclass(frozen=True, slots=True)
class FrontFit:
    """A front as it passed; volumes in ul."""

    front: Literal["sharp", "laminar", "taylor-aris"]
    dead_volume_ul: float
    dead_volume_sd_ul: float
    spread_ul: float
    """Volume between 10 and 90 % of the rise."""
    peclet: float | None
    """48 D t / a^2 of a Taylor-Aris front; None for the others."""
    peclet_sd: float | None
    background: float
    amplitude: float
    rms: float
    """Root mean square of what the fit leaves."""


def fit_front(volume_ul: npt.ArrayLike, intensity: npt.ArrayLike) -> FrontFit:
    """The front that fits best: Taylor-Aris or laminar (tube without diffusion).

    `volume_ul` (n,) is what had gone in at the middle of each frame, growing; `intensity` (n,) the
    mean of the frame. The formulas are those of `flow.transit`; a Taylor-Aris front that passes
    within two frames is called sharp. Standard deviations are those of the fit, widened for
    residuals that are alike from frame to frame. Raises ValueError where nothing rises.
    """
    volume, seen = np.asarray(volume_ul, np.float64), np.asarray(intensity, np.float64)
    if len(volume) < 10:
        raise ValueError(f"only {len(volume)} frames during the injection: 10 are needed")
    guess = _half_way(volume, seen)
    step_ul = float(np.median(np.diff(volume)))
    diffuse = _fit(volume, seen, _taylor_aris, [math.log(guess), math.log(100.0)])
    laminar = _fit(volume, seen, _laminar, [math.log(guess)])
    best = laminar if laminar.rms < diffuse.rms else diffuse
    if best.amplitude < 5 * best.rms / math.sqrt(len(seen) / 10) or not math.isfinite(best.sd[0]):
        raise ValueError("no rise of the intensity that could be a front")
    _must_be_a_front(seen, best)
    dead_ul = math.exp(best.logs[0])
    if best is laminar:
        spread_ul = dead_ul * (0.5 / math.sqrt(0.1) - 0.5 / math.sqrt(0.9))
        kind: Literal["sharp", "laminar", "taylor-aris"] = "laminar"
        peclet = peclet_sd = None
    else:
        peclet = math.exp(best.logs[1])
        spread_ul = dead_ul * (needed(0.9, peclet) - needed(0.1, peclet))
        kind = "sharp" if spread_ul < 2 * step_ul else "taylor-aris"
        peclet_sd = peclet * best.sd[1]
    is_diffuse = kind == "taylor-aris"
    return FrontFit(
        kind,
        dead_ul,
        math.hypot(dead_ul * best.sd[0], step_ul / math.sqrt(12) if kind == "sharp" else 0.0),
        spread_ul,
        peclet if is_diffuse else None,
        peclet_sd if is_diffuse else None,
        best.background,
        best.amplitude,
        best.rms,
    )


def _must_be_a_front(seen: Floats, best: _Fitted) -> None:
    """ValueError where the rise is cut, or departs from the best shape by more than its noise."""
    if best.passed[0] > MOST_AT_FIRST or best.passed[-1] < LEAST_AT_LAST:
        raise ValueError(
            f"a rise from {100 * best.passed[0]:.0f} to {100 * best.passed[-1]:.0f} % only: a "
            "front must begin and end within the injection: inject more"
        )
    noise = float(np.std(np.diff(seen))) / math.sqrt(2)
    away = math.sqrt(max(best.rms**2 - noise**2, 0.0)) / best.amplitude
    if away > MOST_AWAY:
        raise ValueError(
            f"the intensity rises, but departs from any front by {100 * away:.0f} % of its height"
        )


@dataclass(frozen=True, slots=True)
class LagFit:
    """Dead volume and start-up lag from fronts at several rates: t50 = lag + volume / rate."""

    dead_volume_ul: float
    dead_volume_sd_ul: float
    startup_lag_s: float
    startup_lag_sd_s: float


def fit_lag(rates_ul_s: npt.ArrayLike, t50_s: npt.ArrayLike, sd_s: npt.ArrayLike) -> LagFit:
    """Weighted line through the times (n,), n >= 2, at which fronts at these rates had passed.

    Raises ValueError where the rates do not differ.
    """
    rates, times, sd = (np.asarray(x, np.float64) for x in (rates_ul_s, t50_s, sd_s))
    if len(rates) < 2 or np.ptp(rates) < 0.05 * rates.max():
        raise ValueError("a start-up lag needs fronts at two rates that differ")
    design = np.column_stack((1 / rates, np.ones_like(rates)))
    covariance = np.linalg.inv(design.T @ (design / sd[:, None] ** 2))
    volume, lag = covariance @ (design.T @ (times / sd**2))
    volume_sd, lag_sd = np.sqrt(np.diag(covariance))
    return LagFit(float(volume), float(volume_sd), float(lag), float(lag_sd))


def taylor_aris_part(volume: npt.ArrayLike, peclet: float) -> Floats:
    """`taylor_aris.passed` of volumes (n,), in dead volumes."""
    x = np.maximum(np.asarray(volume, np.float64), 1e-9)
    width = 2 * np.sqrt(x / peclet)
    ahead, behind = (1 - x) / width, (1 + x) / width
    part: Floats = (erfc(ahead) + np.exp(-(ahead**2)) * erfcx(behind)) / 2
    return part


@dataclass(frozen=True, slots=True)
class _Fitted:
    logs: Floats
    sd: Floats
    background: float
    amplitude: float
    rms: float
    passed: Floats
    """Part of the front at each frame."""


def _taylor_aris(volume: Floats, logs: Floats) -> Floats:
    peclet = math.exp(min(max(logs[1], math.log(LEAST_PECLET)), math.log(MOST_PECLET)))
    return taylor_aris_part(volume / math.exp(logs[0]), peclet)


def _laminar(volume: Floats, logs: Floats) -> Floats:
    x = np.maximum(volume / math.exp(logs[0]), 0.5)
    return 1 - (0.5 / x) ** 2


def _fit(
    volume: Floats, seen: Floats, shape: Callable[[Floats, Floats], Floats], start: list[float]
) -> _Fitted:
    """Least squares over the shape; background and amplitude follow from it linearly."""

    def levels(logs: Floats) -> tuple[Floats, Floats]:
        design = np.column_stack((np.ones_like(volume), shape(volume, logs)))
        found: Floats = np.asarray(np.linalg.lstsq(design, seen, rcond=None)[0], np.float64)
        return found, seen - design @ found

    def left_by(logs: Floats) -> Floats:
        return levels(logs)[1]

    solved = least_squares(left_by, np.array(start), x_scale=0.1, diff_step=np.array([1e-4]))
    found, left = levels(solved.x)
    free = max(len(seen) - len(start) - 2, 1)
    rms = math.sqrt(float(left @ left) / free)
    alike = float(np.clip(np.corrcoef(left[:-1], left[1:])[0, 1], 0.0, 0.95)) if rms else 0.0
    widened = rms * math.sqrt((1 + alike) / (1 - alike))
    slopes = np.asarray(solved.jac, np.float64)
    variances = np.diag(np.linalg.pinv(slopes.T @ slopes)) * widened**2
    return _Fitted(
        solved.x, np.sqrt(variances), float(found[0]), float(found[1]), rms, shape(volume, solved.x)
    )


def _half_way(volume: Floats, seen: Floats) -> float:
    """Volume at which a smoothed rise is half over."""
    width = max(len(seen) // 50, 1)
    smooth = np.convolve(seen, np.ones(width) / width, mode="valid")
    at = volume[width // 2 : width // 2 + len(smooth)]
    half = (smooth.min() + smooth.max()) / 2
    return max(float(at[np.argmax(smooth > half)]), float(np.median(np.diff(volume))))
