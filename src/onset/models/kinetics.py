"""Barrier models of exchange in one crystal: the chance of each next swap; nothing is drawn here.

Equations and parameters: the Monte Carlo model of Wang et al. 2020 (M-cube-wustl/Nanocrystals).
Energies in kT. One attempt at site i succeeds with p(k_i), k_i = exp(-dG_i), dG_i = -ln k1 + f(i),
k1 = k0 x, with x the concentration relative to the lowest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from onset.models.compiled import compiled

Floats = npt.NDArray[np.float64]
ModelName = Literal[
    "exchange-density", "equal-probability", "positive-cooperativity", "threshold", "nucleation"
]
Rule = Literal["min", "saturating", "saturating-spontaneous"]
MODELS: tuple[ModelName, ...] = get_args(ModelName)
RULES: tuple[Rule, ...] = get_args(Rule)

JAIN = 1.3154  # kT per swap: Hill coefficient 7.1 (White et al. 2013)
THRESHOLD_SITE = 5
NUCLEUS = 3
LOGISTIC_QUARTILES = math.log(3.0)  # S / tau of a logistic rise


@dataclass(frozen=True, slots=True)
class Kinetics:
    """One model with its parameters."""

    model: ModelName = "exchange-density"
    rule: Rule = "min"
    sites: int = 20
    fall_kt: float = 4.0
    """By how much the barrier falls over the whole exchange (exchange-density only)."""
    k0: float = 0.03
    """k of the first swap at the lowest concentration."""
    spread: float = 0.0
    """Standard deviation of the logarithm of the rates between crystals."""

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"model must be one of {', '.join(MODELS)}, not {self.model!r}")
        if self.rule not in RULES:
            raise ValueError(f"rule must be one of {', '.join(RULES)}, not {self.rule!r}")
        if self.sites < 4 or self.sites % 4:
            raise ValueError(f"sites must be a multiple of 4, not {self.sites}")
        if not 0.0 < self.k0 < math.inf:
            raise ValueError(f"k0 must be above 0, not {self.k0}")
        if not math.isfinite(self.fall_kt):
            raise ValueError(f"fall_kt must be a number of kT, not {self.fall_kt}")
        if not 0.0 <= self.spread < math.inf:
            raise ValueError(f"spread must not be below 0: {self.spread}")

    def chances(self, x: float) -> Floats:
        """Chance of each swap (sites,) in one attempt, at relative concentration `x`."""
        code, rule = MODELS.index(self.model), RULES.index(self.rule)
        sites = range(1, self.sites + 1)
        return np.array(
            [chance(code, rule, i, self.sites, self.fall_kt, self.k0 * x) for i in sites]
        )

    def mean_waiting(self, x: float) -> float:
        """Mean steps per crystal to swap N/2, without spread: sum of 1/p (geometric waits)."""
        return float((1.0 / self.chances(x)[: self.sites // 2]).sum())

    def mean_switching(self, x: float) -> float:
        """Mean of (t(3N/4) - t(N/4)) / 2, steps per crystal, without spread."""
        quarter = self.sites // 4
        return float((1.0 / self.chances(x)[quarter : 3 * quarter]).sum() / 2.0)


@compiled
def chance(model: int, rule: int, i: int, sites: int, fall_kt: float, k1: float) -> float:
    """Chance that one attempt makes swap `i` (1 ... sites); `model`, `rule` by their place."""
    if k1 <= 0.0:
        return 0.0
    g0 = -math.log(k1)
    if model == 0:
        barrier = g0 - fall_kt * (i / sites) ** 2
    elif model == 1:
        barrier = g0
    elif model == 2:
        barrier = g0 - JAIN / 3.0 * (i - 1)
    elif model == 3:
        barrier = g0 - JAIN * max(i - THRESHOLD_SITE, 0)
    elif i <= NUCLEUS:
        barrier = g0
    else:  # a nucleus grows: falls as the inverse cube root and is gone at site 8
        alpha = g0 / (1.0 - 5.0 ** (-1.0 / 3.0))
        beta = g0 / (5.0 ** (1.0 / 3.0) - 1.0)
        barrier = alpha * (i - NUCLEUS) ** (-1.0 / 3.0) - beta
    if barrier <= 0.0 and rule != 1:
        return 1.0
    return math.exp(-barrier) if rule == 0 else 1.0 / (1.0 + math.exp(barrier))
