"""Centre and width of one spot in a small window, by least squares; no decisions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.compiled import compiled

Doubles = npt.NDArray[np.float64]
STEPS = 6
FARTHEST_PX = 1.6
LONGEST_STEP_PX, LONGEST_WIDENING_PX = 0.7, 0.2
SENSELESS = 1e100
"""A step as long as this is none; compiled code is not asked what is infinite."""


@compiled
def solve(normal: Doubles, right: Doubles) -> None:
    """Solve a small symmetric positive system in place: `right` becomes the solution."""
    n = right.size
    for i in range(n):
        pivot = normal[i, i] + 1e-30
        for j in range(i + 1, n):
            factor = normal[j, i] / pivot
            for k in range(i, n):
                normal[j, k] -= factor * normal[i, k]
            right[j] -= factor * right[i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= normal[i, k] * right[k]
        right[i] /= normal[i, i] + 1e-30


@compiled
def step(
    seen: Doubles, weights: Doubles, y: float, x: float, sigma: float, amplitude: float, basis: int
) -> Doubles:
    """Amplitude, ground, and the steps of y and x (basis 4), of the width (3), or none (2)."""
    normal, right = np.zeros((basis, basis)), np.zeros(basis)
    terms = np.zeros(basis)
    for i in range(seen.shape[0]):
        for j in range(seen.shape[1]):
            dy, dx = i - y, j - x
            shape = np.exp(-(dy * dy + dx * dx) / (2.0 * sigma * sigma))
            terms[0], terms[1] = shape, 1.0
            if basis == 4:
                terms[2] = amplitude * shape * dy / sigma**2
                terms[3] = amplitude * shape * dx / sigma**2
            elif basis == 3:
                terms[2] = amplitude * shape * (dy * dy + dx * dx) / sigma**3
            for a in range(basis):
                right[a] += weights[i, j] * terms[a] * seen[i, j]
                for b in range(basis):
                    normal[a, b] += weights[i, j] * terms[a] * terms[b]
    solve(normal, right)
    return right


def fit_place(
    seen: Doubles, weights: Doubles, guess_y: float, guess_x: float, sigma: float
) -> tuple[float, float, float]:
    """Row and column in the window, then sigma there (0 where it is none)."""
    if not np.isfinite(seen.sum() + weights.sum()):
        return guess_y, guess_x, 0.0
    return approach(seen, weights, guess_y, guess_x, sigma)


@compiled
def approach(
    seen: Doubles, weights: Doubles, guess_y: float, guess_x: float, sigma: float
) -> tuple[float, float, float]:
    """The same of finite values, by Gauss-Newton.

    Amplitude and ground are fitted with them; the width after the centre.
    """
    y, x = guess_y, guess_x
    for _ in range(STEPS):
        amplitude = step(seen, weights, y, x, sigma, 0.0, 2)[0]
        if not amplitude > 0.0:
            return y, x, 0.0
        moved = step(seen, weights, y, x, sigma, amplitude, 4)
        if not abs(moved[2]) + abs(moved[3]) < SENSELESS:
            return y, x, 0.0
        y += min(max(moved[2], -LONGEST_STEP_PX), LONGEST_STEP_PX)
        x += min(max(moved[3], -LONGEST_STEP_PX), LONGEST_STEP_PX)
        y = min(max(y, guess_y - FARTHEST_PX), guess_y + FARTHEST_PX)
        x = min(max(x, guess_x - FARTHEST_PX), guess_x + FARTHEST_PX)
    width = sigma
    for _ in range(STEPS):
        amplitude = step(seen, weights, y, x, width, 0.0, 2)[0]
        wider = step(seen, weights, y, x, width, amplitude, 3)[2]
        if not (amplitude > 0.0 and abs(wider) < SENSELESS):
            return y, x, 0.0
        width += min(max(wider, -LONGEST_WIDENING_PX), LONGEST_WIDENING_PX)
        width = min(max(width, sigma / 2.0), 2.0 * sigma)
    inside = sigma / 2.0 < width and width < 2.0 * sigma  # noqa: PLR1716 - for the compiler
    return y, x, width if inside else 0.0
