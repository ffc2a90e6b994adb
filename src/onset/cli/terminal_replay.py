"""A recording played in the terminal: the live detector's count against the time of the film."""

from __future__ import annotations

import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from onset.acquisition.live import Feed
from onset.cli.console import stderr, stdout
from onset.recording.read import Recording


def replay_in_terminal(folder: Path, *, speed: float | None) -> None:
    """Feed every frame to the live detector, paced by `speed`; None follows a growing recording."""
    with Recording(folder) as recording:
        feed = Feed(recording)
        injected_s = next((mark.t_s for mark in recording.marks if mark.what == "inject"), None)
        times_s = recording.times_s
        total = None if speed is None else len(recording)
        count, begun = 0, time.monotonic()
        with _progress() as progress, recording.follow() as follower:
            task = progress.add_task("", total=total)
            for position, frame in enumerate(follower):
                if speed is not None:
                    _wait_until(begun + float(times_s[position]) / speed)
                for spot in feed.update(frame):
                    count += 1
                    since = "" if injected_s is None else f" ({spot.onset_s - injected_s:+.2f} s)"
                    stdout.print(
                        f"#{spot.spot} at y {spot.y_px:.1f}, x {spot.x_px:.1f} px turned "
                        f"{spot.direction} at {spot.onset_s:.2f} s{since}"
                    )
                progress.update(
                    task, advance=1, description=f"frame {frame.number}, turned on: {count}"
                )
        stdout.print(
            f"{folder}: {recording.status}, {count} spots turned {feed.direction}", soft_wrap=True
        )
        if feed.message:
            stderr.print(f"note: {feed.message}", style="yellow")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=stderr
    )


def _wait_until(when: float) -> None:
    left = when - time.monotonic()
    if left > 0:
        time.sleep(left)
