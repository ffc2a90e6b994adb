"""The line at the bottom: plain figures; amber near a limit, red past it."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QStatusBar

from onset.viewer import colours
from onset.viewer.figures import Figure

# fmt: off
ORDER = (
    "status", "rate", "frames", "written", "dropped", "gaps", "buffer", "clock", "left", "disk",
    "dose", "focus", "speed",
)
# fmt: on


class StatusLine(QStatusBar):
    """A label per figure, each always in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._labels = {name: QLabel() for name in ORDER}
        for label in self._labels.values():
            self.addWidget(label)
        self.reason = QLabel()
        self.addPermanentWidget(self.reason)

    def show_figures(self, figures: list[Figure]) -> None:
        """Show exactly these."""
        wanted = {figure.name for figure in figures}
        for name, label in self._labels.items():
            label.setVisible(name in wanted)
        for figure in figures:
            label = self._labels[figure.name]
            _say(label, figure.text, _colour(figure.level))
            if label.toolTip() != figure.tip:
                label.setToolTip(figure.tip)

    def say_reason(self, text: str, *, bad: bool) -> None:
        """What is wrong with the recording, at the right."""
        theme = colours.theme()
        _say(self.reason, text, theme.red if bad else theme.faint)
        self.reason.setToolTip(text)

    def text(self, name: str) -> str:
        """What a figure says; empty where it is not shown."""
        label = self._labels.get(name)
        return label.text() if label is not None and not label.isHidden() else ""


def _colour(level: str) -> str:
    theme = colours.theme()
    return {"amber": theme.amber, "red": theme.red, "good": theme.green}.get(level, theme.text)


def _say(label: QLabel, text: str, colour: str) -> None:
    if label.text() != text:
        label.setText(text)
    sheet = f"color: {colour}"
    if colour == colours.theme().red and text:
        sheet += "; font-weight: 600"
    if label.styleSheet() != sheet:
        label.setStyleSheet(sheet)
