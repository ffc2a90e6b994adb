"""The concentration law y = a / (x + b) + c, with errors that admit what is not determined."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

Floats = npt.NDArray[np.float64]
Interval = tuple[float | None, float | None]

CHI2_95 = 3.841
"""Rise of chi2 at the ends of a 95 % interval of one parameter."""
POOR = 0.01
"""Below this probability of its chi2 the law does not describe the data within their errors."""
GRID = 1200


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a law; None: not determined."""

    value: float | None
    sd: float | None
    interval: Interval | None
    """95 %, from the profile of chi2; an open end is None."""


@dataclass(frozen=True, slots=True)
class Law:
    """y = a / (x + b) + c, with x + b > 0 for every x that was fitted."""

    a: Parameter
    b: Parameter
    c: Parameter
    chi2: float | None
    dof: int
    p: float | None
    """Probability of a larger chi2 if the law is right."""
    correlations: tuple[float, float, float] | None
    """a with b, a with c, b with c."""
    note: str
    """What could not be determined, or what to beware of; empty when all is well."""

    def at(self, x: Floats) -> Floats | None:
        """The law's value; None where it has none."""
        a, b, c = self.a.value, self.b.value, self.c.value
        if a is None or b is None or c is None:
            return None
        y: Floats = a / (np.asarray(x, dtype=float) + b) + c
        return y


def fit_law(x: npt.ArrayLike, y: npt.ArrayLike, sd: npt.ArrayLike) -> Law:
    """Weighted least squares of y = a / (x + b) + c; `x`, `y`, `sd` (n,), sd of each y, all > 0.

    For a fixed b the law is linear in a and c, so the fit is a search along b alone, from the pole
    at the lowest x to where the law is a straight line: no local minimum can catch it. Errors are
    the roots of the diagonal of (J' W J)^-1, intervals the profile of chi2; both are widened by
    sqrt(chi2 / dof) where chi2 has a probability below 1 %. With two concentrations b is held at 0;
    with one nothing is determined. Raises ValueError for sd that are not positive.
    """
    data = _Data(*(np.asarray(one, dtype=float) for one in (x, y, sd)))
    if data.x.size and not (np.all(data.sd > 0) and np.all(np.isfinite(data.sd))):
        raise ValueError("every value needs a standard deviation above 0")
    different = np.unique(data.x).size
    if different < 2:
        return _nothing(f"{different} concentration{'s' * (different != 1)}: no law can be fitted")
    if different == 2:
        return _with_b_zero(data)
    return _free(data)


@dataclass(frozen=True, slots=True)
class _Data:
    x: Floats
    y: Floats
    sd: Floats

    def linear(self, b: Floats) -> _Lines:
        """Best a and c for each of these b, in closed form."""
        slope = 1.0 / (self.x + b[:, None])
        weight = 1.0 / self.sd**2
        middle_s, middle_y = slope @ weight / weight.sum(), weight @ self.y / weight.sum()
        around = slope - middle_s[:, None]
        spread = around**2 @ weight
        a = around @ (weight * (self.y - middle_y)) / spread
        c = middle_y - a * middle_s
        residual = (self.y - a[:, None] * slope - c[:, None]) / self.sd
        var_a = 1.0 / spread
        var_c = 1.0 / weight.sum() + middle_s**2 * var_a
        return _Lines(a, c, var_a, var_c, -middle_s * var_a, (residual**2).sum(axis=1))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Fits with b fixed; every array as long as there are b."""

    a: Floats
    c: Floats
    var_a: Floats
    var_c: Floats
    cov_ac: Floats
    chi2: Floats


def _free(data: _Data) -> Law:
    lowest, highest = float(data.x.min()), float(data.x.max())
    above = np.geomspace(1e-4 * lowest, 30.0 * highest, GRID)  # x + b at the lowest x
    lines = data.linear(above - lowest)
    chi2 = lines.chi2
    place = int(np.argmin(chi2))
    at_pole, straight = place == 0, place == GRID - 1
    around = np.log(above[max(place - 1, 0)]), np.log(above[min(place + 1, GRID - 1)])

    def missed(log_above: float) -> float:
        return float(data.linear(np.array([math.exp(log_above) - lowest])).chi2[0])

    found = optimize.minimize_scalar(
        missed, bounds=around, method="bounded", options={"xatol": 1e-10}
    )
    b = math.exp(float(found.x)) - lowest
    best = data.linear(np.array([b]))
    a, c, least = float(best.a[0]), float(best.c[0]), float(best.chi2[0])
    dof = data.x.size - 3
    p = float(stats.chi2.sf(least, dof)) if dof > 0 else None
    widen = math.sqrt(least / dof) if p is not None and p < POOR else 1.0
    covariance = _covariance(data, a, b)
    sds = [None] * 3 if covariance is None else [widen * math.sqrt(v) for v in np.diag(covariance)]
    limits = _profiles(lines, above - lowest, chi2 - least, widen)
    a_said, b_said, c_said = (
        Parameter(float(value), sd, interval)
        for value, sd, interval in zip((a, b, c), sds, limits, strict=True)
    )
    note = _note(b_said, p, dof, at_pole=at_pole, straight=straight)
    return Law(a_said, b_said, c_said, least, dof, p, _correlations(covariance), note)


def _with_b_zero(data: _Data) -> Law:
    line = data.linear(np.zeros(1))
    a, c, least = float(line.a[0]), float(line.c[0]), float(line.chi2[0])
    sd_a, sd_c = math.sqrt(line.var_a[0]), math.sqrt(line.var_c[0])
    reach = math.sqrt(CHI2_95)

    def said(value: float, sd: float) -> Parameter:
        return Parameter(
            float(value), float(sd), (float(value - reach * sd), float(value + reach * sd))
        )

    dof = data.x.size - 2
    p = float(stats.chi2.sf(least, dof)) if dof > 0 else None
    rho = float(line.cov_ac[0] / (sd_a * sd_c))
    note = "two concentrations determine two parameters: b is held at 0, c and a depend on that"
    return Law(
        said(a, sd_a),
        Parameter(0.0, None, None),
        said(c, sd_c),
        least,
        dof,
        p,
        (0.0, rho, 0.0),
        note,
    )


def _nothing(note: str) -> Law:
    unknown = Parameter(None, None, None)
    return Law(unknown, unknown, unknown, None, 0, None, None, note)


def _covariance(data: _Data, a: float, b: float) -> Floats | None:
    """(3, 3) of a, b, c; None where the data do not tell them apart at all."""
    slope = 1.0 / (data.x + b)
    jacobian = np.stack([slope, -a * slope**2, np.ones_like(slope)], axis=1) / data.sd[:, None]
    scale = np.sqrt((jacobian**2).sum(axis=0))
    if not np.all(scale > 0):
        return None
    information = (jacobian / scale).T @ (jacobian / scale)
    if np.linalg.cond(information) > 1e12:
        return None
    covariance: Floats = np.linalg.inv(information) / np.outer(scale, scale)
    return covariance


def _correlations(covariance: Floats | None) -> tuple[float, float, float] | None:
    if covariance is None:
        return None
    sd = np.sqrt(np.diag(covariance))
    rho = covariance / np.outer(sd, sd)
    return float(rho[0, 1]), float(rho[0, 2]), float(rho[1, 2])


def _profiles(lines: _Lines, b: Floats, rise: Floats, widen: float) -> list[Interval]:
    """95 % intervals of a, b, c: where the least chi2 with that value is within reach."""
    allowed = CHI2_95 * widen**2
    inside = rise <= allowed
    if not inside.any():  # the grid is coarser than the interval: it is a point
        inside = rise == rise.min()
    reach = np.sqrt(np.maximum(allowed - rise, 0.0))
    intervals = []
    for best, variance in ((lines.a, lines.var_a), (lines.c, lines.var_c)):
        away = reach * np.sqrt(variance)
        intervals.append((float((best - away)[inside].min()), float((best + away)[inside].max())))
    low = None if inside[0] else float(b[inside].min())
    high = None if inside[-1] else float(b[inside].max())
    a_said: Interval = intervals[0] if not inside[-1] else (intervals[0][0], None)
    c_said: Interval = intervals[1] if not inside[-1] else (None, intervals[1][1])
    return [a_said, (low if low is not None else float(b[0]), high), c_said]


def _note(b: Parameter, p: float | None, dof: int, *, at_pole: bool, straight: bool) -> str:
    says = []
    if straight or (b.interval is not None and b.interval[1] is None):
        says.append("the data do not bend enough to determine a, b and c one by one")
    if at_pole:
        says.append("b lies at its bound, where the law has its pole at the lowest concentration")
    if p is not None and p < POOR:
        says.append(
            f"the law misses the data by more than their errors (p = {p:.1g}): errors are widened"
        )
    if dof == 0:
        says.append("three concentrations: the law passes through all of them, nothing tests it")
    return "; ".join(says)
