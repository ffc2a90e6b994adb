"""What the exchange models predict: waiting and switching against concentration, and their fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from onset.models.kinetics import Floats, Kinetics, ModelName
from onset.models.walks import forward_steps


@dataclass(frozen=True, slots=True)
class Row:
    """Times of one model at one concentration, steps per crystal (attempts / crystals)."""

    model: ModelName
    concentration: float
    """Relative to the lowest."""
    waiting_median: float
    waiting_mean: float
    switching_median: float
    switching_mean: float
    ensemble_switching: float
    """Switching time of the sum over all crystals."""


@dataclass(frozen=True, slots=True)
class Fit:
    """mean = a / x + c, weighted by the errors of the means."""

    a: float
    c: float
    sd_a: float
    sd_c: float


@dataclass(frozen=True, slots=True)
class Fits:
    """Of one model."""

    waiting: Fit
    switching: Fit
    ratio: float
    """a of waiting over a of switching."""
    power_waiting: float
    """Exponent of the median against concentration."""
    power_switching: float


@dataclass(frozen=True, slots=True)
class Single:
    """One crystal's times, steps per crystal; times `CROWD` they are attempts, whole numbers."""

    model: ModelName
    concentration: float
    crystal: int
    waiting: float
    switching: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """`model --json`, and the crystals that it was drawn from."""

    rows: tuple[Row, ...]
    fits: dict[str, Fits]
    singles: tuple[Single, ...] = field(default=(), repr=False)

    def document(self) -> dict[str, object]:
        """As plain lists and dictionaries."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "fits": {name: asdict(fits) for name, fits in self.fits.items()},
        }


def model_table(
    models: Sequence[Kinetics],
    concentrations: Sequence[float],
    *,
    crystals: int = 2000,
    seed: int = 1,
) -> Predictions:
    """Draw every model at every concentration (any unit; relative to the lowest from here on).

    Raises ValueError for concentrations that are not positive, or fewer than two different ones.
    """
    xs = sorted(set(concentrations))
    if len(xs) < 2 or not all(0 < x < math.inf for x in xs):
        raise ValueError("needs at least two different concentrations, all above 0")
    rows: list[Row] = []
    singles: list[Single] = []
    fits: dict[str, Fits] = {}
    for number, kinetics in enumerate(models):
        drawn = []
        for place, x in enumerate(xs):
            rng = np.random.default_rng([seed, number, place])
            drawn.append(forward_steps(kinetics, x / xs[0], crystals, rng))
        relative = np.array(xs) / xs[0]
        mine = [_row(kinetics, x, steps) for x, steps in zip(relative, drawn, strict=True)]
        rows += mine
        for row, steps in zip(mine, drawn, strict=True):
            singles += _singles(row, steps)
        fits[kinetics.model] = _fits(mine, drawn)
    return Predictions(tuple(rows), fits, tuple(singles))


def waiting(steps: Floats) -> Floats:
    """Steps to swap N/2 of each crystal (n,), from the steps of its swaps (n, N)."""
    return steps[:, steps.shape[1] // 2 - 1]


def switching(steps: Floats) -> Floats:
    """(t(3N/4) - t(N/4)) / 2 of each crystal (n,)."""
    quarter = steps.shape[1] // 4
    return (steps[:, 3 * quarter - 1] - steps[:, quarter - 1]) / 2.0


def ensemble_switching(steps: Floats) -> float:
    """The same of the exchanged fraction summed over all crystals."""
    in_order = np.sort(steps, axis=None)
    quarter = in_order.size / 4
    return float(in_order[round(3 * quarter) - 1] - in_order[round(quarter) - 1]) / 2.0


def fit(x: Floats, mean: Floats, error: Floats) -> Fit:
    """Weighted least squares of mean = a / x + c; all (n,)."""
    design = np.stack([1.0 / x, np.ones_like(x)], axis=1) / error[:, None]
    covariance = np.linalg.inv(design.T @ design)
    a, c = covariance @ design.T @ (mean / error)
    sd_a, sd_c = np.sqrt(np.diag(covariance))
    return Fit(float(a), float(c), float(sd_a), float(sd_c))


def _row(kinetics: Kinetics, x: float, steps: Floats) -> Row:
    wait, switch = waiting(steps), switching(steps)
    return Row(
        kinetics.model,
        float(x),
        float(np.median(wait)),
        float(wait.mean()),
        float(np.median(switch)),
        float(switch.mean()),
        ensemble_switching(steps),
    )


def _singles(row: Row, steps: Floats) -> list[Single]:
    both = zip(waiting(steps).tolist(), switching(steps).tolist(), strict=True)
    return [Single(row.model, row.concentration, n, *times) for n, times in enumerate(both)]


def _fits(rows: Sequence[Row], drawn: Sequence[Floats]) -> Fits:
    x = np.array([row.concentration for row in rows])

    def one(means: list[float], times: list[Floats]) -> Fit:
        errors = [one.std() / np.sqrt(one.size) + 1e-9 for one in times]
        return fit(x, np.array(means), np.array(errors))

    def power(medians: list[float]) -> float:
        return float(np.polyfit(np.log(x), np.log(medians), 1)[0])

    wait = one([row.waiting_mean for row in rows], [waiting(steps) for steps in drawn])
    switch = one([row.switching_mean for row in rows], [switching(steps) for steps in drawn])
    return Fits(
        wait,
        switch,
        wait.a / switch.a,
        power([row.waiting_median for row in rows]),
        power([row.switching_median for row in rows]),
    )
