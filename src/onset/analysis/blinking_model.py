"""Hidden states of blinking emitters as tables: what each state shows, where it leads, how often.

One emitter is on, off, or (where asked for) gray: dim for a while, anywhere between. A frame in
which it switches shows something between the two levels. Two or more emitters blink alike and
independently of each other, on or off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles

Ints = npt.NDArray[np.int64]
GRAY_LEVELS = tuple((k + 0.5) / 6.0 for k in range(5))
GRAY_WIDTH = 1.0 / 6.0
THIRDS = (1.0 / 6.0, 0.5, 5.0 / 6.0)
"""Middles of the three parts that stand for a brightness anywhere between off and on."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second: on to dark, dark to on; part of the dark times that are gray."""

    to_dark: float
    to_on: float
    gray: float = 0.0


@dataclass(frozen=True, slots=True)
class Link:
    """One way through a frame."""

    source: int
    target: int
    shape: int
    kind: str
    """stay-on, stay-dark, stay-gray, dim, gray, brighten, flash"""
    part: float = 1.0


@dataclass(frozen=True, slots=True)
class States:
    """Tables for the recursion."""

    emitters: int
    heights: Doubles
    widths: Doubles
    links: tuple[Link, ...]
    lit: tuple[int, ...]
    """Emitters that are on, per state."""
    gray: tuple[bool, ...]

    @property
    def sources(self) -> Ints:
        """Per link."""
        return np.array([link.source for link in self.links])

    @property
    def targets(self) -> Ints:
        """Per link."""
        return np.array([link.target for link in self.links])

    @property
    def shapes(self) -> Ints:
        """Per link."""
        return np.array([link.shape for link in self.links])

    def chances(self, rates: Rates, spacing_s: Doubles) -> Doubles:
        """Of every link, for each distance of successive frames: (distances, links)."""
        return np.array([[self._chance(link, rates, s) for link in self.links] for s in spacing_s])

    def _chance(self, link: Link, rates: Rates, s: float) -> float:
        stays_on, stays_dark = math.exp(-rates.to_dark * s), math.exp(-rates.to_on * s)
        on = self.lit[link.source]
        off = 0 if self.gray[link.source] else self.emitters - on
        if self.gray[link.source]:
            return stays_dark if link.kind == "stay-gray" else (1.0 - stays_dark) * link.part
        rest = stays_on**on * stays_dark**off
        flash = on * (1.0 - stays_on) * (1.0 - stays_dark) / 2.0
        if link.kind == "stay":
            return rest * (1.0 - flash)
        if link.kind == "flash":
            return rest * flash * link.part
        dims = (1.0 - stays_on) / stays_on * rest
        if link.kind == "dim":
            return dims * (1.0 - rates.gray) * link.part
        if link.kind == "gray":
            return dims * rates.gray * link.part
        return (1.0 - stays_dark) / stays_dark * rest * link.part

    def first(self, rates: Rates) -> Doubles:
        """Chances at the beginning of the film."""
        on = rates.to_on / (rates.to_on + rates.to_dark)
        chances = []
        grays = max(sum(self.gray), 1)
        for lit, gray in zip(self.lit, self.gray, strict=True):
            if gray:
                chances.append((1.0 - on) * rates.gray / grays)
            else:
                dark = self.emitters - lit
                share = 1.0 - rates.gray if any(self.gray) else 1.0
                chances.append(on**lit * ((1.0 - on) * share) ** dark)
        first = np.array(chances)
        return np.asarray(first / first.sum(), np.float64)

    def fitted(self, usage: Doubles, spacing_s: float, before: Rates) -> Rates:
        """Rates from how often each link was used (with one blink's worth of the old ones)."""
        dims = brightens = grays = on_s = dark_s = 0.0
        for link, used in zip(self.links, usage, strict=True):
            on = self.lit[link.source]
            off = 1 if self.gray[link.source] else self.emitters - on
            on_s += used * on * spacing_s
            dark_s += used * off * spacing_s
            dims += used * (link.kind in ("dim", "gray", "flash"))
            grays += used * (link.kind == "gray")
            brightens += used * (link.kind in ("brighten", "flash"))
        to_dark = (dims + 0.5) / (on_s + 0.5 / before.to_dark)
        to_on = (brightens + 0.5) / (dark_s + 0.5 / before.to_on)
        fastest = 1.0 / spacing_s
        gray = (grays + 0.1) / (dims + 0.2) if any(self.gray) else 0.0
        return Rates(min(to_dark, fastest), min(to_on, fastest), min(gray, 0.95))


def one_emitter(*, gray: bool) -> States:
    """On, off, and with `gray` three dim levels that last."""
    shapes: list[tuple[float, float]] = [(1.0, 0.0), (0.0, 0.0)]
    links = [Link(0, 0, 0, "stay"), Link(1, 1, 1, "stay")]
    for third in THIRDS:
        shapes.append((third, 1.0 / 3.0))
        at = len(shapes) - 1
        links += [
            Link(0, 1, at, "dim", 1.0 / 3.0),
            Link(1, 0, at, "brighten", 1.0 / 3.0),
            Link(0, 0, at, "flash", 1.0 / 3.0),
        ]
    lit, grays = [1, 0], [False, False]
    if gray:
        for level in GRAY_LEVELS:
            state, stays = len(lit), len(shapes)
            lit.append(0)
            grays.append(True)
            shapes += [(level, GRAY_WIDTH), ((1.0 + level) / 2.0, 1.0 - level)]
            links += [
                Link(state, state, stays, "stay-gray"),
                Link(0, state, stays + 1, "gray", 1.0 / len(GRAY_LEVELS)),
                Link(state, 0, stays + 1, "brighten"),
            ]
    table = np.array(shapes)
    return States(
        1, table[:, :1].copy(), table[:, 1:].copy(), tuple(links), tuple(lit), tuple(grays)
    )
