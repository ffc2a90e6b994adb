"""What the kernels of blinking trajectories are told, and where they work: named arrays, no code.

n frames, E emitters, K shapes, S states, p parameters. Links of the same source and target make
one edge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from onset.analysis.logistic import Doubles

Ints = npt.NDArray[np.int64]
ROWS = 16
"""Of scratch: seven of one shape, then two and three, or three and six, of all shapes together."""


class Tables(NamedTuple):
    """Hidden states; the first eight are of links, which are sorted by shape."""

    sources: Ints
    targets: Ints
    shapes: Ints
    edges: Ints
    kinds: Ints
    parts: Doubles
    on: Doubles
    """Emitters that are on at the source ..."""
    off: Doubles
    """... and those that are dark or gray there."""
    heights: Doubles
    """(K, E)"""
    widths: Doubles
    hub: int
    """1 where every edge stays, or begins or ends in the first state; edges are sorted then: its
    own, and of every other state that stays, that comes from it, that leads to it."""
    edge_sources: Ints
    edge_targets: Ints
    incoming: Ints
    """Edges in the order of their targets, and where in it each target begins, (S + 1,)."""
    incoming_of: Ints
    outgoing: Ints
    """The same of their sources."""
    outgoing_of: Ints
    lit: Ints
    """(S,) emitters that are on."""
    gray: Ints
    """(S,) 1 where the state is gray."""


class Seen(NamedTuple):
    """A trajectory; arrays (n,)."""

    times: Doubles
    exposures: Doubles
    values: Doubles
    floor: float
    gain: float
    down: float
    outlier: float
    """Density of a frame that may lie anywhere."""
    interval: float
    longest: float
    """Exposure."""
    spacings: Doubles
    """Distances from a frame to the next that there are."""
    which: Ints
    """Which of them each frame has; most have the first."""
    odd: Ints
    """The frames that have another."""


class Desk(NamedTuple):
    """Memory that one likelihood works in, filled anew by each evaluation."""

    rises: Doubles
    """(3, E, n): share of the light of each emitter, its slopes in t0 and in log tau."""
    density: Doubles
    """(K, n): likelihood of each frame in each shape."""
    ways: Doubles
    """(edges, n): the same of each edge, times its chance."""
    forward: Doubles
    """(S, n + 1)"""
    backward: Doubles
    """(S, n): of the states after each frame."""
    scales: Doubles
    """Of every few frames."""
    scratch: Doubles
    """(ROWS, n)"""
    chances: Doubles
    """(spacings, links)"""
    first: Doubles
    """(S,) chances of the states at the beginning."""
    bounds: Ints
    """Where the parts of the film begin in which emitters rise, shine, or do not."""
    regimes: Ints
    """Which of them shine in a part, bit by bit; MOVING where one rises or falls."""
    pull: Doubles
    """(p,) slope of the log-likelihood."""
    matrix: Doubles
    """(p, p) information if the states were known."""
    usage: Doubles
    """(links,) how often each was used on the plateau."""
    squares: Doubles
    """(2,) squared residuals of frames wholly in a state, in units of the noise; their number."""
