"""Injection and arrival on a time axis, with their bounds."""

from __future__ import annotations

from matplotlib.axes import Axes

from onset.report.scene import Scene
from onset.report.style import DONE, FRONT, INK

CLOSE, AT_LEFT = 0.16, 0.1
"""Parts of the axis: marks nearer to each other, or to the left end."""


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
    """Above the axes; side by side where the marks are close, to the right of them at the left."""
    low, high = axes.get_xlim()
    front = scene.arrival
    middle = None if front is None else front.t50_s - scene.zero_s
    shown = [
        (at, name, colour)
        for at, name, colour in (
            (None if scene.injection is None else 0.0, "injection", DONE),
            (middle, "arrival", FRONT),
        )
        if at is not None and low <= at <= high
    ]
    close = len(shown) == 2 and abs(shown[1][0]) < CLOSE * (high - low)
    at_left = bool(shown) and shown[0][0] - low < AT_LEFT * (high - low)
    if close and at_left:
        _name(axes, shown[0][0], "injection, arrival", INK, "left")
        return
    for (at, name, colour), side in zip(shown, ("right", "left"), strict=False):
        said = {"right": f"{name} ", "left": f" {name}"}[side] if close else name
        _name(axes, at, said, colour, side if close else "left" if at_left else "center")
        at_left = False


def _name(axes: Axes, at: float, name: str, colour: str, side: str) -> None:
    axes.text(
        at, 1.01, name, ha=side, va="bottom", fontsize=6.5, color=colour,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
