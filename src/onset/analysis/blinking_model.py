"""Hidden states of blinking emitters as tables: what each state shows, where it leads, how often.

One emitter is on, off, or (where asked for) gray: dim for a while, anywhere between. A frame in
which it switches shows something between the two levels. Two emitters blink alike and
independently of each other. A steady emitter has one state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles

Ints = npt.NDArray[np.int64]
GRAY_LEVELS = tuple((k + 0.5) / 6.0 for k in range(5))
GRAY_WIDTH = 1.0 / 6.0
THIRDS = (1.0 / 6.0, 0.5, 5.0 / 6.0)
"""Middles of the three parts that stand for a brightness anywhere between off and on."""
FORGOTTEN_BLINKS = 0.5
"""What is thought of the rates before anything is seen weighs as much as so many blinks."""
FORGOTTEN_GRAYS = 0.1


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
    """stay, dim, gray, brighten, flash; stay-gray and brighten-gray of gray states"""
    part: float = 1.0


@dataclass(frozen=True)
class States:
    """Tables for the recursion."""

    emitters: int
    heights: Doubles
    widths: Doubles
    links: tuple[Link, ...]
    lit: tuple[int, ...]
    """Emitters that are on, per state."""
    gray: tuple[bool, ...]

    @cached_property
    def sources(self) -> Ints:
        """Per link."""
        return np.array([link.source for link in self.links])

    @cached_property
    def targets(self) -> Ints:
        """Per link."""
        return np.array([link.target for link in self.links])

    @cached_property
    def shapes(self) -> Ints:
        """Per link."""
        return np.array([link.shape for link in self.links])

    @property
    def has_gray(self) -> bool:
        """Whether dim times that last are among the states."""
        return any(self.gray)

    @cached_property
    def _on(self) -> Doubles:
        return np.array([self.lit[link.source] for link in self.links], np.float64)

    @cached_property
    def _off(self) -> Doubles:
        """Emitters that are dark or gray at the source of each link."""
        return self.emitters - self._on

    @cached_property
    def _parts(self) -> Doubles:
        return np.array([link.part for link in self.links])

    @cached_property
    def _of_kind(self) -> dict[str, npt.NDArray[np.bool_]]:
        kinds = ("stay", "dim", "gray", "brighten", "flash", "stay-gray", "brighten-gray")
        return {kind: np.array([link.kind == kind for link in self.links]) for kind in kinds}

    def chances(self, rates: Rates, spacing_s: Doubles) -> Doubles:
        """Of every link, for each distance of successive frames: (distances, links)."""
        return np.array([self._chances(rates, s) for s in spacing_s.tolist()])

    def _chances(self, rates: Rates, s: float) -> Doubles:
        stays_on, stays_dark = math.exp(-rates.to_dark * s), math.exp(-rates.to_on * s)
        kind = self._of_kind
        rest = stays_on**self._on * stays_dark**self._off
        flash = self._on * ((1.0 - stays_on) * (1.0 - stays_dark) / 2.0)
        dims = (1.0 - stays_on) / stays_on * rest
        chance = np.where(kind["stay"], rest * (1.0 - flash), 0.0)
        chance += kind["flash"] * rest * flash
        chance += kind["dim"] * dims * (1.0 - rates.gray)
        chance += kind["gray"] * dims * rates.gray
        chance += kind["brighten"] * ((1.0 - stays_dark) / stays_dark) * rest
        chance += kind["stay-gray"] * stays_dark + kind["brighten-gray"] * (1.0 - stays_dark)
        chance *= self._parts
        # two emitters never switch in the same frame: the others take their chance
        return np.asarray(
            chance / np.bincount(self.sources, chance, len(self.lit))[self.sources], np.float64
        )

    def first(self, rates: Rates) -> Doubles:
        """Chances at the beginning of the film."""
        on = rates.to_on / (rates.to_on + rates.to_dark)
        share = 1.0 - rates.gray if self.has_gray else 1.0
        grays = max(sum(self.gray), 1)
        first = np.array(
            [
                (1.0 - on) * rates.gray / grays
                if gray
                else on**lit * ((1.0 - on) * share) ** (self.emitters - lit)
                for lit, gray in zip(self.lit, self.gray, strict=True)
            ]
        )
        return np.asarray(first / first.sum(), np.float64)

    def fitted(self, usage: Doubles, spacing_s: float, before: Rates) -> Rates:
        """Rates from how often each link was used, and a little of the rates `before`."""
        kind, old = self._of_kind, FORGOTTEN_BLINKS
        dims = float(usage[kind["dim"] | kind["gray"] | kind["flash"]].sum())
        brightens = float(usage[kind["brighten"] | kind["brighten-gray"] | kind["flash"]].sum())
        grays = float(usage[kind["gray"]].sum())
        on_s, dark_s = (float(usage @ many) * spacing_s for many in (self._on, self._off))
        to_dark = (dims + old) / (on_s + old / before.to_dark)
        to_on = (brightens + old) / (dark_s + old / before.to_on)
        fastest = 1.0 / spacing_s
        gray = (grays + FORGOTTEN_GRAYS) / (dims + 2.0 * FORGOTTEN_GRAYS) if self.has_gray else 0.0
        return Rates(min(to_dark, fastest), min(to_on, fastest), min(gray, 0.95))


@lru_cache
def one_emitter(*, gray: bool) -> States:
    """On, off, and with `gray` five dim levels that last."""
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
                Link(state, 0, stays + 1, "brighten-gray"),
            ]
    table = np.array(shapes)
    return States(
        1, table[:, :1].copy(), table[:, 1:].copy(), tuple(links), tuple(lit), tuple(grays)
    )


@lru_cache
def steady_emitters(count: int) -> States:
    """So many that do not blink."""
    link = Link(0, 0, 0, "stay")
    return States(count, np.ones((1, count)), np.zeros((1, count)), (link,), (count,), (False,))


@lru_cache
def two_emitters() -> States:
    """Both on, one, the other, none; one of them at a time switches."""
    states = list(product((1, 0), repeat=2))
    heights: list[tuple[float, ...]] = [tuple(map(float, on)) for on in states]
    widths: list[tuple[float, ...]] = [(0.0, 0.0)] * len(states)
    links = [Link(k, k, k, "stay") for k in range(len(states))]
    for source, on in enumerate(states):
        for e in range(2):
            if not on[e]:
                continue
            target = states.index(tuple(0 if i == e else v for i, v in enumerate(on)))
            for third in THIRDS:
                heights.append(tuple(third if i == e else float(v) for i, v in enumerate(on)))
                widths.append(tuple(1.0 / 3.0 if i == e else 0.0 for i in range(2)))
                at = len(heights) - 1
                links += [
                    Link(source, target, at, "dim", 1.0 / 3.0),
                    Link(target, source, at, "brighten", 1.0 / 3.0),
                    Link(source, source, at, "flash", 1.0 / 3.0 / sum(on)),
                ]
    return States(
        2,
        np.array(heights),
        np.array(widths),
        tuple(links),
        tuple(sum(on) for on in states),
        (False,) * len(states),
    )
