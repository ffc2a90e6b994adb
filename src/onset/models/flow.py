"""Volume in the tubing becomes concentration at the field: plug, laminar, Taylor-Aris, mixing.

All fronts are functions of the volume that has gone in after them, so a pump that stops or changes
its rate only stretches their time. Pumps feed one line: what runs later pushes what ran before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from onset.models.levels import levels
from onset.models.stretches import Stretch, stretches, time_of_volume_ns
from onset.models.taylor_aris import needed

FrontKind = Literal["sharp", "laminar", "taylor-aris", "auto"]
PARTS = 64  # steps that stand for one drawn-out front
RADIAL = 0.5  # transit times D / a^2 from which radial diffusion keeps up: Taylor-Aris


@dataclass(frozen=True, slots=True)
class Front:
    """The way from the pumps to the field, and how a sharp change at its entrance is drawn out."""

    kind: FrontKind = "sharp"
    """`auto`: laminar or Taylor-Aris, as a^2/D against the transit time says."""
    dead_volume_ul: float = 0.0
    tubing_mm: float = 0.5
    """Inner diameter; only Taylor-Aris asks for it."""
    diffusivity_mm2_s: float = 5e-4
    """Of the reagent in its solvent; only Taylor-Aris asks for it."""
    cell_ul: float = 0.0
    """Volume of the cell that mixes (first order) before the field."""
    beyond_ul: float = 0.0
    """What passes between the edge of the field and the place in question, undisturbed."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(FrontKind):
            raise ValueError(f"front must be one of {get_args(FrontKind)}, not {self.kind!r}")
        if min(self.dead_volume_ul, self.cell_ul, self.beyond_ul) < 0:
            raise ValueError(f"volumes must not be negative: {self.dead_volume_ul} ul")
        if self.kind == "taylor-aris" and self.diffusivity_mm2_s <= 0:
            raise ValueError("a Taylor-Aris front needs a diffusion above 0")


@dataclass(frozen=True, slots=True)
class RateChange:
    """From `t_ns` on the plunger delivers `ul_per_s` (negative: withdraws)."""

    t_ns: int
    ul_per_s: float


@dataclass(frozen=True, slots=True)
class Feed:
    """What one pump holds and did; changes in order of time."""

    reagent: str
    ug_per_ml: float
    changes: Sequence[RateChange]


@dataclass(frozen=True, slots=True)
class Content:
    """What is at the field from `t_ns` until the next content."""

    t_ns: int
    ug_per_ml: Mapping[str, float]
    """By reagent; what is not named is not there."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When 10, 50 and 90 % of the concentration are at the field, s after the plunger starts."""

    t10_s: float
    t50_s: float
    t90_s: float


def arrival(
    dead_volume_ul: float,
    rate_ul_s: float,
    front: FrontKind = "sharp",
    *,
    tubing_mm: float = 0.5,
    diffusivity_mm2_s: float = 5e-4,
) -> Arrival:
    """Passage of a front through `dead_volume_ul` at the steady rate `rate_ul_s`.

    Laminar: F = 1 - (tm/2t)^2 for t >= tm/2, tm the mean transit time (Levenspiel, tube without
    diffusion); Taylor-Aris: see `transit`. Raises ValueError unless the rate is positive.
    """
    if rate_ul_s <= 0:
        raise ValueError(f"a front arrives only with a positive rate, not {rate_ul_s} ul/s")
    way = Front(front, dead_volume_ul, tubing_mm, diffusivity_mm2_s)
    mean_s = dead_volume_ul / rate_ul_s
    return Arrival(*(mean_s * transit(part, way, rate_ul_s) for part in (0.1, 0.5, 0.9)))


def regime(front: Front, rate_ul_s: float) -> FrontKind:
    """The kind of front; `auto` is decided by transit time * D / a^2 against `RADIAL`."""
    if front.kind != "auto":
        return front.kind
    transit_s = front.dead_volume_ul / rate_ul_s
    radial = transit_s * front.diffusivity_mm2_s / (front.tubing_mm / 2.0) ** 2
    return "taylor-aris" if radial >= RADIAL else "laminar"


def transit(part: float, front: Front, rate_ul_s: float) -> float:
    """Volume, in dead volumes, that must go in until `part` (0..1) of a step has arrived.

    Laminar and Taylor-Aris: see `arrival` and `taylor_aris.passed`; the mean over a step is 1.
    """
    kind = regime(front, rate_ul_s)
    if kind == "sharp" or front.dead_volume_ul == 0:
        return 1.0
    if kind == "laminar":
        return 0.5 / math.sqrt(1.0 - part)
    return needed(part, _peclet(front, rate_ul_s))


def course(feeds: Iterable[Feed], front: Front) -> list[Content]:
    """Contents of the field in order of time, the last rates taken to go on for ever.

    A sharp front arrives in one step, a drawn-out or mixed one in `PARTS` equal steps.
    Withdrawing moves nothing at the field until the same volume has gone in again.
    """
    line = stretches(
        [
            (feed.reagent, feed.ug_per_ml, [(c.t_ns, c.ul_per_s) for c in feed.changes])
            for feed in feeds
        ]
    )
    arrivals = sorted(_arrivals(line, front), key=lambda item: item[0])
    volumes_ul = [volume_ul for volume_ul, _ in arrivals]
    of_reagent = {
        name: levels(volumes_ul, [change.get(name, 0.0) for _, change in arrivals])
        for name in dict.fromkeys(name for _, change in arrivals for name in change)
    }
    contents: list[Content] = []
    for place, volume_ul in enumerate(volumes_ul):
        t_ns = time_of_volume_ns(volume_ul, line)
        if t_ns is None:
            break
        there = {name: float(level[place]) for name, level in of_reagent.items()}
        if contents and contents[-1].t_ns == t_ns:
            contents.pop()
        contents.append(Content(t_ns, {name: value for name, value in there.items() if value > 0}))
    return contents


def _peclet(front: Front, rate_ul_s: float) -> float:
    transit_s = front.dead_volume_ul / rate_ul_s
    return 48.0 * front.diffusivity_mm2_s * transit_s / (front.tubing_mm / 2.0) ** 2


def _arrivals(line: Sequence[Stretch], front: Front) -> Iterable[tuple[float, dict[str, float]]]:
    """Each change at the entrance, as the volumes at which its parts reach the field."""
    before: Mapping[str, float] = {}
    for stretch in line:
        change = {
            name: stretch.ug_per_ml.get(name, 0.0) - before.get(name, 0.0)
            for name in {*stretch.ug_per_ml, *before}
        }
        before = stretch.ug_per_ml
        if not any(change.values()):
            continue
        passages = _passages(front, _rate_on_the_way(stretch, line, front.dead_volume_ul))
        part = {name: amount / len(passages) for name, amount in change.items()}
        for passage_ul in passages:
            yield stretch.start_ul + passage_ul, part


def _rate_on_the_way(entered: Stretch, line: Sequence[Stretch], dead_volume_ul: float) -> float:
    """The fastest flow while what entered with a stretch is on its way."""
    arrives_ul = entered.start_ul + dead_volume_ul
    return max(
        stretch.ul_per_s
        for stretch in line
        if stretch is entered or entered.start_ul <= stretch.start_ul < arrives_ul
    )


@lru_cache(maxsize=256)
def _passages(front: Front, rate_ul_s: float) -> tuple[float, ...]:
    """Volumes that must follow until each equal part of a step is at the field.

    Their mean is the volume on the way, at every rate and for every kind of front: what goes in
    comes out.
    """
    volumes = front.dead_volume_ul * _tube_parts(front, rate_ul_s) + front.beyond_ul
    if front.cell_ul > 0:
        mixed = (volumes[:, None] + front.cell_ul * _exponential_parts()).ravel()
        volumes = np.sort(mixed).reshape(PARTS, -1).mean(axis=1)
    return tuple(float(volume) for volume in volumes)


def _tube_parts(front: Front, rate_ul_s: float) -> npt.NDArray[np.float64]:
    """Equal parts of a step behind the tubing, in dead volumes; mean 1."""
    kind = regime(front, rate_ul_s)
    if kind == "sharp" or front.dead_volume_ul == 0:
        return np.ones(1 if kind == "sharp" else PARTS)
    edges = np.arange(PARTS + 1) / PARTS
    if kind == "laminar":  # the mean of each part: the tail has no end, but a mean
        slow: npt.NDArray[np.float64] = -PARTS * np.diff(np.sqrt(1.0 - edges))
        return slow
    middles = (edges[1:] + edges[:-1]) / 2.0
    tube: npt.NDArray[np.float64] = np.array(
        [transit(float(part), front, rate_ul_s) for part in middles]
    )
    tube /= tube.mean()
    return tube


def _exponential_parts() -> npt.NDArray[np.float64]:
    """Means of `PARTS` equal parts of the exponential distribution."""
    left = 1.0 - np.arange(PARTS + 1) / PARTS
    integral = 1.0 - left + np.where(left > 0, left * np.log(np.maximum(left, 1e-300)), 0.0)
    return np.diff(integral) * PARTS
