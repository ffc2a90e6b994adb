"""Forward and backward recursion over hidden states; nothing here knows what these mean."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking_tables import Desk, Seen, Tables
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles

RESCALED = 8
"""So many frames are multiplied before their likelihood is taken out."""


@compiled
def weigh_edges(seen: Seen, tables: Tables, desk: Desk) -> None:
    """Chance of every edge times the likelihood of every frame on it."""
    begun = np.zeros(desk.ways.shape[0], np.bool_)
    for link in range(tables.shapes.size):
        edge, chance = tables.edges[link], desk.chances[0, link]
        way, density = desk.ways[edge], desk.density[tables.shapes[link]]
        if begun[edge]:
            for t in range(np.uint64(way.size)):
                way[t] += chance * density[t]
        else:
            for t in range(np.uint64(way.size)):
                way[t] = chance * density[t]
        begun[edge] = True
    for t in seen.odd:
        desk.ways[:, t] = 0.0
        for link in range(tables.shapes.size):
            chance = desk.chances[seen.which[t], link]
            desk.ways[tables.edges[link], t] += chance * desk.density[tables.shapes[link], t]


@compiled
def go_forward(tables: Tables, desk: Desk) -> float:
    """Chances of the states before each frame, given those before; the log-likelihood."""
    states, n = desk.backward.shape
    now, then = desk.first.copy(), np.empty(states)
    desk.forward[:, 0] = now
    total = 0.0
    for t in range(n):
        whole = 0.0
        for state in range(states):
            gathered = 0.0
            for i in range(tables.incoming_of[state], tables.incoming_of[state + 1]):
                edge = tables.incoming[i]
                gathered += now[tables.edge_sources[edge]] * desk.ways[edge, t]
            then[state] = gathered
            whole += gathered
        if t % RESCALED == RESCALED - 1 or t == n - 1:
            scale = 1.0 / whole
            desk.scales[t // RESCALED] = scale
            total += math.log(whole)
            for state in range(states):
                then[state] *= scale
        for state in range(states):
            now[state] = then[state]
            desk.forward[state, t + 1] = then[state]
    return total


@compiled
def go_backward(tables: Tables, desk: Desk) -> None:
    """What the later frames say of the states after each, so that with `forward` it sums to 1."""
    states, n = desk.backward.shape
    now, then = np.ones(states), np.empty(states)
    for t in range(n - 1, -1, -1):
        if t % RESCALED == RESCALED - 1 or t == n - 1:
            scale = desk.scales[t // RESCALED]
            for state in range(states):
                now[state] *= scale
        for state in range(states):
            desk.backward[state, t] = now[state]
            gathered = 0.0
            for i in range(tables.outgoing_of[state], tables.outgoing_of[state + 1]):
                edge = tables.outgoing[i]
                gathered += now[tables.edge_targets[edge]] * desk.ways[edge, t]
            then[state] = gathered
        for state in range(states):
            now[state] = then[state]


@compiled
def add_link(seen: Seen, tables: Tables, desk: Desk, link: int, out: Doubles) -> None:
    """Add the chance that a frame went this way, over its likelihood in the link's shape."""
    forward, backward = desk.forward[tables.sources[link]], desk.backward[tables.targets[link]]
    chance = desk.chances[0, link]
    for t in range(np.uint64(out.size)):
        out[t] += chance * forward[t] * backward[t]
    for t in seen.odd:
        out[t] += (desk.chances[seen.which[t], link] - chance) * forward[t] * backward[t]
