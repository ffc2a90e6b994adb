"""Photon and read noise of a camera, fast: one 64-bit number per pixel and tables.

Means up to `TABLE_END` electrons: Walker's alias method on a grid uniform in the square root of
the mean, a mean between two rows drawn from either so that the average is right (variance at most
0.25 % too large). Above: normal quantiles with the Cornish-Fisher term for the skew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from onset.models.compiled import compiled

STEP = 0.05  # of the square root of the mean
ROWS = 161
TABLE_END = ((ROWS - 1) * STEP) ** 2
OUTCOMES = 128  # counts 0 ... 127: 8 sd above the largest mean of the table
QUANTILES = 4096
BLOCK = 1024  # pixels whose numbers stay in the nearest cache

Singles: TypeAlias = npt.NDArray[np.float32]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
S12, S32, S44 = np.uint64(12), np.uint64(32), np.uint64(44)
SHIFT7, LOW7, LOW12 = np.uint32(7), np.uint32(0x7F), np.uint32(0xFFF)


@dataclass(frozen=True, slots=True)
class Sensor:
    """A plain scientific camera, the same for all pixels."""

    offset_adu: float = 100.0
    electrons_per_adu: float = 0.5
    read_noise_electrons: float = 1.6


@dataclass(frozen=True, slots=True)
class Tables:
    """Alias tables (ROWS * OUTCOMES,) and the quantiles of the normal distribution."""

    alias: npt.NDArray[np.uint32]
    """Upper 25 bits: chance that an outcome stands for itself; lower 7: what it stands for else."""
    normal: Singles


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Made once, some 50 ms."""
    rows = [
        _alias(stats.poisson.pmf(np.arange(OUTCOMES), (row * STEP) ** 2)) for row in range(ROWS)
    ]
    normal = np.array([NormalDist().inv_cdf((k + 0.5) / QUANTILES) for k in range(QUANTILES)])
    normal /= normal.std()
    return Tables(np.concatenate(rows), normal.astype(np.float32))


def expose(
    electrons: Singles,
    sensor: Sensor,
    seed: int,
    frame: int,
    out: npt.NDArray[np.uint16],
) -> None:
    """One exposure of expected `electrons` (h, w) into `out` (h, w), ADU.

    The noise of a pixel depends on nothing but seed, frame number, place and expected electrons.
    """
    made = tables()
    key = np.random.SeedSequence([seed, frame]).generate_state(1, np.uint64)[0]
    _expose(
        electrons.ravel(),
        np.float32(sensor.offset_adu + 0.5),
        np.float32(1.0 / sensor.electrons_per_adu),
        np.float32(sensor.read_noise_electrons),
        key,
        made.alias,
        made.normal,
        out.reshape(-1),
    )


def _alias(chances: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    """Walker's construction (Vose's order) for one row of chances."""
    left = chances / chances.sum() * OUTCOMES
    other = np.arange(OUTCOMES, dtype=np.uint32)
    small = [k for k in range(OUTCOMES) if left[k] < 1.0]
    large = [k for k in range(OUTCOMES) if left[k] >= 1.0]
    while small and large:
        poor, rich = small.pop(), large[-1]
        other[poor] = rich
        left[rich] -= 1.0 - left[poor]
        if left[rich] < 1.0:
            small.append(large.pop())
    left[small + large] = 1.0
    keep = np.minimum(np.round(left * 2**25), 2**25 - 1)
    entries: npt.NDArray[np.uint32] = (keep * OUTCOMES + other).astype(np.uint32)
    return entries


@compiled
def _expose(
    electrons: Singles,
    offset: np.float32,
    adu_per_electron: np.float32,
    read_noise: np.float32,
    key: np.uint64,
    alias: npt.NDArray[np.uint32],
    normal: Singles,
    out: npt.NDArray[np.uint16],
) -> None:
    bits = np.empty(BLOCK, np.uint64)
    counts = np.empty(BLOCK, np.float32)
    entries = np.empty(BLOCK, np.uint32)
    for start in range(0, electrons.size, BLOCK):
        mean = electrons[start : start + BLOCK]
        adu = out[start : start + BLOCK]
        random_bits(key, start, bits)
        if mean.max() < np.float32(TABLE_END):
            few(mean, bits, alias, entries, counts)
        else:
            many(mean, bits, alias, normal, counts)
        for i in range(mean.size):
            z = normal[np.uint32(bits[i] >> S32) & LOW12]
            value = offset + (counts[i] + read_noise * z) * adu_per_electron
            value = value if value > np.float32(0.0) else np.float32(0.0)
            value = value if value < np.float32(65535.0) else np.float32(65535.0)
            adu[i] = np.uint16(np.int32(value))


@compiled
def random_bits(key: np.uint64, start: int, bits: npt.NDArray[np.uint64]) -> None:
    """Splitmix64 by counter."""
    for i in range(bits.size):
        b = key + np.uint64(start + i) * GOLDEN
        b = (b ^ (b >> S30)) * MIX_A
        b = (b ^ (b >> S27)) * MIX_B
        bits[i] = b ^ (b >> S31)


@compiled
def few(
    mean: Singles,
    bits: npt.NDArray[np.uint64],
    alias: npt.NDArray[np.uint32],
    entries: npt.NDArray[np.uint32],
    counts: Singles,
) -> None:
    """Counts by the table; loops without branches, so that the compiler can vectorise them."""
    for i in range(mean.size):
        entries[i] = _place(mean[i], bits[i])
    for i in range(mean.size):
        entries[i] = alias[entries[i]]
    for i in range(mean.size):
        counts[i] = _count(bits[i], entries[i])


@compiled
def many(
    mean: Singles,
    bits: npt.NDArray[np.uint64],
    alias: npt.NDArray[np.uint32],
    normal: Singles,
    counts: Singles,
) -> None:
    """Counts where some means are beyond the table."""
    for i in range(mean.size):
        if mean[i] < np.float32(TABLE_END):
            counts[i] = _count(bits[i], alias[_place(mean[i], bits[i])])
            continue
        z = normal[np.uint32(bits[i]) & LOW12] + normal[np.uint32(bits[i] >> S12) & LOW12]
        z *= np.float32(0.70710678)
        skew = (z * z - np.float32(1.0)) / np.float32(6.0)
        counts[i] = max(np.floor(mean[i] + np.sqrt(mean[i]) * z + skew + np.float32(0.5)), 0.0)


@compiled
def _place(mean: np.float32, bits: np.uint64) -> np.uint32:
    """Row (drawn with bits 44-63) and column (bits 0-6) of the alias table."""
    row = np.int32(np.sqrt(mean) * np.float32(1.0 / STEP))
    low = np.float32(row) * np.float32(STEP)
    high = np.float32(row + 1) * np.float32(STEP)
    part = np.float32(np.int32(bits >> S44)) * np.float32(2.0**-20)
    if part * (high * high - low * low) < mean - low * low:
        row += 1
    return np.uint32(row) * np.uint32(OUTCOMES) + (np.uint32(bits) & LOW7)


@compiled
def _count(bits: np.uint64, entry: np.uint32) -> np.float32:
    """The outcome (bits 0-6), or its alias where bits 7-31 say so."""
    drawn = np.uint32(bits)
    outcome = drawn if drawn >> SHIFT7 < entry >> SHIFT7 else entry
    return np.float32(np.int32(outcome & LOW7))
