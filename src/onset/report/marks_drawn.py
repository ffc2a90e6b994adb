"""Injection and arrival on a time axis, with their bounds."""

from __future__ import annotations

from matplotlib.axes import Axes

from onset.report.scene import Scene
from onset.report.style import DONE, FRONT


def draw_marks(axes: Axes, scene: Scene, *, labels: bool = True) -> None:
    """The command as a line as wide as its bound, the front as a band from t10 to t90."""
    if scene.injection is not None:
        half_s = scene.injection.t_halfwidth_s
        axes.axvspan(-half_s, half_s, color=DONE, alpha=0.25, lw=0)
        axes.axvline(0.0, color=DONE, lw=0.8)
    front = scene.arrival
    if front is not None:
        low, middle, high = (t - scene.zero_s for t in (front.t10_s, front.t50_s, front.t90_s))
        axes.axvspan(low - front.sd_s, high + front.sd_s, color=FRONT, alpha=0.13, lw=0)
        axes.axvspan(low, high, color=FRONT, alpha=0.22, lw=0)
        axes.axvline(middle, color=FRONT, lw=0.8, ls=(0, (4, 2)))
    if labels:
        _names(axes, scene)


def sentence(scene: Scene) -> str:
    """What the lines and bands mean, for a caption."""
    if scene.injection is None:
        return "The film tells of no injection; time runs from its first frame."
    says = (
        "Black line: the plunger moved, known to "
        f"± {1000 * scene.injection.t_halfwidth_s:.0f} ms (frame {scene.injection.frame:.1f} "
        f"± {scene.injection.frame_halfwidth:.1f})."
    )
    front = scene.arrival
    if front is None:
        return f"{says} When the front reached the field is not known: the rig has no plumbing."
    zero = scene.zero_s
    return (
        f"{says} Green: estimated passage of the front at the field, 10, 50 and 90 % at "
        f"{front.t10_s - zero:.1f}, {front.t50_s - zero:.1f} and {front.t90_s - zero:.1f} s "
        f"(standard deviation {front.sd_s:.2g} s, pale)."
    )


def _names(axes: Axes, scene: Scene) -> None:
    low, high = axes.get_xlim()
    style = {"va": "bottom", "fontsize": 6.5, "transform": axes.get_xaxis_transform()}
    front = scene.arrival
    middle = None if front is None else front.t50_s - scene.zero_s
    close = middle is not None and abs(middle) < 0.16 * (high - low)
    if scene.injection is not None and low <= 0 <= high:
        axes.text(0.0, 1.01, "injection ", ha="right" if close else "center", color=DONE, **style)  # type: ignore[arg-type]
    if middle is not None and low <= middle <= high:
        axes.text(middle, 1.01, " arrival", ha="left" if close else "center", color=FRONT, **style)  # type: ignore[arg-type]
