"""What a simulated sample is made of: the numbers of a preset, and their file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from onset.errors import FileMistake


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
    """Distance of the two in a cluster."""
    psf_sigma_px: float = 1.3
    electrons_per_s: float = 4400.0
    """Median of a bright crystal in full light (15 uW/cm^2)."""
    electrons_spread: float = 0.3
    """Standard deviation of its logarithm."""
    background_electrons_per_s: float = 100.0
    """Per pixel in full light."""
    waiting_a: float = 3.0
    waiting_b: float = -0.7
    waiting_c: float = 1.5
    """Mean waiting time after the first of 500 crystals: a / (x + b) + c."""
    switching_a: float = 6.0
    switching_b: float = 0.3
    switching_c: float = 0.4
    """Mean tau of the logistic rise."""
    switching_spread: float = 0.3
    """Standard deviation of the logarithm of tau."""
    lowest_ug_per_ml: float = 1.0
    """Below it nothing switches."""
    forward_reagent: str = "TBAB"
    back_reagent: str = "TBAC"
    on_s: float = 3.5
    """Mean bright time while blinking; 0: no blinking."""
    off_s: float = 0.4
    """Mean dark time while blinking."""

    @property
    def waiting(self) -> Law:
        """Mean waiting time relative to the first of 500."""
        return Law(self.waiting_a, self.waiting_b, self.waiting_c)

    @property
    def switching(self) -> Law:
        """Mean tau."""
        return Law(self.switching_a, self.switching_b, self.switching_c)


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
    return Preset(**written)


def _fits(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
