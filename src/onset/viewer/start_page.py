"""The first page: choose a rig, go back to a running one, or open a recording."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from onset.acquisition.registry import Entry
from onset.viewer.file_dialog import choose_file

WIDTH_PX = 620
RIGS_PX, RECORDINGS_PX = 240, 420
"""The lists are not higher, however large the screen."""


class StartPage(QWidget):
    """Says what was chosen; shows how connecting goes."""

    rig_chosen = Signal(object)
    supervisor_chosen = Signal(object)
    recording_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rigs, self.recordings = QListWidget(), QListWidget()
        self.connect = QPushButton("Connect")
        self.other_rig = QPushButton("Other rig file ...")
        self.replay = QPushButton("Replay")
        self.other_recording = QPushButton("Other recording ...")
        self.progress, self.words = QProgressBar(), QLabel("")
        self.trouble = QLabel("")
        self._lay_out()
        self.connect.setObjectName("go")
        self.connect.clicked.connect(self._connect_chosen)
        self.rigs.itemActivated.connect(lambda _: self._connect_chosen())
        self.replay.clicked.connect(self._replay_chosen)
        self.recordings.itemActivated.connect(lambda _: self._replay_chosen())
        self.other_rig.clicked.connect(self._browse_rig)
        self.other_recording.clicked.connect(self._browse_recording)

    def offer(self, running: list[Entry], rigs: list[Path], recordings: list[Path]) -> None:
        """What can be chosen; running instruments first, then the demo."""
        self.rigs.clear()
        for entry in running:
            where = Path(entry.folder).name if entry.folder else "no run"
            words = f"\N{BLACK CIRCLE} running: {entry.rig or 'no rig yet'} \N{EN DASH} {where}"
            self._add(self.rigs, words, entry, f"process {entry.pid}, started by {entry.who}")
        for file in rigs:
            note = "  (simulated, nothing needs to be connected)" if file.stem == "demo" else ""
            self._add(self.rigs, f"{file.stem}{note}", file, str(file))
        self.rigs.setCurrentRow(0)
        self.recordings.clear()
        for folder in recordings:
            self._add(self.recordings, folder.name, folder, str(folder))
        self.recordings.setCurrentRow(0)
        self.replay.setEnabled(bool(recordings))

    def show_progress(self, words: str) -> None:
        """Connecting goes on."""
        self.trouble.hide()
        self.progress.show()
        self.words.setText(words)
        self.connect.setEnabled(False)

    def show_trouble(self, sentence: str) -> None:
        """It did not work, and why; try again."""
        self.progress.hide()
        self.words.setText("")
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        self.connect.setEnabled(True)
        self.connect.setText("Try again" if sentence else "Connect")

    def _connect_chosen(self) -> None:
        item = self.rigs.currentItem()
        if item is None or not self.connect.isEnabled():
            return
        chosen = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(chosen, Entry):
            self.supervisor_chosen.emit(chosen)
        else:
            self.rig_chosen.emit(chosen)

    def _replay_chosen(self) -> None:
        item = self.recordings.currentItem()
        if item is not None:
            self.recording_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _browse_rig(self) -> None:
        start = Path("devices").resolve() / "rig.toml"
        choose_file(self, "Rig", start, "Rigs (*.toml)", self.rig_chosen.emit)

    def _browse_recording(self) -> None:
        start = Path("recordings").resolve() / "recording"
        choose_file(self, "Recording", start, "", self.recording_chosen.emit, "folder")

    def _add(self, box: QListWidget, words: str, what: object, tip: str) -> None:
        item = QListWidgetItem(words)
        item.setData(Qt.ItemDataRole.UserRole, what)
        item.setToolTip(tip)
        box.addItem(item)

    def _lay_out(self) -> None:
        outer = QHBoxLayout(self)
        box = QFrame()
        box.setMaximumWidth(WIDTH_PX)
        outer.addStretch(1)
        outer.addWidget(box, 4)
        outer.addStretch(1)
        column = QVBoxLayout(box)
        column.setSpacing(8)
        column.addStretch(1)
        title = QLabel("onset")
        title.setObjectName("title")
        column.addWidget(title)
        column.addWidget(_faint("Crystals turning on: camera, syringe pump, UV shutter."))
        column.addSpacing(10)
        column.addWidget(_section("RIG"))
        column.addWidget(self.rigs, 3)
        column.addLayout(_row(self.other_rig, self.connect))
        column.addWidget(self.trouble)
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addSpacing(10)
        column.addWidget(_section("RECORDINGS"))
        column.addWidget(self.recordings, 2)
        column.addLayout(_row(self.other_recording, self.replay))
        column.addWidget(_faint("A recording folder can also be dropped on the window."))
        column.addStretch(1)
        self.rigs.setMaximumHeight(RIGS_PX)
        self.recordings.setMaximumHeight(RECORDINGS_PX)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.trouble.setObjectName("bad")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self.rigs.setToolTip("Double click connects")
        self.other_rig.setToolTip("A rig's file (TOML) from anywhere")
        self.other_recording.setToolTip("A recording's folder from anywhere")
        self.replay.setToolTip("Show this recording; one that grows is followed (Enter)")
        self.connect.setToolTip("Open camera, pumps and shutter of this rig (Enter)")


def _row(left: QPushButton, right: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(left)
    row.addStretch(1)
    row.addWidget(right)
    return row


def _section(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("section")
    return label


def _faint(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("faint")
    return label
