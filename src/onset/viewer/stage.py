"""The picture with its time bar: follows the newest frame, or plays, steps and jumps in a film."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from onset.recording.read import Recording
from onset.viewer.axis import clock_text, onset_axis
from onset.viewer.canvas import Canvas
from onset.viewer.contrast import Limits
from onset.viewer.easel import Wish
from onset.viewer.flashes import Flashes
from onset.viewer.follow import Follower
from onset.viewer.intensities import IN_ADU
from onset.viewer.map_layer import MapLayer
from onset.viewer.playback import Playback
from onset.viewer.pointing import Pointing, Scene
from onset.viewer.preview import PreviewFeed
from onset.viewer.seen import NOTHING_SEEN, Picture, Seen
from onset.viewer.spots import Bools, Floats
from onset.viewer.timebar import TimeBar
from onset.viewer.traces import Chosen

SPOTS_S = 0.1


class Stage(QWidget):
    """Owns the source of pictures: a recording, a preview, or none."""

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
        self.map = MapLayer(self.canvas)
        self.pointing = Pointing(self.canvas, self._scene)
        self._picture: Picture | None = None
        self._flashes = Flashes()
        self._spots_due_s = 0.0
        self._ticked_s = time.monotonic()
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
        self._picture = None
        self.map.forget()
        self._flashes = Flashes()
        self.canvas.forget()
        self.time_bar.hide()
        self.pointing.choose_none()

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
            self.time_bar.live.setVisible(self.is_held)

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

    @property
    def is_held(self) -> bool:
        """Does a film grow, and an older picture is shown?"""
        live = self.follower is not None and self.seen.status == "running"
        return live and not self.by_onset and not self.following

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
            self.pointing.choose(int(found[0]))
            self.seek(float(self.seen.spots.onset_s[found[0]]) + self.seen.half_frame_s)

    def show_spots(self, now_s: float) -> None:
        """Rings of those that have turned on by now."""
        spots, axis = self.seen.spots, onset_axis(self.seen)
        # the camera's clock that dates an onset and the fitted one of the frames differ a little
        shown = self.appears_s() <= self.t_s + self.seen.half_frame_s
        if self.following:
            shown = np.ones(len(spots), np.bool_)
        self._flashes.update(shown, now_s)
        flashing = self._flashes.now(len(spots)) & shown
        if self.canvas.rings.show(spots, shown, flashing, axis, inverted=self.wish.inverted):
            self.canvas.update()
        self.shown = shown
        self.map.show(self.seen, shown, inverted=self.wish.inverted)

    def appears_s(self) -> Floats:
        """When each spot gets its ring: as found while live, at its onset in a film."""
        return self.seen.spots.onset_s if self.by_onset else self.seen.detected_s()

    def _scene(self) -> Scene:
        scale = self.follower.scale if self.follower is not None else IN_ADU
        return Scene(self._picture, self.seen, self.shown, scale)

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
        self.pointing.look_again()

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

    def _connect(self) -> None:
        bar = self.time_bar
        bar.moved.connect(self.seek)
        bar.play_toggled.connect(self._play)
        bar.live.clicked.connect(self.toggle)
        bar.stepped.connect(self.step)
        bar.speed_chosen.connect(lambda speed: setattr(self.playback, "speed", speed))
        bar.spot_asked.connect(self.go_to_spot)
        self.pointing.chosen_changed.connect(self._follow_chosen)

    def _follow_chosen(self, chosen: tuple[Chosen, ...]) -> None:
        if self.follower is not None:
            self.follower.chosen = chosen

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
