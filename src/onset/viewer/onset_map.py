"""The field, coloured by the onset of the nearest spot: is there a direction in it?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from onset.viewer.axis import Axis
from onset.viewer.colours import onset_colours
from onset.viewer.spots import Bools, Floats, Spots

STEP_PX = 2
"""Camera pixels per pixel of the map."""
REACH_PX = 24.0
"""A spot colours its surroundings as far as this."""
OPACITY = 0.55


def onset_map_s(spots: Spots, which: Bools, shape: tuple[int, int], step: int = 1) -> Floats:
    """Onset of the nearest spot, s of the film; NaN further than REACH_PX from all of them.

    `which` is of shape (n,); the map has shape (height // step, width // step) or one more.
    """
    rows, columns = (-(-side // step) for side in shape)
    onsets = np.full((rows, columns), np.nan)
    y = np.clip(np.rint(spots.y_px[which] / step).astype(int), 0, rows - 1)
    x = np.clip(np.rint(spots.x_px[which] / step).astype(int), 0, columns - 1)
    if len(y) == 0:
        return onsets
    onsets[y, x] = spots.onset_s[which]
    away, nearest = distance_transform_edt(np.isnan(onsets), return_indices=True)
    spread: Floats = onsets[nearest[0], nearest[1]]
    spread[away * step > REACH_PX] = np.nan
    return spread


def onset_map_colours(
    onsets_s: Floats, axis: Axis, *, inverted: bool = False
) -> npt.NDArray[np.uint32]:
    """The map as premultiplied 0xAARRGGBB, transparent where it is NaN."""
    known = ~np.isnan(onsets_s)
    part = axis.part(np.where(known, onsets_s, 0.0) - axis.zero_s)
    levels = np.rint(part * 255).astype(int)
    ramp = onset_colours(np.linspace(0, 1, 256), inverted=inverted)[:, :3]
    words = np.full(256, round(OPACITY * 255) << 24, np.uint32)
    for channel, shift in enumerate((16, 8, 0)):
        words |= np.rint(ramp[:, channel] * OPACITY * 255).astype(np.uint32) << np.uint32(shift)
    return np.where(known, words[levels], np.uint32(0)).astype(np.uint32)
