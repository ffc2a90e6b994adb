"""What a simulated sample is made of: the numbers of a preset, and their file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from onset.errors import FileMistake
from onset.models.kinetics import MODELS, RULES, Kinetics

CAMERAS = ("plain", "scmos", "emccd", "ccd")
ABOVE_ZERO = frozenset(
    ("psf_sigma_px", "focus_depth_um", "yield_factor", "line_sd_nm", "blink_least_s", "step_s")
)
SIGNED = frozenset(
    (
        "drift_y_px_per_min",
        "drift_x_px_per_min",
        "focus_um_per_min",
        "fall_kt",
        "waiting_b",
        "switching_b",
    )
)
PARTS = frozenset(("cluster_fraction", "gray"))


@dataclass(frozen=True, slots=True)
class Law:
    """Mean time against concentration: a / (x + b) + c, seconds with x in ug/mL."""

    a: float
    b: float
    c: float

    def mean_s(self, ug_per_ml: float) -> float:
        """Mean at one concentration; only meaningful above the pole at -b."""
        return self.a / (ug_per_ml + self.b) + self.c


@dataclass(frozen=True, slots=True)
class Preset:
    """The direct preset `paper`: the laws of Wang et al. 2020, Fig. 4b; a field as in Fig. 3."""

    particles: int = 500
    apart_px: float = 6.0
    """Least distance of two particles that are no cluster."""
    edge_px: float = 6.0
    cluster_fraction: float = 0.02
    """Part of the particles that have a neighbour inside their own spot."""
    cluster_px: float = 1.5
    """Distance of the others in a cluster from its first."""
    cluster_most: int = 2
    """Particles in the largest clusters, 2 to 4; all sizes from 2 on are equally frequent."""
    contaminants: int = 0
    """Specks that are lit from the start and neither switch nor blink."""
    psf: str = "gaussian"
    """Or "airy", whose core has about the same width."""
    psf_sigma_px: float = 1.3
    vignetting: float = 0.0
    """Part of the light that is missing in the corners of the sensor."""
    drift_y_px_per_min: float = 0.0
    drift_x_px_per_min: float = 0.0
    focus_um_per_min: float = 0.0
    """Motion of the stage along the axis; in focus at the first frame."""
    focus_depth_um: float = 0.5
    """Out of focus by that much, a spot is wider by the square root of 2."""
    electrons_per_s: float = 4400.0
    """Median of a bright crystal, all of its line, at 15 uW/cm^2; in proportion to that."""
    electrons_spread: float = 0.2
    """Standard deviation of its logarithm."""
    background_electrons_per_s: float = 100.0
    """Per pixel at 15 uW/cm^2; follows the light."""
    dye_electrons_per_s: float = 0.0
    """Per pixel for each ug/mL that is at the field, of any reagent, at 15 uW/cm^2: a dye."""
    yield_factor: float = 30.0
    """Quantum yield after the exchange over that before it."""
    dark_nm: float = 398.0
    """Emission before the exchange."""
    bright_nm: float = 498.0
    """After it; the emission moves in proportion to the exchanged fraction."""
    line_sd_nm: float = 6.0
    """Width of the emission, as a standard deviation."""
    filter_nm: float = 440.0
    """Edge of the long-pass emission filter; 0: no filter. The laws hold through 440 nm."""
    bleach_mj_per_cm2: float = 0.0
    """Mean dose after which a crystal is dark for good; 0: never."""
    degrades_above_ug_per_ml: float = 10.0
    """Above it bright crystals go dark for good as fast as they turned on; 0: never."""
    waiting_a: float = 3.0
    waiting_b: float = -0.7
    waiting_c: float = 1.5
    """Mean waiting time after the first of 500 crystals: a / (x + b) + c."""
    switching_a: float = 6.0
    switching_b: float = 0.3
    switching_c: float = 0.4
    """Mean tau of the logistic rise."""
    switching_spread: float = 0.15
    """Standard deviation of the logarithm of tau."""
    lowest_ug_per_ml: float = 0.95
    """Below it nothing switches: 1 ug/mL within the error of a solution. A drawn-out front comes to
    exactly 1 only after endless time."""
    forward_reagent: str = "TBAB"
    back_reagent: str = "TBAC"
    on_s: float = 3.5
    """Mean bright time while blinking; 0: no blinking."""
    off_s: float = 0.4
    """Mean dark time while blinking."""
    blinking: str = "telegraph"
    """Exponential times; "power-law": times t^-m between `blink_least_s` and `blink_most_s`."""
    blink_exponent: float = 1.5
    blink_least_s: float = 0.05
    blink_most_s: float = 30.0
    gray: float = 0.0
    """Part of the dark times that are gray, at a brightness between 0 and 0.7."""
    kinetics: str = ""
    """Name of a Monte Carlo model of the exchange; "": the laws of the paper above."""
    rule: str = "min"
    sites: int = 20
    fall_kt: float = 4.0
    k0: float = 0.03
    """k of the first swap at 1 ug/mL."""
    rate_spread: float = 0.0
    step_s: float = 0.083
    """One attempt per crystal takes so long."""
    camera: str = "plain"
    """Or "scmos", "emccd", "ccd", unless the camera's property CameraModel says which."""

    def __post_init__(self) -> None:
        _one_of("psf", self.psf, ("gaussian", "airy"))
        _one_of("blinking", self.blinking, ("telegraph", "power-law"))
        _one_of("kinetics", self.kinetics, ("", *MODELS))
        _one_of("rule", self.rule, RULES)
        _one_of("camera", self.camera, CAMERAS)
        if not 2 <= self.cluster_most <= 4:
            raise ValueError("cluster_most: a cluster has 2 to 4 particles")
        if not 0.0 <= self.vignetting < 1.0:
            raise ValueError("vignetting must be from 0 to below 1")
        _numbers(self)
        self.exchange  # noqa: B018 - the model checks its own parameters
        if self.blinking == "power-law" and self.blink_exponent == 1.0:
            raise ValueError("blink_exponent must not be 1")
        if self.blink_most_s <= self.blink_least_s:
            raise ValueError("blink_most_s must be above blink_least_s")
        if self.bright_nm <= self.dark_nm:
            raise ValueError("bright_nm must be above dark_nm")
        poles = (-self.waiting_b, -self.switching_b)
        if not self.kinetics and self.lowest_ug_per_ml <= max(poles):
            raise ValueError(f"lowest_ug_per_ml must be above the laws' pole at {max(poles):g}")
        if min(self.waiting_a + self.waiting_c, self.switching_a + self.switching_c) <= 0:
            raise ValueError("a and c of a law must not both be 0: it would take no time")

    @property
    def waiting(self) -> Law:
        """Mean waiting time relative to the first of 500."""
        return Law(self.waiting_a, self.waiting_b, self.waiting_c)

    @property
    def switching(self) -> Law:
        """Mean tau."""
        return Law(self.switching_a, self.switching_b, self.switching_c)

    @property
    def exchange(self) -> Kinetics | None:
        """The Monte Carlo model, if it is one."""
        if not self.kinetics:
            return None
        return Kinetics(
            self.kinetics,  # type: ignore[arg-type]
            self.rule,  # type: ignore[arg-type]
            self.sites,
            self.fall_kt,
            self.k0,
            self.rate_spread,
        )


def read_preset(path: Path) -> Preset:
    """A preset from a TOML file; what the file leaves out is as in `paper`."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
        raise FileMistake(path, "", f"cannot be read: {why}") from why
    kinds = {field.name: type(field.default) for field in fields(Preset)}
    for key, value in written.items():
        if key not in kinds:
            near = get_close_matches(key, kinds, 1)
            raise FileMistake(
                path, key, f"not known (did you mean '{near[0]}'?)" if near else "not known"
            )
        if not _fits(value, kinds[key]):
            raise FileMistake(path, key, f"{value!r} is not a {kinds[key].__name__}")
    try:
        return Preset(**written)
    except ValueError as why:
        raise FileMistake(path, "", str(why)) from why


def _numbers(preset: Preset) -> None:
    """Each within its bounds, so that none makes a field without light, or of no number at all."""
    for field in fields(Preset):
        value = getattr(preset, field.name)
        if isinstance(value, str):
            continue
        if not math.isfinite(value):
            raise ValueError(f"{field.name} must be a number, not {value}")
        if field.name in ABOVE_ZERO and value <= 0:
            raise ValueError(f"{field.name} must be above 0, not {value:g}")
        if field.name not in SIGNED and value < 0:
            raise ValueError(f"{field.name} must not be below 0: {value:g}")
        if field.name in PARTS and value > 1:
            raise ValueError(f"{field.name} is a part, at most 1, not {value:g}")


def _one_of(key: str, value: str, words: Sequence[str]) -> None:
    if value not in words:
        raise ValueError(f"{key} must be one of {', '.join(map(repr, words))}, not {value!r}")


def _fits(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
