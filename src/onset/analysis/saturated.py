"""Spots whose pixels reach the camera's largest value: what is brighter than that is cut off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onset.analysis.film import Film
from onset.analysis.logistic import Doubles
from onset.recording.stack import PageStack

SAMPLE_FRAMES = 64
LOWEST_BITS = 8


def saturated(
    stack: PageStack, film: Film, places: Doubles, moved_px: Doubles, most: int
) -> npt.NDArray[np.bool_]:
    """Which of the places, (k, 2), are at the ceiling in any of 64 lit frames over the film; (k,).

    `moved_px` (n, 2) is the drift, `most` the largest value as far as the camera tells. Where the
    brightest pixel of all spots is a full number of bits lower, the ceiling is taken to be there.
    """
    lit = np.flatnonzero(film.lit)
    if not (lit.size and len(places) and np.issubdtype(stack.dtype, np.integer)):
        return np.zeros(len(places), np.bool_)
    some = lit[np.linspace(0, lit.size - 1, min(SAMPLE_FRAMES, lit.size)).astype(np.int64)]
    peaks = np.max([_peaks(stack[int(at)], places + moved_px[at]) for at in some], axis=0)
    most = min(most, int(np.iinfo(stack.dtype.name).max))
    brightest = int(peaks.max())
    if _is_full(brightest):
        most = min(most, brightest)
    return np.asarray(peaks >= most)


def _peaks(image: npt.NDArray[np.generic], places: Doubles) -> npt.NDArray[np.generic]:
    """Brightest of the 3 x 3 pixels at each place."""
    near, (height, width) = np.array([-1, 0, 1]), image.shape
    at = np.rint(places).astype(np.int64)
    rows = np.clip(at[:, :1] + near, 0, height - 1)
    columns = np.clip(at[:, 1:] + near, 0, width - 1)
    window: npt.NDArray[np.generic] = image[rows[:, :, None], columns[:, None, :]].max(axis=(1, 2))
    return window


def _is_full(value: int) -> bool:
    """All of its bits are set, and these are as many as a camera has."""
    return value.bit_length() >= LOWEST_BITS and value & (value + 1) == 0
