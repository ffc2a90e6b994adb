"""What the mouse finds in the picture: a pixel or a spot in words; a click chooses spots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QObject, Signal

from onset.viewer.axis import minus
from onset.viewer.canvas import Canvas
from onset.viewer.intensities import Scale
from onset.viewer.seen import Picture, Seen
from onset.viewer.spots import Bools
from onset.viewer.traces import Chosen, intensity

MOST_CHOSEN = 6
RANDOM = 4
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What lies under the mouse."""

    picture: Picture | None
    seen: Seen
    shown: Bools
    """Which spots have a ring."""
    scale: Scale


class Pointing(QObject):
    """Asks for the scene when it needs it; marks on the canvas what is chosen."""

    chosen_changed = Signal(tuple)
    """Of `Chosen`."""
    pixel_pointed = Signal(str)

    def __init__(self, canvas: Canvas, scene: Callable[[], Scene]) -> None:
        super().__init__(canvas)
        self._canvas, self._scene = canvas, scene
        self._chosen: dict[int, Chosen] = {}
        self._place: tuple[float, float] | None = None
        canvas.hovered.connect(self.point_at)
        canvas.clicked.connect(self._click)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the spots whose trajectories are shown."""
        return tuple(self._chosen)

    def choose(self, place: int) -> None:
        """The spot at this place of the columns, alone."""
        self._chosen = {}
        self._toggle(place)

    def choose_random(self) -> None:
        """Some of the spots that are shown."""
        places = np.flatnonzero(self._scene().shown)
        self._chosen = {}
        if len(places):
            some = np.random.default_rng().choice(places, min(RANDOM, len(places)), replace=False)
            for place in sorted(some):
                self._toggle(int(place))

    def choose_none(self) -> None:
        """No trajectories."""
        self._chosen = {}
        self._tell()

    def look_again(self) -> None:
        """The picture under the mouse is another."""
        if self._place is not None:
            self.point_at(self._place)

    def point_at(self, place: tuple[float, float] | None) -> None:
        """The mouse is here (y, x), px; None: it is away."""
        self._place = place
        scene = self._scene()
        if place is None or scene.picture is None:
            self._say("", NOTHING)
            return
        y, x = round(place[0]), round(place[1])
        height, width = scene.picture.image.shape
        if not (0 <= y < height and 0 <= x < width):
            self._say("", NOTHING)
            return
        pixel = pixel_words(scene, y, x)
        self._say(self._spot(scene, place) or pixel, pixel)

    def _spot(self, scene: Scene, place: tuple[float, float]) -> str:
        near = self._canvas.rings.near(*place)
        if near is None or near >= len(scene.seen.spots):
            return ""
        return spot_words(scene, near)

    def _say(self, hover: str, pixel: str) -> None:
        self.pixel_pointed.emit(pixel)
        if hover != self._canvas.hover_text:
            self._canvas.hover_text = hover
            self._canvas.update()

    def _click(self, y_px: float, x_px: float) -> None:
        near = self._canvas.rings.near(y_px, x_px)
        if near is None:
            self.choose_none()
        else:
            self._toggle(near)

    def _toggle(self, place: int) -> None:
        """One more trajectory, or one less; the oldest goes where there are too many."""
        spots = self._scene().seen.spots
        number = int(spots.number[place])
        if self._chosen.pop(number, None) is None:
            while len(self._chosen) >= MOST_CHOSEN:
                del self._chosen[next(iter(self._chosen))]
            y_px, x_px = float(spots.y_px[place]), float(spots.x_px[place])
            self._chosen[number] = Chosen(number, y_px, x_px)
        self._tell()

    def _tell(self) -> None:
        spots = self._scene().seen.spots
        places = np.flatnonzero(np.isin(spots.number, list(self._chosen)))
        self._canvas.selected = tuple(int(place) for place in places)
        self._canvas.update()
        self.chosen_changed.emit(tuple(self._chosen.values()))


def pixel_words(scene: Scene, y: int, x: int) -> str:
    """`x 12  y 7  412 ADU = 156 e-`; electrons where the camera is calibrated."""
    assert scene.picture is not None
    image, scale = scene.picture.image, scene.scale
    words = f"x {x}  y {y}  {int(image[y, x]):,} ADU"
    if scale.unit == "ADU":
        return words
    value = float(scale.part(image, y, x, y + 1, x + 1)[0, 0])
    return f"{words} = {minus(f'{value:,.0f}')} {scale.unit}"


def spot_words(scene: Scene, place: int) -> str:
    """`#214 on at +61.2 s since injection, 3,140 e- now`."""
    assert scene.picture is not None
    seen, spots = scene.seen, scene.seen.spots
    word = "off" if spots.turned_off[place] else "on"
    when = minus(f"{spots.onset_s[place] - seen.zero_s:+.1f}")
    since = " since injection" if seen.injected_s is not None else ""
    centre = float(spots.y_px[place]), float(spots.x_px[place])
    now = minus(f"{intensity(scene.picture.image, *centre, scene.scale):,.0f}")
    return f"#{spots.number[place]} {word} at {when} s{since}, {now} {scene.scale.unit} now"
