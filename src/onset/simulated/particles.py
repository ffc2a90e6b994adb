"""The draw of one sample: places, brightness, and lots that decide when each particle switches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from onset.simulated.lots import SHAPE
from onset.simulated.preset import Preset

Floats = npt.NDArray[np.float64]
CYCLES = 4  # switches per particle: on, off, on, off
BLINKS = 256  # pairs of bright and dark time, then they repeat


class _Stream(IntEnum):
    """One random stream per purpose: a change of one leaves the others as they were."""

    PLACES = 1
    BRIGHTNESS = 2
    WAITING = 3
    SWITCHING = 4
    BLINKING = 5
    SWAPS = 6
    GRAY = 7
    BLEACHING = 8
    DEGRADING = 9
    CONTAMINANTS = 10
    CLUSTERS = 11


@dataclass(frozen=True, slots=True)
class Specks:
    """Contaminants: always lit."""

    y_px: Floats
    x_px: Floats
    electrons_per_s: Floats


@dataclass(frozen=True, slots=True)
class Particles:
    """Drawn once per seed; n particles, `CYCLES` switches each."""

    y_px: Floats
    x_px: Floats
    is_cluster: npt.NDArray[np.bool_]
    electrons_per_s: Floats
    waiting_lot: Floats
    """(CYCLES, n): the progress at which a switch is seen, 1 of it the incubation."""
    tau_factor: Floats
    """(CYCLES, n), mean 1."""
    blinks_s: Floats
    """(n, 2 * BLINKS): ends of bright, dark, bright ... times since the blinking began."""
    blinks_lit_s: Floats
    """(n, 2 * BLINKS): bright time up to each of them, gray time counted by its brightness."""
    blink_start_s: Floats
    """(n,): how long particles that are bright from the start have been blinking at t = 0."""
    bleach_mj_per_cm2: Floats
    """(n,): the dose after which each is dark for good."""
    degrade_lot: Floats
    """(n,), mean 1."""
    swap_lots: Floats
    """(n, CYCLES * sites) with a Monte Carlo model, else (n, 0)."""
    rate_factor: Floats
    """(n,): of the rates of the Monte Carlo model."""
    specks: Specks


def draw(preset: Preset, shape: tuple[int, int], seed: int) -> Particles:
    """The particles of `preset` on a sensor of `shape` (height, width).

    Raises ValueError when they do not fit in at the distance that the preset asks for.
    """
    n = preset.particles
    y_px, x_px, is_cluster = _places(
        preset, shape, _stream(seed, _Stream.PLACES), _stream(seed, _Stream.CLUSTERS)
    )
    spread = preset.switching_spread
    blinking = _stream(seed, _Stream.BLINKING)
    pairs = _blinks(preset, blinking)
    lit = pairs * np.stack(
        [np.ones((n, BLINKS)), _gray_levels(preset, _stream(seed, _Stream.GRAY))], axis=2
    )
    swaps, sites = _stream(seed, _Stream.SWAPS), preset.sites if preset.kinetics else 0
    doses = _stream(seed, _Stream.BLEACHING).exponential(preset.bleach_mj_per_cm2 or 1.0, n)
    return Particles(
        y_px,
        x_px,
        is_cluster,
        preset.electrons_per_s
        * np.exp(_stream(seed, _Stream.BRIGHTNESS).normal(0.0, preset.electrons_spread, n)),
        1.0 + _stream(seed, _Stream.WAITING).gamma(SHAPE, size=(CYCLES, n)),
        np.exp(_stream(seed, _Stream.SWITCHING).normal(-(spread**2) / 2, spread, (CYCLES, n))),
        pairs.reshape(n, 2 * BLINKS).cumsum(axis=1),
        lit.reshape(n, 2 * BLINKS).cumsum(axis=1),
        blinking.uniform(0.0, 100.0, n),
        doses if preset.bleach_mj_per_cm2 else np.full(n, np.inf),
        _stream(seed, _Stream.DEGRADING).exponential(size=n),
        swaps.exponential(size=(n, CYCLES * sites)),
        np.exp(preset.rate_spread * swaps.normal(size=n)),
        _specks(preset, shape, _stream(seed, _Stream.CONTAMINANTS)),
    )


def _blinks(preset: Preset, rng: np.random.Generator) -> Floats:
    """Bright and dark times (n, BLINKS, 2)."""
    size = (preset.particles, BLINKS, 2)
    if preset.blinking == "telegraph":
        return rng.exponential((preset.on_s or 1.0, preset.off_s), size)
    power = 1.0 - preset.blink_exponent
    ratio = (preset.blink_most_s / preset.blink_least_s) ** power
    lasts: Floats = (1.0 - rng.random(size) * (1.0 - ratio)) ** (1.0 / power)
    return preset.blink_least_s * lasts


def _gray_levels(preset: Preset, rng: np.random.Generator) -> Floats:
    """Brightness of the dark times (n, BLINKS)."""
    size = (preset.particles, BLINKS)
    return np.where(rng.random(size) < preset.gray, rng.uniform(0.0, 0.7, size), 0.0)


def _specks(preset: Preset, shape: tuple[int, int], rng: np.random.Generator) -> Specks:
    n, edge = preset.contaminants, preset.edge_px
    bright = preset.electrons_per_s * np.exp(rng.normal(0.0, 2 * preset.electrons_spread, n))
    y_px, x_px = (rng.uniform(edge, side - 1.0 - edge, n) for side in shape)
    return Specks(y_px, x_px, bright)


def _stream(seed: int, purpose: _Stream) -> np.random.Generator:
    return np.random.default_rng([seed, int(purpose)])


def _places(
    preset: Preset,
    shape: tuple[int, int],
    rng: np.random.Generator,
    sizes: np.random.Generator,
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Hosts well apart, and for each cluster its others around its host."""
    extra = _others(preset, sizes)
    hosts = _apart(preset, shape, preset.particles - extra.size, rng)
    clusters = int(extra.max(initial=-1)) + 1
    angle = rng.uniform(0.0, 2 * np.pi, clusters)[extra]
    first = np.searchsorted(extra, extra)  # of its cluster
    angle += 2 * np.pi * (np.arange(extra.size) - first) / np.bincount(extra)[extra]
    beside = hosts[extra] + preset.cluster_px * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    places = np.concatenate([hosts, beside])
    is_cluster = np.zeros(preset.particles, dtype=np.bool_)
    is_cluster[:clusters] = is_cluster[preset.particles - extra.size :] = True
    return places[:, 0].copy(), places[:, 1].copy(), is_cluster


def _others(preset: Preset, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """For each particle that is not the first of its cluster, the number of that cluster."""
    wanted = preset.particles * preset.cluster_fraction
    most = round(wanted / 2)
    sizes = rng.integers(2, preset.cluster_most + 1, most)
    sizes = sizes[: np.searchsorted(sizes.cumsum(), wanted - 0.5) + 1] if most else sizes
    return np.repeat(np.arange(sizes.size), sizes - 1)


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
