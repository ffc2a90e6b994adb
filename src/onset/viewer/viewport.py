"""Where the picture lies on the canvas: fit, zoom, pan; figures only."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAST_ZOOM, MOST_ZOOM = 0.05, 64.0
MARGIN_PX = 6.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """Pixel (y, x) of the picture lies at `left + x * zoom`, `top + y * zoom` of the canvas."""

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def to_canvas(self, y_px: float, x_px: float) -> tuple[float, float]:
        """Canvas (x, y) of a place in the picture; pixel centres are whole numbers."""
        return self.left + (x_px + 0.5) * self.zoom, self.top + (y_px + 0.5) * self.zoom

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Picture (y, x) of a place on the canvas; pixel centres are whole numbers."""
        return (y - self.top) / self.zoom - 0.5, (x - self.left) / self.zoom - 0.5

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Larger by `factor`, the picture under canvas (x, y) stays there."""
        zoom = min(max(self.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
        grown = zoom / self.zoom
        return Viewport(zoom, x - (x - self.left) * grown, y - (y - self.top) * grown)

    def moved(self, x: float, y: float) -> Viewport:
        """Shifted on the canvas."""
        return replace(self, left=self.left + x, top=self.top + y)


def fitted(width: float, height: float, shape: tuple[int, int]) -> Viewport:
    """The whole picture of `shape` (height, width), as large as it goes, in the middle."""
    room = max(width - 2 * MARGIN_PX, 1.0), max(height - 2 * MARGIN_PX, 1.0)
    zoom = min(room[0] / max(shape[1], 1), room[1] / max(shape[0], 1))
    zoom = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
    return Viewport(zoom, (width - shape[1] * zoom) / 2, (height - shape[0] * zoom) / 2)


def nice_length(least_um: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not more than `least_um`."""
    power = 1e-4
    best = power
    while power <= least_um:
        best = max(step * power for step in (1, 2, 5) if step * power <= least_um)
        power *= 10
    return best
