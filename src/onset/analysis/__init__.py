"""Measuring a film: spots and when they turn on; arrays in, tables out, no device and no clock."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onset.analysis.analysis import Analysis, read_analysis
    from onset.analysis.clusters import centre_moves, shapes_of
    from onset.analysis.comparison import Comparison, compare
    from onset.analysis.detect import Detector, Spot
    from onset.analysis.distributions import Distribution, describe
    from onset.analysis.drift import place_spots
    from onset.analysis.ensemble import EnsembleRise, ensemble_rise
    from onset.analysis.found import Found, find_spots
    from onset.analysis.laws import Law, fit_law
    from onset.analysis.logistic import mean_rise
    from onset.analysis.motion import Drift, likeliest_drift
    from onset.analysis.neighbourhood import PositionCheck, check_positions
    from onset.analysis.noise import TraceNoise, trace_noise
    from onset.analysis.onsets import walk_back
    from onset.analysis.outcomes import Condition, Outcome, outcome_of
    from onset.analysis.photometry import Measured, Photometer
    from onset.analysis.populations import add_waiting, sum_up
    from onset.analysis.preference import Preference, prefer
    from onset.analysis.sigmoid import SigmoidFit, fit_sigmoid
    from onset.analysis.spot_fit import SpotFit, Trajectory, fit_spot
    from onset.analysis.survival import NotSwitched, kaplan_meier
    from onset.analysis.switch import fit_switch
    from onset.analysis.tables import analyse
    from onset.analysis.warming import warm_up

HOMES = {
    "analysis": ("Analysis", "read_analysis"),
    "clusters": ("centre_moves", "shapes_of"),
    "comparison": ("Comparison", "compare"),
    "detect": ("Detector", "Spot"),
    "distributions": ("Distribution", "describe"),
    "drift": ("place_spots",),
    "ensemble": ("EnsembleRise", "ensemble_rise"),
    "found": ("Found", "find_spots"),
    "laws": ("Law", "fit_law"),
    "logistic": ("mean_rise",),
    "motion": ("Drift", "likeliest_drift"),
    "neighbourhood": ("PositionCheck", "check_positions"),
    "noise": ("TraceNoise", "trace_noise"),
    "onsets": ("walk_back",),
    "outcomes": ("Condition", "Outcome", "outcome_of"),
    "photometry": ("Measured", "Photometer"),
    "populations": ("add_waiting", "sum_up"),
    "preference": ("Preference", "prefer"),
    "sigmoid": ("SigmoidFit", "fit_sigmoid"),
    "spot_fit": ("SpotFit", "Trajectory", "fit_spot"),
    "switch": ("fit_switch",),
    "tables": ("analyse",),
    "survival": ("NotSwitched", "kaplan_meier"),
    "warming": ("warm_up",),
}
HOME = {name: module for module, names in HOMES.items() for name in names}
__all__ = [
    "Analysis", "Comparison", "Condition", "Detector", "Distribution", "Drift", "EnsembleRise",
    "Found", "Law", "Measured", "NotSwitched", "Outcome", "Photometer", "PositionCheck",
    "Preference", "SigmoidFit", "Spot", "SpotFit", "TraceNoise", "Trajectory", "add_waiting",
    "analyse", "centre_moves", "check_positions", "compare", "describe", "ensemble_rise",
    "find_spots", "fit_law", "fit_sigmoid", "fit_spot", "fit_switch", "kaplan_meier",
    "likeliest_drift", "mean_rise", "outcome_of", "place_spots", "prefer", "read_analysis",
    "shapes_of", "sum_up", "trace_noise", "walk_back", "warm_up",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Imported when first asked for: the live detector needs neither tables nor fits."""
    if name not in HOME:
        raise AttributeError(f"module 'onset.analysis' has no attribute {name!r}")
    return getattr(import_module(f"onset.analysis.{HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
