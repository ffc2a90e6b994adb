"""The field at chosen moments, inverted, with a scale bar: dark before, spots one by one after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from onset.recording.read import Recording
from onset.report.analysed import Analysed, Floats
from onset.report.numbers_said import counted
from onset.report.scene import Scene
from onset.report.style import INK, PAGE_MM, Drawn, new_figure

PANELS = 4
MOST_FRAMES = 5
"""Averaged for one picture, where the film is long enough."""
CROP_PX = 200


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the field that is shown."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, image: Floats) -> Floats:
        """That part of an image."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


def draw_film_strip(recording: Recording, analysed: Analysed, scene: Scene) -> Drawn:
    """Pictures at moments that the onsets choose."""
    window = busiest_window(recording.shape, analysed.spots)
    frames = _averaged(len(recording))
    moments = chosen_moments(analysed, scene)
    pictures = [window.cut(_picture(recording, t_s, frames)) for t_s in moments]
    low, high = _limits(pictures)
    digits = 1 if len(moments) < 2 or min(np.diff(moments)) > 0.2 else 3
    figure = new_figure(PAGE_MM, PAGE_MM / PANELS + 7)
    panels = figure.subplots(1, PANELS, squeeze=False)[0]
    for axes in panels[len(moments) :]:
        axes.set_visible(False)
    for place, (axes, t_s, picture) in enumerate(zip(panels, moments, pictures, strict=False)):
        axes.imshow(picture, cmap="gray_r", vmin=low, vmax=high)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
        since_s = round(t_s - scene.zero_s, digits) + 0.0  # no minus before a zero
        axes.set_title(f"{'abcdefgh'[place]}  {since_s:+.{digits}f} s", loc="left")
    _scale_bar(panels[0], window.width, scene.pixel_size_um)
    where = f"{window.height} x {window.width} px of {recording.shape[0]} x {recording.shape[1]}"
    since = "since the injection" if scene.injection else "since the first frame"
    return Drawn(
        "film_strip",
        "The field at chosen moments",
        f"{where} px, inverted: what emits is dark. Mean of {frames} frame{'s' * (frames > 1)}, "
        f"the same contrast in all panels ({low:.0f} to {high:.0f} ADU). Times {since}.",
        f"{counted(len(moments), 'inverted camera image')} in a row at "
        + ", ".join(f"{t_s - scene.zero_s:.{digits}f} s" for t_s in moments)
        + f" {since}; {_story(scene)}",
        figure,
        _table(window, moments, scene, pictures),
        is_picture=True,
    )


def chosen_moments(analysed: Analysed, scene: Scene) -> list[float]:
    """Before anything happens, when some and when most have switched, and the end."""
    onsets = analysed.switched["onset_s"].to_numpy(dtype=float)
    onsets = onsets[np.isfinite(onsets)]
    last = max(scene.end_s - scene.interval_s, scene.start_s)
    if len(onsets) == 0:
        return _apart(np.linspace(scene.start_s, last, PANELS), scene)
    first = min(scene.zero_s, float(onsets.min())) if scene.injection else float(onsets.min())
    before = max(scene.start_s, first - max(2 * scene.interval_s, 1.0))
    centres = analysed.switched["t0_s"].to_numpy(dtype=float)
    half, most = np.nanquantile(centres if np.isfinite(centres).any() else onsets, [0.3, 0.7])
    settled = min(last, float(onsets.max()) + 6 * _switching(analysed))
    return _apart(np.clip([before, half, most, settled], scene.start_s, last), scene)


def _apart(moments: Floats, scene: Scene) -> list[float]:
    """One moment for each frame."""
    frames = np.rint((moments - scene.start_s) / max(scene.interval_s, 1e-9))
    return [float(scene.start_s + frame * scene.interval_s) for frame in np.unique(frames)]


def busiest_window(shape: tuple[int, int], spots: pd.DataFrame) -> Window:
    """The square of at most `CROP_PX` with the most spots in it."""
    height, width = (min(side, CROP_PX) for side in shape)
    best, at = -1, (0, 0)
    y, x = spots["y_px"].to_numpy(dtype=float), spots["x_px"].to_numpy(dtype=float)
    for top in _places(shape[0], height):
        for left in _places(shape[1], width):
            inside = (y >= top) & (y < top + height) & (x >= left) & (x < left + width)
            if int(inside.sum()) > best:
                best, at = int(inside.sum()), (top, left)
    return Window(*at, height, width)


def _places(side: int, part: int) -> range:
    return range(0, side - part + 1, max(part // 8, 1))


def _switching(analysed: Analysed) -> float:
    tau = analysed.switched["tau_s"].to_numpy(dtype=float)
    return float(np.nanmedian(tau)) if np.isfinite(tau).any() else 0.0


def _averaged(frames: int) -> int:
    return MOST_FRAMES if frames >= 20 * MOST_FRAMES else 1


def _picture(recording: Recording, t_s: float, frames: int) -> Floats:
    first = min(max(recording.at(t_s) - frames // 2, 0), max(len(recording) - frames, 0))
    mean: Floats = np.mean(
        [np.asarray(recording[k], dtype=float) for k in range(first, first + frames)], axis=0
    )
    return mean


def _limits(pictures: Sequence[Floats]) -> tuple[float, float]:
    low = float(min(np.quantile(picture, 0.02) for picture in pictures))
    high = float(max(np.quantile(picture, 0.997) for picture in pictures))
    return low, max(high, low + 1.0)


def _scale_bar(axes: Axes, width_px: int, pixel_size_um: float | None) -> None:
    """About a quarter of the width, a round number of um; px where the size is not known."""
    unit_px = 1.0 if pixel_size_um is None else 1.0 / pixel_size_um
    whole = width_px / 4 / unit_px
    decade = 10.0 ** np.floor(np.log10(whole))
    length = max(step * decade for step in (1, 2, 5) if step * decade <= whole)
    unit = "px" if pixel_size_um is None else "µm"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    left, bottom = 0.06 * width_px, axes.get_ylim()[0] * 0.94
    axes.text(
        left + length * unit_px / 2,
        bottom - 0.02 * width_px,
        f"{length:g} {unit}",
        ha="center",
        va="bottom",
        fontsize=7,
        bbox=box,
    )
    axes.plot(
        [left, left + length * unit_px], [bottom, bottom], color=INK, lw=2.5, solid_capstyle="butt"
    )


def _story(scene: Scene) -> str:
    if scene.direction == "off":
        return "bright spots vanish one by one."
    return "the field is dark at first and fills with spots."


def _table(
    window: Window, moments: Sequence[float], scene: Scene, pictures: Sequence[Floats]
) -> pd.DataFrame:
    """One row per pixel, one column per panel."""
    y, x = np.mgrid[: window.height, : window.width]
    table = {"y_px": (y + window.top).ravel(), "x_px": (x + window.left).ravel()}
    for t_s, picture in zip(moments, pictures, strict=True):
        table[f"adu_at_{t_s - scene.zero_s:.2f}_s"] = picture.ravel()
    return pd.DataFrame(table)
