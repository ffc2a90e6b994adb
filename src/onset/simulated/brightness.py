"""Mean brightness of each particle during an exposure, from its switches and its blinking."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from onset.models.compiled import compiled

Floats = npt.NDArray[np.float64]


@compiled
def softplus(x: float) -> float:
    """log(1 + exp(x)), the integral of the logistic function."""
    if x > 35.0:
        return x
    return math.log1p(math.exp(x))


@compiled
def mean_rise(a_s: float, b_s: float, front_s: float, centre_s: float, tau_s: float) -> float:
    """Mean over [a, b] of the logistic step at `centre_s`, made to begin at 0 at its front."""
    begin_s = max(a_s, front_s)
    if begin_s >= b_s:
        return 0.0
    area = tau_s * (softplus((b_s - centre_s) / tau_s) - softplus((begin_s - centre_s) / tau_s))
    foot = 1.0 / (1.0 + math.exp(min((centre_s - front_s) / tau_s, 700.0)))
    return (area - foot * (b_s - begin_s)) / ((1.0 - foot) * (b_s - a_s))


@compiled
def at_grade(level: float, seen: Floats) -> float:
    """Brightness at `level` (0 to 1) of a rise, between the grades of `seen`."""
    place = min(max(level, 0.0), 1.0) * (seen.size - 1)
    k = min(int(place), seen.size - 2)
    return float(seen[k] + (seen[k + 1] - seen[k]) * (place - k))


@compiled
def bright_s(t_s: float, ends_s: Floats, lit_s: Floats) -> float:
    """Bright time since the blinking began; the pattern repeats after its last dark time.

    `ends_s`: ends of bright, dark, bright ... times; `lit_s`: bright time up to each of them, what
    is gray counted by its brightness.
    """
    rounds = math.floor(t_s / ends_s[-1])
    rest_s = t_s - rounds * ends_s[-1]
    k = min(np.searchsorted(ends_s, rest_s), ends_s.size - 1)
    begin_s = ends_s[k - 1] if k else 0.0
    lit = lit_s[k - 1] if k else 0.0
    if ends_s[k] > begin_s:
        lit += (lit_s[k] - lit) * (rest_s - begin_s) / (ends_s[k] - begin_s)
    return float(rounds * lit_s[-1] + lit)


@compiled
def bright_part(a_s: float, b_s: float, from_s: float, ends_s: Floats, lit_s: Floats) -> float:
    """Part of [a, b] in which a particle that blinks from `from_s` on is bright."""
    if b_s <= from_s:
        return 1.0
    begin_s = max(a_s, from_s)
    lit = bright_s(b_s - from_s, ends_s, lit_s) - bright_s(begin_s - from_s, ends_s, lit_s)
    return (begin_s - a_s + lit) / (b_s - a_s)


@compiled
def mean_level(a_s: float, b_s: float, start: float, times_s: Floats, levels: Floats) -> float:
    """Mean over [a, b] of a level that is `start` and then `levels` from `times_s` on."""
    k = np.searchsorted(times_s, a_s, side="right")
    level = levels[k - 1] if k else start
    area, since_s = 0.0, a_s
    while k < times_s.size and times_s[k] < b_s:
        area += level * (times_s[k] - since_s)
        since_s, level = times_s[k], levels[k]
        k += 1
    return (area + level * (b_s - since_s)) / (b_s - a_s)


@compiled
def mean_brightness(
    a_s: Floats,
    b_s: Floats,
    start: float,
    seen: Floats,
    front_s: Floats,
    centre_s: Floats,
    tau_s: Floats,
    swaps_s: Floats,
    levels: Floats,
    blink_from_s: Floats,
    blinks_s: Floats,
    blinks_lit_s: Floats,
    lost_s: Floats,
    lost_tau_s: Floats,
    out: Floats,
) -> None:
    """Mean brightness of each over its [a, b] (n,) into `out`; 0 where b <= a.

    `seen`: brightness at even grades of a rise, dark to bright.

    `front_s`, `centre_s`, `tau_s` (cycles, n): the switches, which alternate from `start` (0 or 1);
    an infinite centre means none. With `swaps_s`, `levels` (n, events) they are these instead.
    From `lost_s` on a particle goes dark for good. Blinking is averaged by itself.
    """
    for i in range(out.size):
        a, b = a_s[i], b_s[i]
        out[i] = 0.0
        if b <= a:
            continue
        if swaps_s.shape[1]:
            level = mean_level(a, b, seen[-1] if start else seen[0], swaps_s[i], levels[i])
        else:
            level = start
            sign = 1.0 - 2.0 * start
            for k in range(centre_s.shape[0]):
                if centre_s[k, i] == math.inf or front_s[k, i] >= b:
                    break
                level += sign * mean_rise(a, b, front_s[k, i], centre_s[k, i], tau_s[k, i])
                sign = -sign
            level = at_grade(level, seen)
        if level > 0.0:
            level *= bright_part(a, b, blink_from_s[i], blinks_s[i], blinks_lit_s[i])
        if lost_s[i] < math.inf:
            level *= 1.0 - mean_rise(a, b, -math.inf, lost_s[i], lost_tau_s[i])
        out[i] = min(max(level, 0.0), 1.0)
