"""What the keys do with the picture: time, contrast, layers, zoom."""

from __future__ import annotations

from collections.abc import Callable

from onset.viewer.image_panel import ImagePanel
from onset.viewer.stage import Stage


def picture_keys(stage: Stage, image: ImagePanel) -> dict[str, Callable[[], object]]:
    """By the names of the table of keys."""
    return {
        "play": stage.toggle,
        "back": lambda: stage.step(-1),
        "forth": lambda: stage.step(1),
        "back ten": lambda: stage.step(-10),
        "forth ten": lambda: stage.step(10),
        "mark before": lambda: stage.go_to_mark(forward=False),
        "mark after": lambda: stage.go_to_mark(forward=True),
        "auto": image.auto.toggle,
        "invert": image.invert.toggle,
        "rings": image.rings.toggle,
        "map": image.map.toggle,
        "random": stage.pointing.choose_random,
        "fit": stage.canvas.fit,
        "larger": lambda: stage.canvas.zoom_by(1.25),
        "smaller": lambda: stage.canvas.zoom_by(0.8),
    }
