"""Where a replay stands: film time against real time; no Qt and no clock in here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Playback:
    """A position in the film that moves while `playing`."""

    start_s: float
    end_s: float
    speed: float = 1.0
    t_s: float = 0.0
    playing: bool = False

    def seek(self, t_s: float) -> None:
        """Go to a time of the film, or to its nearest end."""
        self.t_s = min(max(t_s, self.start_s), self.end_s)

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        self.playing = not self.playing
        if self.playing and self.t_s >= self.end_s:
            self.t_s = self.start_s

    def advance(self, real_s: float) -> None:
        """`real_s` have passed."""
        if self.playing:
            self.seek(self.t_s + real_s * self.speed)
            self.playing = self.t_s < self.end_s
