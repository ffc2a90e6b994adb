"""The line at the bottom: how the recording stands, in plain figures."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QStatusBar

from onset.viewer import colours
from onset.viewer.seen import Counts, Seen

STATUS_COLOURS = {
    "running": colours.GREEN,
    "complete": colours.LINE,
    "aborted": colours.AMBER,
    "failed": colours.RED,
    "killed": colours.RED,
}


class StatusLine(QStatusBar):
    """Status, frames, drops, gaps; at the right what is wrong, until it is not."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.status, self.frames, self.dropped, self.gaps = (QLabel() for _ in range(4))
        self.reason = QLabel()
        for label in (self.status, self.frames, self.dropped, self.gaps):
            self.addWidget(label)
        self.addPermanentWidget(self.reason)

    def show_seen(self, seen: Seen) -> None:
        """Say how it stands."""
        colour = STATUS_COLOURS[seen.status]
        _say(self.status, f"\N{BLACK CIRCLE} {seen.status}", colour)
        rate = f"{seen.counts.rate_hz:.1f} fps | " if seen.status == "running" else ""
        _say(self.frames, f"{rate}{seen.counts.written:,} frames written", colours.TEXT)
        _say(
            self.dropped,
            dropped_text(seen.counts),
            colours.RED if seen.counts.dropped else colours.TEXT,
        )
        _say(self.gaps, gaps_text(seen.counts), colours.RED if seen.counts.gaps else colours.TEXT)
        self.gaps.setToolTip("\n".join(f"{a} to {b}" for a, b in seen.counts.gaps[:30]))
        wrong = seen.trouble or seen.reason or ""
        _say(self.reason, wrong, colours.RED if seen.trouble else colour)
        self.reason.setToolTip(wrong)


def dropped_text(counts: Counts) -> str:
    """Zero is said only where the camera counts."""
    if counts.dropped is None:
        return "dropped: unknown" if counts.written else "dropped: \N{EN DASH}"
    return f"{counts.dropped:,} dropped"


def gaps_text(counts: Counts) -> str:
    """How many gaps, and where the last one is."""
    if not counts.gaps:
        return "no gaps"
    first, last = counts.gaps[-1]
    where = f"{first}" if first == last else f"{first}\N{EN DASH}{last}"
    count = len(counts.gaps)
    return f"{count} gap{'s' if count > 1 else ''} (last: {where})"


def _say(label: QLabel, text: str, colour: str) -> None:
    if label.text() != text:
        label.setText(text)
    sheet = f"color: {colour}"
    if label.styleSheet() != sheet:
        label.setStyleSheet(sheet)
