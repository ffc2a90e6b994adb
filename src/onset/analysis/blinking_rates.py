"""Chances of hidden states from the rates of blinking, and rates from how states were used."""

from __future__ import annotations

import math

import numpy as np

from onset.analysis.blinking_tables import Desk, Seen, Tables
from onset.analysis.compiled import compiled
from onset.analysis.logistic import Doubles

STAY, DIM, GRAY, BRIGHTEN, FLASH, STAY_GRAY, BRIGHTEN_GRAY = range(7)
"""Kinds of links."""
FORGOTTEN_BLINKS = 0.5
"""What is thought of the rates before anything is seen weighs as much as so many blinks."""
FORGOTTEN_GRAYS = 0.1
MOST_GRAY = 0.95


@compiled
def set_chances(seen: Seen, tables: Tables, rates: Doubles, desk: Desk) -> None:
    """Chances of links and of the first states at `rates`: to dark, to on, part that is gray."""
    links, sums = tables.shapes.size, np.empty(tables.lit.size)
    for row in range(seen.spacings.size):
        s = seen.spacings[row]
        stays_on, stays_dark = math.exp(-rates[0] * s), math.exp(-rates[1] * s)
        if row > 0:
            # in a gap it may switch many times
            part = rates[1] / (rates[0] + rates[1])
            stays_on, stays_dark = max(stays_on, part), max(stays_dark, 1.0 - part)
        sums[:] = 0.0
        for link in range(links):
            on, off = tables.on[link], tables.off[link]
            chance = chance_of(tables.kinds[link], on, off, stays_on, stays_dark, rates[2])
            desk.chances[row, link] = chance * tables.parts[link]
            sums[tables.sources[link]] += desk.chances[row, link]
        # two emitters never switch in the same frame: the others take their chance
        for link in range(links):
            desk.chances[row, link] /= sums[tables.sources[link]]
    set_first(tables, rates, desk.first)


@compiled
def chance_of(
    kind: int, on: float, off: float, stays_on: float, stays_dark: float, gray: float
) -> float:
    """Of a link from a state in which so many emitters are on and off."""
    if kind == STAY_GRAY:
        return stays_dark
    if kind == BRIGHTEN_GRAY:
        return 1.0 - stays_dark
    rest: float = stays_on**on * stays_dark**off
    flash = on * ((1.0 - stays_on) * (1.0 - stays_dark) / 2.0)
    if kind == STAY:
        return rest * (1.0 - flash)
    if kind == FLASH:
        return rest * flash
    if kind == BRIGHTEN:
        return (1.0 - stays_dark) / stays_dark * rest
    dims = (1.0 - stays_on) / stays_on * rest
    return dims * gray if kind == GRAY else dims * (1.0 - gray)


@compiled
def set_first(tables: Tables, rates: Doubles, first: Doubles) -> None:
    """Chances of the states at the beginning of the film."""
    on, grays, emitters = (
        rates[1] / (rates[1] + rates[0]),
        tables.gray.sum(),
        tables.heights.shape[1],
    )
    share = 1.0 - rates[2] if grays > 0 else 1.0
    for state in range(tables.lit.size):
        if tables.gray[state] > 0:
            first[state] = (1.0 - on) * rates[2] / grays
        else:
            lit = tables.lit[state]
            first[state] = on**lit * ((1.0 - on) * share) ** (emitters - lit)
    first /= first.sum()


@compiled
def fit_rates(seen: Seen, tables: Tables, usage: Doubles, before: Doubles, rates: Doubles) -> None:
    """Rates from how often each link was used, and a little of the rates `before`."""
    dims, brightens, grays, on_s, dark_s = 0.0, 0.0, 0.0, 0.0, 0.0
    for link in range(usage.size):
        kind, used = tables.kinds[link], usage[link]
        if kind in (DIM, GRAY, FLASH):
            dims += used
        if kind in (BRIGHTEN, BRIGHTEN_GRAY, FLASH):
            brightens += used
        if kind == GRAY:
            grays += used
        on_s += used * tables.on[link] * seen.interval
        dark_s += used * tables.off[link] * seen.interval
    old, fastest = FORGOTTEN_BLINKS, 1.0 / seen.interval
    rates[0] = min((dims + old) / (on_s + old / before[0]), fastest)
    rates[1] = min((brightens + old) / (dark_s + old / before[1]), fastest)
    part = (grays + FORGOTTEN_GRAYS) / (dims + 2.0 * FORGOTTEN_GRAYS)
    rates[2] = min(part, MOST_GRAY) if tables.gray.sum() > 0 else 0.0
