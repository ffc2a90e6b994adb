"""Forward and backward recursion over hidden states; nothing here knows what these mean."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking_tables import Desk, Ints, Seen, Tables
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
        if tables.hub > 0:
            pass_hub(desk.ways, t, 1, 2, now)
        else:
            pass_edges(
                desk.ways, t, tables.incoming, tables.incoming_of, tables.edge_sources, now, then
            )
        if t % RESCALED == RESCALED - 1 or t == n - 1:
            whole = 0.0
            for state in range(states):
                whole += now[state]
            scale = 1.0 / whole
            desk.scales[t // RESCALED] = scale
            total += math.log(whole)
            for state in range(states):
                now[state] *= scale
        for state in range(states):
            desk.forward[state, t + 1] = now[state]
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
        if tables.hub > 0:
            pass_hub(desk.ways, t, 2, 1, now)
        else:
            pass_edges(
                desk.ways, t, tables.outgoing, tables.outgoing_of, tables.edge_targets, now, then
            )


@compiled
def pass_hub(ways: Doubles, t: int, there: int, back: int, now: Doubles) -> None:
    """Carry chances through frame t where all go by the first state.

    `there` and `back` are the places of the edges from the hub and to it among the three of each
    other state.
    """
    hub = now[0]
    gathered = hub * ways[0, t]
    for state in range(np.uint64(1), np.uint64(now.size)):
        own = np.uint64(3) * state - np.uint64(2)
        here = now[state]
        gathered += here * ways[own + np.uint64(back), t]
        now[state] = here * ways[own, t] + hub * ways[own + np.uint64(there), t]
    now[0] = gathered


@compiled
def pass_edges(
    ways: Doubles, t: int, order: Ints, begins: Ints, ends: Ints, now: Doubles, then: Doubles
) -> None:
    """The same along any edges; `ends` is where each comes from."""
    for state in range(now.size):
        gathered = 0.0
        for i in range(begins[state], begins[state + 1]):
            gathered += now[ends[order[i]]] * ways[order[i], t]
        then[state] = gathered
    for state in range(now.size):
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
