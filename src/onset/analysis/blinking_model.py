"""Hidden states of blinking emitters as tables: what each state shows, where it leads, how often.

One emitter is on, off, or (where asked for) gray: dim for a while, anywhere between. A frame in
which it switches shows something between the two levels. Two emitters blink alike and
independently of each other. A steady emitter has one state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, product

import numpy as np

from onset.analysis.blinking_rates import (
    BRIGHTEN,
    BRIGHTEN_GRAY,
    DIM,
    FLASH,
    GRAY,
    STAY,
    STAY_GRAY,
)
from onset.analysis.blinking_tables import Ints, Tables
from onset.analysis.logistic import Doubles

GRAY_LEVELS = tuple((k + 0.5) / 6.0 for k in range(5))
GRAY_WIDTH = 1.0 / 6.0
SOME_GRAY, GRAY_SPREAD = 0.4, 0.8
"""One dim level that stands for all of them."""
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
    kind: int
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

    @property
    def has_gray(self) -> bool:
        """Whether dim times that last are among the states."""
        return any(self.gray)

    @cached_property
    def tables(self) -> Tables:
        """As the kernels are told them."""
        links = sorted(self.links, key=lambda link: link.shape)
        edges = list(dict.fromkeys((link.source, link.target) for link in links))
        hub = _around_a_hub(len(self.lit))
        edges = hub if set(hub) == set(edges) else edges
        sources, targets = _ints(a for a, _ in edges), _ints(b for _, b in edges)
        on = np.array([self.lit[link.source] for link in links], np.float64)
        return Tables(
            sources=_ints(link.source for link in links),
            targets=_ints(link.target for link in links),
            shapes=_ints(link.shape for link in links),
            edges=_ints(edges.index((link.source, link.target)) for link in links),
            kinds=_ints(link.kind for link in links),
            parts=np.array([link.part for link in links]),
            on=on,
            off=self.emitters - on,
            heights=self.heights,
            widths=self.widths,
            hub=int(edges is hub),
            edge_sources=sources,
            edge_targets=targets,
            incoming=np.argsort(targets, kind="stable").astype(np.int64),
            incoming_of=_begins(targets, len(self.lit)),
            outgoing=np.argsort(sources, kind="stable").astype(np.int64),
            outgoing_of=_begins(sources, len(self.lit)),
            lit=_ints(self.lit),
            gray=_ints(self.gray),
        )


def _around_a_hub(states: int) -> list[tuple[int, int]]:
    """Edges between the first state and each of the others, as `Tables` sorts them."""
    others = [[(state, state), (0, state), (state, 0)] for state in range(1, states)]
    return [(0, 0), *chain.from_iterable(others)]


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(list(numbers), np.int64)


def _begins(ends: Ints, states: int) -> Ints:
    """Where the edges of each state begin, once they are sorted by state."""
    return np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=states))]).astype(np.int64)


@lru_cache
def one_emitter(*, gray: bool) -> States:
    """On, off, and with `gray` five dim levels that last."""
    shapes: list[tuple[float, float]] = [(1.0, 0.0), (0.0, 0.0)]
    links = [Link(0, 0, 0, STAY), Link(1, 1, 1, STAY)]
    for third in THIRDS:
        shapes.append((third, 1.0 / 3.0))
        at = len(shapes) - 1
        links += [
            Link(0, 1, at, DIM, 1.0 / 3.0),
            Link(1, 0, at, BRIGHTEN, 1.0 / 3.0),
            Link(0, 0, at, FLASH, 1.0 / 3.0),
        ]
    lit, grays = [1, 0], [False, False]
    if gray:
        for level in GRAY_LEVELS:
            state, stays = len(lit), len(shapes)
            lit.append(0)
            grays.append(True)
            shapes += [(level, GRAY_WIDTH), ((1.0 + level) / 2.0, 1.0 - level)]
            links += [
                Link(state, state, stays, STAY_GRAY),
                Link(0, state, stays + 1, GRAY, 1.0 / len(GRAY_LEVELS)),
                Link(state, 0, stays + 1, BRIGHTEN_GRAY),
            ]
    table = np.array(shapes)
    return States(
        1, table[:, :1].copy(), table[:, 1:].copy(), tuple(links), tuple(lit), tuple(grays)
    )


@lru_cache
def steady_emitters(count: int) -> States:
    """So many that do not blink."""
    link = Link(0, 0, 0, STAY)
    return States(count, np.ones((1, count)), np.zeros((1, count)), (link,), (count,), (False,))


@lru_cache
def alike_emitters(count: int, *, gray: bool) -> States:
    """Each on, off, or with `gray` dim for a while; one of them at a time switches."""
    modes = ((1.0, 0.0), (0.0, 0.0), (SOME_GRAY, GRAY_SPREAD))[: 3 if gray else 2]
    states = list(product(range(len(modes)), repeat=count))
    shapes = [[modes[m] for m in state] for state in states]
    links = [Link(k, k, k, STAY) for k in range(len(states))]
    for source, state in enumerate(states):
        on = state.count(0)
        for e in (e for e in range(count) if state[e] == 0):
            dark = states.index((*state[:e], 1, *state[e + 1 :]))
            for third in THIRDS:
                at = _with(shapes, source, e, (third, 1.0 / 3.0))
                links += [
                    Link(source, dark, at, DIM, 1.0 / 3.0),
                    Link(dark, source, at, BRIGHTEN, 1.0 / 3.0),
                    Link(source, source, at, FLASH, 1.0 / 3.0 / on),
                ]
            if gray:
                dim = states.index((*state[:e], 2, *state[e + 1 :]))
                at = _with(shapes, source, e, ((1.0 + SOME_GRAY) / 2.0, 1.0 - SOME_GRAY))
                links += [Link(source, dim, at, GRAY), Link(dim, source, at, BRIGHTEN)]
    table = np.array(shapes)
    return States(
        count,
        table[:, :, 0].copy(),
        table[:, :, 1].copy(),
        tuple(links),
        tuple(state.count(0) for state in states),
        tuple(2 in state for state in states),
    )


def _with(
    shapes: list[list[tuple[float, float]]], like: int, e: int, shape: tuple[float, float]
) -> int:
    """Place of a new shape that differs from another in one emitter."""
    shapes.append([*shapes[like][:e], shape, *shapes[like][e + 1 :]])
    return len(shapes) - 1
