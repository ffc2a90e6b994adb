"""Which barrier model of the exchange do waiting and switching times prefer, taken together?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize

from onset.models.kinetics import LOGISTIC_QUARTILES, MODELS, Kinetics, ModelName, Rule

Floats = npt.NDArray[np.float64]
FREE = 3
"""Parameters that every model has: seconds per step, k0, scatter."""
FEWEST_CONCENTRATIONS = 3
K0_RANGE = (1e-4, 0.3)
FALLS_KT = tuple(np.arange(0.0, 8.1, 0.5).tolist())
DOUBLINGS = 8
TINY_STEPS = 1e-9
ACCEPTANCE: tuple[Rule, ...] = ("min", "saturating")
"""The text of the paper does not tell them apart: each model takes the one that suits it."""
SCATTER_RANGE = (1e-3, 2.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that is compared."""

    name: str
    model: ModelName
    fall_kt: float = 4.0
    fits_fall: bool = False


CANDIDATES = (
    *(Candidate(name, name) for name in MODELS),
    Candidate("exchange-density with its fall fitted", "exchange-density", fits_fall=True),
)
"""The published models, and the first of them with one more parameter, for which it pays."""


@dataclass(frozen=True, slots=True)
class Times:
    """Means at one concentration, s, with their standard errors."""

    ug_per_ml: float
    crystals: int
    """Per field: the first of them is the zero of the waiting times."""
    waiting_s: float
    waiting_error_s: float
    tau_s: float
    tau_error_s: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """One model at its best."""

    name: str
    seconds_per_step: float
    k0: float
    fall_kt: float | None
    """Of the barrier, exchange-density only."""
    rule: Rule
    """min(1, k) or k / (1 + k)."""
    scatter: float
    """Relative scatter beyond the errors that the model needs to describe the data."""
    minus_two_log_likelihood: float
    aicc: float
    weight: float
    """Akaike weight: 1 over all models."""
    ug_per_ml: tuple[float, ...]
    waiting_s: tuple[float, ...]
    tau_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """All models, the best first; none where the data cannot say."""

    fitted: tuple[Fitted, ...]
    verdict: str


def prefer(times: Sequence[Times], candidates: Sequence[Candidate] = CANDIDATES) -> Preference:
    """Fit every model to the mean waiting times (since the first crystal) and taus, and compare.

    Each model has its own time per step, k0 at the lowest concentration and relative scatter s; the
    logarithms of all 2 n means are normal about the model with variance (error / mean)^2 + s^2. The
    scatter keeps small errors from deciding between models that are all wrong in detail. They are
    compared by Akaike's criterion, corrected for few data. A logistic tau is the model's switching
    time over ln 3.
    """
    usable = [one for one in times if one.waiting_s > 0 and one.tau_s > 0 and one.crystals > 1]
    different = len({one.ug_per_ml for one in usable})
    if different < FEWEST_CONCENTRATIONS:
        where = ("no concentration", "one concentration only", "two concentrations")[different]
        return Preference(
            (),
            f"Mean waiting and switching times are known at {where}: at least "
            f"{FEWEST_CONCENTRATIONS} are needed to tell the models apart.",
        )
    data = _Data.of(usable)
    found = [_fit(data, candidate) for candidate in candidates]
    found.sort(key=lambda one: one.aicc)
    share = np.exp(-0.5 * (np.array([one.aicc for one in found]) - found[0].aicc))
    weighted = [
        replace(one, weight=float(weight))
        for one, weight in zip(found, share / share.sum(), strict=True)
    ]
    return Preference(tuple(weighted), _verdict(weighted))


def predicted_steps(kinetics: Kinetics, x: float, crystals: int) -> tuple[float, float]:
    """Mean waiting after the first of `crystals`, and mean switching time, steps per crystal."""
    chances = kinetics.chances(x)[: kinetics.sites // 2]
    mean = float((1.0 / chances).sum())
    return max(mean - first_of(chances, crystals), TINY_STEPS), kinetics.mean_switching(x)


def first_of(rates: Floats, crystals: int) -> float:
    """Mean time until the first of n crystals has made all steps of a chain; `rates` (steps,).

    The wait for each step is exponential. The part of crystals that are not through yet comes from
    the matrix exponential of the chain at 256 times; the first of n takes the integral of its n-th
    power.
    """
    sd = float(np.sqrt((1.0 / rates**2).sum()))
    step = (float((1.0 / rates).sum()) + 2.0 * sd) / 2**DOUBLINGS
    move = _moved(rates, step)
    states = np.zeros((1, rates.size))
    states[0, 0] = 1.0
    for _ in range(DOUBLINGS):
        states = np.concatenate([states, _product(states, move)])
        move = _product(move, move)
    waiting = np.clip(states.sum(axis=1), 0.0, 1.0) ** crystals
    return float(step * (waiting.sum() - 0.5 * (waiting[0] + waiting[-1])))


def _moved(rates: Floats, step: float) -> Floats:
    """Chances to be in each state of the chain one `step` after each; (steps, steps)."""
    halvings = max(math.ceil(math.log2(step * float(rates.max()) / 0.1)), 0)
    rate = (np.diag(-rates) + np.diag(rates[:-1], 1)) * (step / 2**halvings)
    move = term = np.eye(rates.size)
    for order in range(1, 9):
        term = _product(term, rate) / order
        move = move + term
    for _ in range(halvings):
        move = _product(move, move)
    return move


def _product(left: Floats, right: Floats) -> Floats:
    """Matrix product without BLAS, which would start threads for a few thousand numbers."""
    out: Floats = np.einsum("ij,jk->ik", left, right)
    return out


@dataclass(frozen=True, slots=True)
class _Data:
    x: Floats
    relative: Floats
    crystals: tuple[int, ...]
    log_times: Floats
    """(2, n): waiting, tau."""
    variance: Floats

    @classmethod
    def of(cls, times: Sequence[Times]) -> _Data:
        x = np.array([one.ug_per_ml for one in times])
        value = np.array([[one.waiting_s for one in times], [one.tau_s for one in times]])
        error = np.array(
            [[one.waiting_error_s for one in times], [one.tau_error_s for one in times]]
        )
        crystals = tuple(one.crystals for one in times)
        return cls(x, x / x.min(), crystals, np.log(value), (error / value) ** 2)

    def log_steps(self, kinetics: Kinetics) -> Floats:
        """Logarithms of the model's times in steps (2, n)."""
        steps = [
            predicted_steps(kinetics, float(x), n)
            for x, n in zip(self.relative, self.crystals, strict=True)
        ]
        log: Floats = np.log(np.array(steps).T / np.array([[1.0], [LOGISTIC_QUARTILES]]))
        return log


def _fit(data: _Data, candidate: Candidate) -> Fitted:
    """Search k0 (and the fall) on a grid, then more finely around the best."""
    wide = np.geomspace(*K0_RANGE, 20)
    best = _best(data, candidate, FALLS_KT if candidate.fits_fall else (candidate.fall_kt,), wide)
    fall = best.kinetics.fall_kt
    falls = (max(fall - 0.25, 0.0), fall, fall + 0.25) if candidate.fits_fall else (fall,)
    best = _best(data, candidate, falls, best.kinetics.k0 * np.geomspace(0.7, 1.4, 7))
    free = FREE + candidate.fits_fall
    spare = data.log_times.size - free - 1
    times = np.exp(best.log_seconds + best.log_steps)
    return Fitted(
        candidate.name,
        math.exp(best.log_seconds),
        best.kinetics.k0,
        best.kinetics.fall_kt if candidate.model == "exchange-density" else None,
        best.kinetics.rule,
        best.scatter,
        best.deviance,
        best.deviance + 2 * free + 2 * free * (free + 1) / spare if spare > 0 else math.inf,
        1.0,
        tuple(data.x.tolist()),
        tuple(times[0].tolist()),
        tuple(times[1].tolist()),
    )


@dataclass(frozen=True, slots=True)
class _Try:
    """A model with all its parameters against the data."""

    kinetics: Kinetics
    deviance: float
    scatter: float
    log_seconds: float
    log_steps: Floats


def _best(data: _Data, candidate: Candidate, falls: Sequence[float], k0s: Floats) -> _Try:
    """The best of all combinations, under either rule of acceptance."""
    tries = (
        _try(data, Kinetics(candidate.model, rule, fall_kt=fall, k0=float(k0)))
        for rule, fall, k0 in itertools.product(ACCEPTANCE, falls, k0s)
    )
    return min(tries, key=lambda one: one.deviance)


def _try(data: _Data, kinetics: Kinetics) -> _Try:
    """Best seconds per step and scatter of one model."""
    log_steps = data.log_steps(kinetics)
    away = data.log_times - log_steps

    def deviance(log_scatter: float) -> tuple[float, float]:
        variance = data.variance + math.exp(2 * log_scatter)
        log_seconds = float((away / variance).sum() / (1 / variance).sum())
        terms = (away - log_seconds) ** 2 / variance + np.log(2 * np.pi * variance)
        return float(terms.sum()), log_seconds

    low, high = (math.log(one) for one in SCATTER_RANGE)
    found = optimize.minimize_scalar(
        lambda log_scatter: deviance(log_scatter)[0], bounds=(low, high), method="bounded"
    )
    least, log_seconds = deviance(float(found.x))
    return _Try(kinetics, least, math.exp(float(found.x)), log_seconds, log_steps)


def _verdict(fitted: Sequence[Fitted]) -> str:
    if len(fitted) == 1:
        return f"Only {fitted[0].name} was fitted: there is nothing to prefer it to."
    best, second = fitted[0], fitted[1]
    ahead = second.aicc - best.aicc
    if ahead < 2:
        near = [one.name for one in fitted if one.aicc - best.aicc < 2]
        says = f"The data do not tell {_list(near)} apart (differences in AICc below 2)."
    else:
        how = "weakly" if ahead < 6 else "clearly" if ahead < 10 else "strongly"
        odds = math.exp(min(ahead / 2, 700.0))
        shown = f"{odds:.0f}" if odds < 1e4 else f"1e{math.floor(math.log10(odds))}"
        says = (
            f"The data {how} prefer {best.name} over {second.name} and the others "
            f"(AICc lower by {ahead:.1f}, odds of {shown} to 1)."
        )
    if best.scatter > 0.05:
        says += (
            f" Even the best leaves {100 * best.scatter:.0f} % of scatter beyond the errors: a "
            "preference among these models, not a proof of one."
        )
    return says


def _list(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
