"""What speaks against an alarm: skirts of bright spots, lumps of an uneven field, flashes."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from onset.analysis.followed import Followed
from onset.analysis.kernels import Floats
from onset.analysis.lookback import AROUND_FRAMES, LookBack, Seen
from onset.analysis.summit import Summit

Place: TypeAlias = tuple[float, float]

SHORT_BASELINE_FRAMES = 50
"""With fewer only what is bright is believed, until dark frames have made the baseline better."""
SKIRT_CORE, SKIRT_WIDTH, SKIRT_WING = 0.5, 6.0, 1.0
"""Bound on a spot's score d sigmas away: core exp(-d^2 / width) + wing / d^2; Airy is below."""
SKIRT_MARGIN_SD = 2.0
SKIRT_SURE_SHARE, LEAST_OVER_RING = 0.125, 6.0
"""Below this share of the bound it is skirt; between, what stands so many sd over all that is as
far from the bright spot is a neighbour."""
RING_SIGMAS, RING_FRAMES = 4.2, 16
"""Nearer than this a spot that drifts leaves more on one side than on the other."""
LEAST_STANDING, LEAST_STANDING_UNTOLD = 5.0, 8.0
"""In robust sd of the surroundings; the second where the baseline is too short to know them."""
STANDING_SHARE = 0.625
"""... or this share of what its score lets expect, where that is less: from a baseline of three
frames on."""
LEAST_SPOT_SHARE = 0.6
"""A streak of three or four pixels has 0.4, a spot whose width is wrong by half 0.75."""
DOUBTED_FRAMES, DOUBTED_RADIUS_PX = 2, 2.0
"""What looked odd so near so many frames ago, or fewer, and shines again is believed."""


def is_skirt(top: Summit, followed: Followed, sigma_px: float, look_back: LookBack) -> bool:
    """The light of followed spots may explain it, and is as bright elsewhere around them."""
    if followed.count == 0:
        return False
    bounds = skirts(top, followed, sigma_px)
    culprit = int(bounds.argmax())
    margin = SKIRT_MARGIN_SD / math.sqrt(top.frames)
    if top.mean_score >= float(bounds[culprit]) + margin:
        return False
    if top.mean_score < SKIRT_SURE_SHARE * float(bounds[culprit]) + margin:
        return True
    place, (y, x) = (top.y_px, top.x_px), followed.places[culprit].tolist()
    if math.dist((y, x), place) < RING_SIGMAS * sigma_px:
        return True
    # the sums began again when it was denied: it may shine for longer than they say
    return all(
        look_back.over_ring(place, (y, x), frames) < LEAST_OVER_RING
        for frames in (top.frames, RING_FRAMES)
    )


def skirts(top: Summit, followed: Followed, sigma_px: float) -> Floats:
    """What the skirt of each followed spot may add at a place, per frame, in noise sd."""
    away = followed.places - np.array([top.y_px, top.x_px], np.float32)
    squared = np.maximum((away**2).sum(axis=1), 1.0) / np.float32(sigma_px**2)
    skirt = SKIRT_CORE * np.exp(-squared / SKIRT_WIDTH) + SKIRT_WING / squared
    return np.asarray(skirt * followed.peak_scores, np.float32)


def is_lump(top: Summit, seen: Seen, known_frames: float, *, shape_known: bool) -> bool:
    """It stands out from noise, but not from an uneven field that the baseline did not show.

    In an even field it stands as high as its score in the frames that were asked, and as the
    mean of `known_frames` allows. Without `shape_known`, that of the noise, the mean is not asked.
    """
    asked = min(top.frames, AROUND_FRAMES)
    told = known_frames >= SHORT_BASELINE_FRAMES
    least = LEAST_STANDING if told else LEAST_STANDING_UNTOLD
    if not shape_known:
        return seen.standing < min(least, top.mean_score * math.sqrt(asked))
    expected = top.mean_score / math.sqrt(1.0 / asked + 1.0 / known_frames)
    return seen.standing < min(least, STANDING_SHARE * expected)


class Doubted:
    """What is seen in one frame only and no spot by its shape: believed when the next shows it too.

    So cosmic rays are no spots, and what is out of focus comes a frame later.
    """

    def __init__(self) -> None:
        self._doubted: list[tuple[Place, int]] = []

    def is_flash(self, seen: Seen, frame: int) -> bool:
        """It may be a flash as far as the frames up to this one tell; remembered then."""
        if seen.onset_ago > 1 or seen.spot_share > LEAST_SPOT_SHARE:
            return False
        here = (seen.y_px, seen.x_px)
        self._doubted = [(at, when) for at, when in self._doubted if when >= frame - DOUBTED_FRAMES]
        again = any(
            when < frame and math.dist(at, here) < DOUBTED_RADIUS_PX for at, when in self._doubted
        )
        self._doubted.append((here, frame))
        return not again
