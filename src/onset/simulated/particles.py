"""The draw of one sample: places, brightness, and lots that decide when each particle switches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from onset.simulated.preset import Preset

Floats = npt.NDArray[np.float64]
CYCLES = 4  # switches per particle: on, off, on, off
BLINKS = 256  # pairs of bright and dark time, then they repeat
SHAPE = 8.0  # of the gamma-distributed waiting lot: bell-shaped, skewed as the exchange models are
INCUBATION = 8.0  # of every lot, so that a rise does not begin before its front


class _Stream(IntEnum):
    """One random stream per purpose: a change of one leaves the others as they were."""

    PLACES = 1
    BRIGHTNESS = 2
    WAITING = 3
    SWITCHING = 4
    BLINKING = 5


@dataclass(frozen=True, slots=True)
class Particles:
    """Drawn once per seed; n particles, `CYCLES` switches each."""

    y_px: Floats
    x_px: Floats
    is_cluster: npt.NDArray[np.bool_]
    electrons_per_s: Floats
    waiting_lot: Floats
    """(CYCLES, n): the exposure to reagent, in units of `waiting_unit`, that a switch takes."""
    tau_factor: Floats
    """(CYCLES, n), mean 1."""
    blinks_s: Floats
    """(n, 2 * BLINKS): ends of bright, dark, bright ... times since the blinking began."""
    blinks_lit_s: Floats
    """(n, 2 * BLINKS): bright time up to each of them."""
    blink_start_s: Floats
    """(n,): how long particles that are bright from the start have been blinking at t = 0."""


def draw(preset: Preset, shape: tuple[int, int], seed: int) -> Particles:
    """The particles of `preset` on a sensor of `shape` (height, width).

    Raises ValueError when they do not fit in at the distance that the preset asks for.
    """
    n = preset.particles
    y_px, x_px, is_cluster = _places(preset, shape, _stream(seed, _Stream.PLACES))
    spread = preset.switching_spread
    blinking = _stream(seed, _Stream.BLINKING)
    pairs = blinking.exponential((preset.on_s or 1.0, preset.off_s), (n, BLINKS, 2))
    return Particles(
        y_px,
        x_px,
        is_cluster,
        preset.electrons_per_s
        * np.exp(_stream(seed, _Stream.BRIGHTNESS).normal(0.0, preset.electrons_spread, n)),
        INCUBATION + _stream(seed, _Stream.WAITING).gamma(SHAPE, size=(CYCLES, n)),
        np.exp(_stream(seed, _Stream.SWITCHING).normal(-(spread**2) / 2, spread, (CYCLES, n))),
        pairs.reshape(n, -1).cumsum(axis=1),
        np.repeat(pairs[:, :, 0].cumsum(axis=1), 2, axis=1),
        blinking.uniform(0.0, 100.0, n),
    )


def _stream(seed: int, purpose: _Stream) -> np.random.Generator:
    return np.random.default_rng([seed, int(purpose)])


def _places(
    preset: Preset, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Hosts well apart, and for each cluster a second particle beside its host."""
    pairs = round(preset.particles * preset.cluster_fraction / 2)
    hosts = _apart(preset, shape, preset.particles - pairs, rng)
    angle = rng.uniform(0.0, 2 * np.pi, pairs)
    beside = hosts[:pairs] + preset.cluster_px * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    places = np.concatenate([hosts, beside])
    is_cluster = np.zeros(preset.particles, dtype=np.bool_)
    is_cluster[:pairs] = is_cluster[preset.particles - pairs :] = True
    return places[:, 0].copy(), places[:, 1].copy(), is_cluster


def _apart(preset: Preset, shape: tuple[int, int], n: int, rng: np.random.Generator) -> Floats:
    low = preset.edge_px
    high = np.array(shape) - 1.0 - preset.edge_px
    places = np.empty((n, 2))
    placed = 0
    for _ in range(200 * n):
        if placed == n:
            return places
        candidate = rng.uniform(low, high)
        squares = ((places[:placed] - candidate) ** 2).sum(axis=1)
        if not placed or squares.min() >= preset.apart_px**2:
            places[placed] = candidate
            placed += 1
    if placed == n:
        return places
    raise ValueError(f"{n} particles {preset.apart_px} px apart do not fit into {shape} px")
