"""The right side: timeline, count, and the panels as tabs; the devices' state at the bottom."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from onset.viewer import colours
from onset.viewer.controls.device_strip import DeviceStrip
from onset.viewer.controls.later import Later
from onset.viewer.controls.protocol_panel import ProtocolPanel
from onset.viewer.controls.rig_panel import RigPanel
from onset.viewer.curves import Curves
from onset.viewer.headline import Headline
from onset.viewer.icons import icon
from onset.viewer.image_panel import ImagePanel
from onset.viewer.timeline_strip import TimelineStrip
from onset.viewer.top_bar import Mode

SPANS = {"whole run": None, "last 10 s": 10.0, "last 30 s": 30.0, "last 2 min": 120.0}
TABS: dict[str, tuple[str, ...]] = {
    "set up": ("Protocol", "Rig", "Image"),
    "run": ("Curves", "Rig", "Image", "Log"),
    "watch": ("Curves", "Image", "Log"),
    "replay": ("Curves", "Image", "Log"),
    "start": (),
}


class Column(QWidget):
    """Lays out; what the parts do is said by themselves."""

    def __init__(self, later: Later) -> None:
        super().__init__()
        self.strip = TimelineStrip()
        self.now, self.next = QLabel(""), QLabel("")
        self.headline = Headline()
        self.curves = Curves()
        self.span = QComboBox()
        self.random, self.none, self.export = QToolButton(), QToolButton(), QToolButton()
        self.image = ImagePanel()
        self.rig = RigPanel(later)
        self.protocol = ProtocolPanel(later)
        self.log = QPlainTextEdit()
        self.tabs = QTabWidget()
        self.devices = DeviceStrip()
        self._pages: dict[str, QWidget] = {}
        self._lay_out()
        self.restyle()

    def show_mode(self, mode: Mode, *, connected: bool) -> None:
        """Only the panels that are needed now."""
        wanted = TABS[mode]
        present = [self.tabs.tabText(i) for i in range(self.tabs.count())]
        if list(wanted) != present:
            self.tabs.clear()
            for name in wanted:
                self.tabs.addTab(self._pages[name], name)
        film = mode in ("run", "watch", "replay")
        for widget in (self.strip, self.now, self.next, self.headline):
            widget.setVisible(film)
        self.devices.setVisible(connected and mode in ("set up", "run"))

    def open_tab(self, name: str) -> None:
        """Bring this panel to the front."""
        for i in range(self.tabs.count()):
            if self.tabs.tabText(i) == name:
                self.tabs.setCurrentIndex(i)

    def say_steps(self, now: str, after: str) -> None:
        """What goes on and what comes next, below the timeline."""
        for label, text in ((self.now, now), (self.next, after)):
            if label.text() != text:
                label.setText(text)
            label.setVisible(bool(text))

    def restyle(self) -> None:
        """In the colours of the theme in use."""
        text = colours.theme().text
        for button, name in ((self.random, "dice"), (self.none, "close"), (self.export, "export")):
            button.setIcon(icon(name, text))
        self.curves.restyle()
        self.strip.update()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QWidget()
        inner = QVBoxLayout(head)
        inner.setContentsMargins(12, 8, 12, 0)
        inner.setSpacing(2)
        inner.addWidget(self.strip)
        for label in (self.now, self.next):
            label.setWordWrap(True)
            inner.addWidget(label)
        self.next.setObjectName("faint")
        column.addWidget(head)
        column.addWidget(self.headline)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.devices)
        self.log.setReadOnly(True)
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self._pages = {
            "Curves": self._curves_page(), "Image": self.image, "Rig": self.rig,
            "Protocol": self.protocol, "Log": self.log,
        }  # fmt: skip
        for page in self._pages.values():
            page.setParent(self)
            page.hide()
        self.setMinimumWidth(390)

    def _curves_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 10, 0)
        self.span.addItems(list(SPANS))
        self.span.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.span.setToolTip("Show the whole run, or scroll with the newest stretch of time")
        self.span.currentTextChanged.connect(
            lambda text: setattr(self.curves, "window_s", SPANS[text])
        )
        tips = (
            (self.random, "Trajectories of four spots at random (T)"),
            (self.none, "No trajectories (click on an empty place of the picture)"),
            (self.export, "Export curves: PNG, SVG, CSV (or right click)"),
        )
        words = QLabel("click a ring: its trajectory")
        words.setObjectName("faint")
        row.addWidget(self.span)
        row.addWidget(words, 1, Qt.AlignmentFlag.AlignCenter)
        for button, tip in tips:
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setStyleSheet("QToolButton::menu-indicator { image: none }")
        column.addLayout(row)
        column.addWidget(self.curves, 1)
        return page
