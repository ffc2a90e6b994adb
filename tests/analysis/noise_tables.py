"""Camera noise drawn at a few ns per pixel from the exact distribution of its counts.

The distribution of a pixel is tabled for many levels of light, 0.4 % apart, and drawn by the alias
method (A. J. Walker, ACM Trans. Math. Softw. 1977, 3, 253); every frame is drawn afresh, so that
the far tails, which decide about false spots, are as rare and as independent as in a camera.
"""

import numba
import numpy as np
from scipy import stats
from scipy.special import ndtr

LEVEL_STEP = 0.004
FINE = 4
"""Points per ADU of a multiplied distribution before it is rounded."""
LEAST = 1e-15
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Tables:
    """Counts, in ADU above the offset, of pixels whose light lies between two levels (e-)."""

    def __init__(self, lowest_e, highest_e, distribution):
        self.first = np.log(lowest_e)
        count = int(np.ceil((np.log(highest_e) - self.first) / LEVEL_STEP)) + 1
        levels = lowest_e * np.exp(LEVEL_STEP * np.arange(count))
        tables = [distribution(level) for level in levels]
        longest = max(shares.size for shares, _ in tables)
        self.keep = np.zeros((count, longest), np.uint32)
        self.other = np.zeros((count, longest), np.int32)
        self.sizes = np.array([shares.size for shares, _ in tables])
        self.lowest = np.array([lowest for _, lowest in tables])
        for k, (shares, _) in enumerate(tables):
            keep, self.other[k, : shares.size] = alias(shares)
            self.keep[k, : shares.size] = np.minimum(keep * 2.0**32, 2.0**32 - 1)

    def index(self, light_e):
        """Where a light, e- per px, lies among the levels."""
        return ((np.log(light_e) - self.first) / LEVEL_STEP).astype(np.float32)

    def draw(self, index, rng):
        """One count per pixel; between two levels either, as often as it is near."""
        counts = np.empty(index.shape, np.float32)
        seed = np.uint64(rng.integers(1 << 62))
        draw(index, self.keep, self.other, self.sizes, self.lowest, seed, counts)
        return counts


def plain(level_e, gain, read_e):
    """Shares of whole ADU and the lowest one: shot and read noise, rounded."""
    fewest = int(max(0, stats.poisson.ppf(LEAST, level_e)))
    electrons = np.arange(fewest, int(stats.poisson.isf(LEAST, level_e)) + 2)
    lowest = int(np.floor((electrons[0] - 8 * read_e) * gain))
    adu = np.arange(lowest, int((electrons[-1] + 8 * read_e) * gain) + 2)
    upper = ((adu[:, None] + 0.5) / gain - electrons) / read_e
    lower = upper - 1 / gain / read_e
    # beyond the middle from the other side: 1 - (1 - p) would spoil the tail
    inside = np.where(lower > 0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
    return inside @ stats.poisson.pmf(electrons, level_e), lowest


def multiplied(level_e, gain, read_e):
    """The same behind a multiplication register, ADU per electron `gain`, from its transform."""
    highest = (level_e + 40 + 12 * np.sqrt(2 * level_e) + 20 * read_e) * gain
    points = 1 << int(np.ceil(np.log2((highest + 20 * read_e * gain + 40) * FINE)))
    t = 2 * np.pi * np.fft.fftfreq(points) * FINE
    transform = np.exp(level_e * (1 / (1 - 1j * t * gain) - 1) - (read_e * gain * t) ** 2 / 2)
    density = np.fft.fft(transform).real / points
    lowest = -int(np.ceil(12 * read_e * gain + 2))
    at = np.arange(lowest * FINE, lowest * FINE + points)
    shares = np.bincount(np.rint(at / FINE).astype(int) - lowest, density[at % points])
    shares[shares < LEAST] = 0.0
    return shares[: np.flatnonzero(shares)[-1] + 1], lowest


@numba.njit(cache=True)
def alias(shares):
    """For each count how often it is kept, and which one is taken instead."""
    n = shares.size
    keep, other = shares * n / shares.sum(), np.arange(n)
    few, many = [k for k in range(n) if keep[k] < 1], [k for k in range(n) if keep[k] >= 1]
    while few and many:
        a, b = few.pop(), many.pop()
        other[a] = b
        keep[b] -= 1 - keep[a]
        (few if keep[b] < 1 else many).append(b)
    for k in few + many:
        keep[k] = 1.0
    return keep, other


@numba.njit(cache=True)
def mixed(z):
    """Random bits of a counter (G. L. Steele et al., splitmix64)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True)
def draw(index, keep, other, sizes, lowest, seed, counts):
    most = np.float32(sizes.size - 1)
    for y in range(index.shape[0]):
        for x in range(index.shape[1]):
            seed += GOLDEN
            bits = mixed(seed)
            at = min(max(index[y, x], np.float32(0)), most)
            level = int(at)
            share = (at - np.float32(level)) * np.float32(1 << 24)
            level += np.float32(np.uint32(bits & np.uint64(0xFFFFFF))) < share
            scaled = (bits >> np.uint64(32)) * np.uint64(sizes[level])
            k = int(scaled >> np.uint64(32))
            if np.uint32(scaled & np.uint64(0xFFFFFFFF)) >= keep[level, k]:
                k = other[level, k]
            counts[y, x] = np.float32(k + lowest[level])
