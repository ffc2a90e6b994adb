"""The picture with its time bar: follows the newest frame, or plays, steps and jumps in a film."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QVBoxLayout, QWidget

from onset.recording.read import Recording
from onset.viewer.axis import clock_text, minus, onset_axis
from onset.viewer.canvas import Canvas
from onset.viewer.contrast import Limits
from onset.viewer.easel import Wish
from onset.viewer.flashes import Flashes
from onset.viewer.follow import Follower
from onset.viewer.intensities import IN_ADU, Scale
from onset.viewer.onset_map import STEP_PX, onset_map_colours, onset_map_s
from onset.viewer.painted import Words
from onset.viewer.playback import Playback
from onset.viewer.preview import PreviewFeed
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen
from onset.viewer.spots import Bools, Floats
from onset.viewer.timebar import TimeBar
from onset.viewer.traces import Chosen, intensity

SPOTS_S = 0.1
MOST_CHOSEN = 6
RANDOM = 4


class Stage(QWidget):
    """Owns the source of pictures: a recording, a preview, or none."""

    chosen_changed = Signal()
    pixel_pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.canvas = Canvas()
        self.time_bar = TimeBar(1.0)
        self.seen: Seen = NOTHING_SEEN
        self.following = True
        self.by_onset = False
        """Rings appear at the onset (replay), not when they were found (live)."""
        self.playback = Playback(0.0, 0.0)
        self.wish = Wish()
        self.shown: Bools = np.zeros(0, np.bool_)
        self.follower: Follower | None = None
        self.preview: PreviewFeed | None = None
        self.wants_map = False
        self.run_map: Callable[[Callable[[], Words]], None] | None = None
        self._chosen: dict[int, Chosen] = {}
        self._picture: Picture | None = None
        self._flashes = Flashes()
        self._map_of: object = None
        self._spots_due_s = 0.0
        self._ticked_s = time.monotonic()
        self._pointed: tuple[float, float] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.time_bar)
        self.time_bar.hide()
        self._connect()

    @property
    def picture(self) -> Picture | None:
        """The one that is shown."""
        return self._picture

    @property
    def t_s(self) -> float:
        """Time of the picture, s of the film."""
        return self._picture.t_s if self._picture else 0.0

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the spots whose trajectories are shown."""
        return tuple(self._chosen)

    def show_recording(self, recording: Recording, *, live: bool, speed: float = 1.0) -> None:
        """From now on this film: at its newest frame where it is `live`, else from its start."""
        self.show_nothing()
        camera = recording.session.camera
        self.canvas.pixel_size_um = camera.pixel_size_um
        self.following, self.by_onset = live, not live
        self.playback = Playback(0.0, 0.0, speed=speed, playing=not live)
        self.time_bar.setVisible(not live)
        self.follower = Follower(recording)
        self.follower.wish = self.wish
        self.follower.show(None if live else 0)
        self.follower.start()

    def show_preview(self, path: Path, saturation: int, pixel_size_um: float | None) -> None:
        """From now on the newest frame of the camera."""
        self.show_nothing()
        self.canvas.pixel_size_um = pixel_size_um
        self.preview = PreviewFeed(path, saturation)
        self.preview.wish = self.wish

    def show_nothing(self) -> None:
        """Let the source go; the last picture stays until another comes."""
        if self.follower is not None:
            self.follower.close()
        if self.preview is not None:
            self.preview.close()
        self.follower = self.preview = None
        self.seen, self.shown = NOTHING_SEEN, np.zeros(0, np.bool_)
        self._chosen, self._picture, self._map_of = {}, None, None
        self._flashes = Flashes()
        self.canvas.forget()
        self.time_bar.hide()
        self.chosen_changed.emit()

    def change_wish(self, **changes: Any) -> None:
        """Limits, direction or coarseness of what is shown."""
        self.wish = replace(self.wish, **changes)
        self.canvas.inverted = self.wish.inverted
        for source in (self.follower, self.preview):
            if source is not None:
                source.wish = self.wish

    def limit(self, limits: Limits | None) -> None:
        """These limits, or automatic ones."""
        self.change_wish(limits=limits)

    def tick(self) -> None:
        """Newest picture, thirty times a second."""
        now_s = time.monotonic()
        if self.playback.playing and len(self.seen.times_s):
            self.playback.advance(now_s - self._ticked_s)
            self._show_position()
        self._ticked_s = now_s
        source = self.follower or self.preview
        if source is not None and source.picture is not None:
            self._show(source.picture)
        if self._take_spots() or (self.follower is not None and now_s >= self._spots_due_s):
            self._spots_due_s = now_s + SPOTS_S
            self.show_spots(now_s)
        if not self.time_bar.isHidden():
            at = self.t_s if self.following else self.playback.t_s
            self.time_bar.show_time(at, playing=self.playback.playing)

    def _take_spots(self) -> bool:
        """New spots alone, sooner than all else once that is known; are there any?"""
        if self.follower is None or self.seen is NOTHING_SEEN:
            return False
        spots = self.follower.seen.spots
        if spots is self.seen.spots:
            return False
        self.seen = replace(self.seen, spots=spots)
        return True

    def take_seen(self) -> bool:
        """Take what the reading thread has found; is it new?"""
        follower = self.follower
        if follower is None or follower.seen is self.seen:
            return False
        self.seen = follower.seen
        self.playback.start_s, self.playback.end_s = 0.0, self.seen.end_s
        self.time_bar.span(0.0, self.seen.end_s, self.seen.zero_s, self.seen.ticks)
        self.show_spots(time.monotonic())
        return True

    def toggle(self) -> None:
        """Film: play or pause. Live: hold the picture, or follow the newest again."""
        if self.follower is None:
            return
        if self.by_onset or self.seen.status != "running":
            self._play()
            return
        self.following = not self.following
        self.time_bar.setVisible(not self.following)
        if self.following:
            self.playback.playing = False
            self.follower.show(None)
        elif self._picture is not None:
            self.playback.seek(self._picture.t_s)
            self.follower.show(self._picture.position)

    def step(self, frames: int) -> None:
        """Pause, and go on or back by this many frames."""
        if self._picture is None or self.follower is None or len(self.seen.times_s) == 0:
            return
        self._hold()
        position = min(max(self._picture.position + frames, 0), len(self.seen.times_s) - 1)
        self.playback.seek(float(self.seen.times_s[position]))
        self.follower.show(position)

    def seek(self, t_s: float) -> None:
        """Show the frame whose exposure had begun last at `t_s` of the film."""
        self._hold(pauses=False)
        self.playback.seek(t_s)
        self._show_position()

    def go_to_mark(self, *, forward: bool) -> None:
        """The next mark, or the one before."""
        t_s = self.time_bar.mark_near(self.playback.t_s, forward=forward)
        if t_s is not None:
            self.seek(t_s)

    def go_to_spot(self, number: int) -> None:
        """The onset of this spot, which is selected."""
        found = np.flatnonzero(self.seen.spots.number == number)
        if len(found):
            self._choose(int(found[0]), add=False)
            self.seek(float(self.seen.spots.onset_s[found[0]]))

    def choose_random(self) -> None:
        """Some of the spots that are shown."""
        places = np.flatnonzero(self.shown)
        self._chosen = {}
        if len(places):
            some = np.random.default_rng().choice(places, min(RANDOM, len(places)), replace=False)
            for place in sorted(some):
                self._choose(int(place), add=True)

    def choose_none(self) -> None:
        """No trajectories."""
        self._chosen = {}
        self._tell_chosen()

    def show_spots(self, now_s: float) -> None:
        """Rings of those that have turned on by now."""
        spots, axis = self.seen.spots, onset_axis(self.seen)
        shown = self.appears_s() <= self.t_s
        if self.following:
            shown = np.ones(len(spots), np.bool_)
        self._flashes.update(shown, now_s)
        flashing = self._flashes.now(len(spots)) & shown
        if self.canvas.rings.show(spots, shown, flashing, axis, inverted=self.wish.inverted):
            self.canvas.update()
        self.shown = shown
        self._show_map()

    def appears_s(self) -> Floats:
        """When each spot gets its ring: as found while live, at its onset in a film."""
        return self.seen.spots.onset_s if self.by_onset else self.seen.detected_s()

    def close_sources(self) -> None:
        """End the threads."""
        self.show_nothing()

    def _show(self, picture: Picture) -> None:
        if picture is self._picture:
            return
        self._picture = picture
        canvas = self.canvas
        canvas.clock_text = (
            "preview" if self.preview is not None else clock_text(picture.t_s, self.seen.injected_s)
        )
        saturated = picture.levels.saturated
        canvas.warning_text = f"{saturated:,} pixels saturated" if saturated else ""
        canvas.show_picture(picture)
        if canvas.coarse != self.wish.coarse:
            self.change_wish(coarse=canvas.coarse)
        if self._pointed is not None:
            self._point_at(self._pointed)

    def _hold(self, *, pauses: bool = True) -> None:
        if pauses:
            self.playback.playing = False
        if self.following:
            self.following = False
            self.time_bar.setVisible(True)

    def _show_position(self) -> None:
        found = np.searchsorted(self.seen.times_s, self.playback.t_s + 1e-9, side="right")
        if self.follower is not None:
            self.follower.show(max(int(found) - 1, 0))

    def _show_map(self) -> None:
        if not self.wants_map:
            if self.canvas.overlay is not None:
                self.canvas.overlay, self._map_of = None, None
                self.canvas.update()
            return
        axis = onset_axis(self.seen)
        key = (len(self.seen.spots), int(self.shown.sum()), axis, self.wish.inverted)
        if key == self._map_of or self.run_map is None:
            return
        self._map_of = key
        spots, shown, shape = self.seen.spots, self.shown, self.canvas.shape
        inverted = self.wish.inverted

        def work() -> Words:
            onsets_s = onset_map_s(spots, shown, shape, STEP_PX)
            return onset_map_colours(onsets_s, axis, inverted=inverted)

        self.run_map(work)

    def show_map(self, words: Words) -> None:
        """The onset map has been computed: premultiplied 0xAARRGGBB."""
        height, width = words.shape
        image = QImage(
            words.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self.canvas.overlay = image.copy()
        self.canvas.update()

    def _point_at(self, place: tuple[float, float] | None) -> None:
        self._pointed = place
        picture = self._picture
        if place is None or picture is None:
            self._say_hover("")
            self.pixel_pointed.emit("\N{EN DASH}")
            return
        y, x = round(place[0]), round(place[1])
        inside = 0 <= y < picture.image.shape[0] and 0 <= x < picture.image.shape[1]
        value = f"x {x}  y {y}  {self._pixel_words(y, x)}" if inside else "\N{EN DASH}"
        self.pixel_pointed.emit(value)
        self._say_hover(self._spot_words(place) or (value if inside else ""))

    @property
    def scale(self) -> Scale:
        """Of the pixels of the film; a preview is in ADU."""
        return self.follower.scale if self.follower is not None else IN_ADU

    def _pixel_words(self, y: int, x: int) -> str:
        assert self._picture is not None
        image, scale = self._picture.image, self.scale
        words = f"{int(image[y, x]):,} ADU"
        if scale.unit == "ADU":
            return words
        value = float(scale.part(image, y, x, y + 1, x + 1)[0, 0])
        return f"{words} = {minus(f'{value:,.0f}')} {scale.unit}"

    def _spot_words(self, place: tuple[float, float]) -> str:
        near = self.canvas.rings.near(*place)
        picture = self._picture
        if near is None or near >= len(self.seen.spots) or picture is None:
            return ""
        spots = self.seen.spots
        word = "off" if spots.turned_off[near] else "on"
        when = minus(f"{spots.onset_s[near] - self.seen.zero_s:+.1f}")
        since = " since injection" if self.seen.injected_s is not None else ""
        place = float(spots.y_px[near]), float(spots.x_px[near])
        now = minus(f"{intensity(picture.image, *place, self.scale):,.0f}")
        return f"#{spots.number[near]} {word} at {when} s{since}, {now} {self.scale.unit} now"

    def _say_hover(self, text: str) -> None:
        if text != self.canvas.hover_text:
            self.canvas.hover_text = text
            self.canvas.update()

    def _clicked(self, y_px: float, x_px: float) -> None:
        near = self.canvas.rings.near(y_px, x_px)
        if near is None:
            self.choose_none()
        else:
            self._choose(near, add=True)

    def _choose(self, place: int, *, add: bool) -> None:
        spots = self.seen.spots
        number = int(spots.number[place])
        if not add:
            self._chosen = {}
        elif number in self._chosen:
            del self._chosen[number]
            self._tell_chosen()
            return
        while len(self._chosen) >= MOST_CHOSEN:
            del self._chosen[next(iter(self._chosen))]
        y_px, x_px = float(spots.y_px[place]), float(spots.x_px[place])
        self._chosen[number] = Chosen(number, y_px, x_px)
        self._tell_chosen()

    def _tell_chosen(self) -> None:
        if self.follower is not None:
            self.follower.chosen = tuple(self._chosen.values())
        places = np.flatnonzero(np.isin(self.seen.spots.number, list(self._chosen)))
        self.canvas.selected = tuple(int(place) for place in places)
        self.canvas.update()
        self.chosen_changed.emit()

    def _connect(self) -> None:
        bar = self.time_bar
        bar.moved.connect(self.seek)
        bar.play_toggled.connect(self._play)
        bar.stepped.connect(self.step)
        bar.speed_chosen.connect(lambda speed: setattr(self.playback, "speed", speed))
        bar.spot_asked.connect(self.go_to_spot)
        self.canvas.hovered.connect(self._point_at)
        self.canvas.clicked.connect(self._clicked)

    def _play(self) -> None:
        """The button of the time bar: the film moves, live or not."""
        self._hold(pauses=False)
        self.playback.toggle()


def timer(owner: QWidget, every_ms: int, act: Callable[[], object]) -> QTimer:
    """A timer that keeps its pace."""
    made = QTimer(owner)
    made.setTimerType(Qt.TimerType.PreciseTimer)
    made.timeout.connect(act)
    made.start(every_ms)
    return made
