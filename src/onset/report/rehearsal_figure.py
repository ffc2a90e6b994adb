"""The picture of a rehearsal: the field at five moments, and the count with time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from onset.recording.marks import PlacedMark
from onset.recording.read import Recording

AVERAGED = 5  # frames per picture
ROOM = 0.9  # of the time axis: marks later than that have their names to the left
Floats = npt.NDArray[np.float64]


def draw_rehearsal(
    recording: Recording, moments_s: Sequence[float], switched_s: Floats, file: Path
) -> None:
    """`moments_s`: times of the pictures; `switched_s` (n,): when particles switch, sorted."""
    figure = Figure(figsize=(2.6 * len(moments_s), 5.0), layout="constrained")
    grid = figure.add_gridspec(2, len(moments_s), height_ratios=(1.15, 1.0))
    pictures = [_picture(recording, t_s) for t_s in moments_s]
    low = float(np.quantile(pictures[0], 0.02))
    high = max(float(np.quantile(picture, 0.998)) for picture in pictures)
    for place, (t_s, picture) in enumerate(zip(moments_s, pictures, strict=True)):
        axes = figure.add_subplot(grid[0, place])
        axes.imshow(picture, cmap="gray_r", vmin=low, vmax=max(high, low + 1), origin="upper")
        axes.set(xticks=[], yticks=[], title=f"{t_s:.1f} s")
    below = figure.add_subplot(grid[1, :])
    end_s = float(recording.times_s[-1])
    t = np.linspace(0.0, end_s, 600)
    below.plot(t, np.searchsorted(switched_s, t), color="#1f4e9c")
    below.margins(y=0.15)  # room for the names of the marks
    for t_s in moments_s:
        below.axvline(t_s, color="#9aa3ad", lw=0.8, ls=":")
    _name_marks(below, recording.marks, end_s)
    below.set(xlabel="time since the first frame, s", ylabel="crystals switched", xlim=(0, end_s))
    below.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=120)


def _name_marks(axes: Axes, marks: Sequence[PlacedMark], end_s: float) -> None:
    """Lines with their names, which stay inside the axes."""
    for mark in marks:
        if mark.what not in ("inject", "shutter-open", "shutter-close"):
            continue
        is_late = mark.t_s > ROOM * end_s
        axes.axvline(mark.t_s, color="#c8452c", lw=0.8)
        axes.text(
            mark.t_s,
            0.98,
            f"{mark.what} " if is_late else f" {mark.what}",
            transform=axes.get_xaxis_transform(),
            ha="right" if is_late else "left",
            va="top",
            fontsize=7,
            color="#c8452c",
        )


def _picture(recording: Recording, t_s: float) -> Floats:
    """Mean of the frames around a moment."""
    at = recording.at(t_s)
    first = max(0, min(at - AVERAGED // 2, len(recording) - AVERAGED))
    frames = [
        np.asarray(recording[k], dtype=float)
        for k in range(first, min(first + AVERAGED, len(recording)))
    ]
    mean: Floats = np.mean(frames, axis=0)
    return mean
