"""The protocol: choose one, change its values, see what it will do and whether it can."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from onset.errors import FileMistake
from onset.experiment.files import read_text
from onset.experiment.rig import Rig
from onset.viewer.colours import theme
from onset.viewer.controls.later import Later
from onset.viewer.controls.outcome import Outcome, look_at, summary, tables_of
from onset.viewer.controls.schema_fields import step_fields, table_fields
from onset.viewer.controls.step_form import StepForm
from onset.viewer.controls.toml_text import Value, with_value
from onset.viewer.file_dialog import choose_file
from onset.viewer.timeline_strip import Strip, TimelineStrip, blocks_of

BROWSE = "Other file ..."


class ProtocolPanel(QWidget):
    """Keeps the text that will run; `outcome` is the newest look at it."""

    looked = Signal()
    """There is a new outcome."""

    def __init__(self, later: Later) -> None:
        super().__init__()
        self._later = later
        self._rig: Rig | None = None
        self._reading: Path | None = None
        self.file: Path | None = None
        self.text = self._saved = ""
        self.outcome: Outcome | None = None
        self.chooser = QComboBox()
        self.save = QPushButton("Save as ...")
        self.revert = QPushButton("Revert")
        self.strip = TimelineStrip()
        self.totals, self.verdict = QLabel(""), QLabel("")
        self.forms: list[StepForm] = []
        self._inside = QVBoxLayout()
        self._lay_out()
        self.chooser.activated.connect(self._choose)
        self.save.clicked.connect(self._save)
        self.revert.clicked.connect(lambda: self.open(self.file) if self.file else None)

    @property
    def name(self) -> str:
        """Of the protocol, for the top bar."""
        protocol = self.outcome.protocol if self.outcome else None
        return protocol.name if protocol else (self.file.stem if self.file else "")

    def offer(self, files: list[Path]) -> None:
        """Files to choose from, the first one is opened where none is yet."""
        self.chooser.clear()
        for file in files:
            self.chooser.addItem(file.stem, str(file))
            self.chooser.setItemData(
                self.chooser.count() - 1, str(file), Qt.ItemDataRole.ToolTipRole
            )
        self.chooser.addItem(BROWSE, None)
        if self.file is None and self._reading is None and files:
            self.open(files[0])
        elif self.file is not None:
            self._point_at(self.file)

    def open(self, file: Path) -> None:
        """Read this file, off Qt's thread; nothing can run until it is there.

        Where it cannot be read, the protocol before it stays, and why is said.
        """
        if file == self._reading:
            return
        self._reading, self.outcome = file, None
        self.looked.emit()
        self._later.do(
            "file", lambda: read_text(file), lambda text: self._take(file, text), self._not_read
        )

    def _take(self, file: Path, text: str) -> None:
        self._reading, self.file = None, file
        self.text = self._saved = text
        self._point_at(file)
        self._rebuild()
        self.look()

    def _seen(self, outcome: Outcome) -> None:
        if self._reading is None:  # else of the file before it
            self._show(outcome)

    def _not_read(self, mistake: str) -> None:
        self._reading = None
        if self.file is not None:
            self._point_at(self.file)
        self._no(mistake)

    def _point_at(self, file: Path) -> None:
        """Show its name in the list of files, where it comes first if it was not listed."""
        found = self.chooser.findData(str(file))
        if found < 0:
            self.chooser.insertItem(0, file.stem, str(file))
            found = 0
        self.chooser.setCurrentIndex(found)

    def know(self, rig: Rig | None) -> None:
        """Check against this rig from now on."""
        self._rig = rig
        self.look()

    def look(self) -> None:
        """Check again, off Qt's thread."""
        file, text, rig = self.file, self.text, self._rig
        if file is None or self._reading is not None:
            return
        folder = Path("recordings")
        self._later.do("protocol", lambda: look_at(text, file, rig, folder), self._seen, self._no)

    def set_value(self, table: str, number: int | None, key: str, value: Value | None) -> None:
        """Change the text in one place; comments stay."""
        try:
            changed = with_value(self.text, table, number, key, value)
        except FileMistake as mistake:
            self._no(str(mistake))
            return
        keys_change = value is None or not _has(tables_of(self.text), table, number, key)
        self.text = changed
        if keys_change:
            QTimer.singleShot(0, self._rebuild)  # not while one of its fields is speaking
        self.look()

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What stands in the form and is not in the text, because it cannot be understood."""
        return tuple(mistake for form in self.forms for mistake in form.mistakes)

    @property
    def is_changed(self) -> bool:
        """Is the text another than the file's?"""
        return self.file is not None and self.text != self._saved

    def lock(self, *, locked: bool) -> None:
        """No changes during a run."""
        for widget in (self.chooser, *self.forms):
            widget.setEnabled(not locked)

    def _choose(self, _: int) -> None:
        chosen = self.chooser.currentData()
        if chosen is None:
            self.chooser.setCurrentIndex(self.chooser.findData(str(self.file)))
            start = Path("protocols").resolve() / "protocol.toml"
            choose_file(self, "Protocol", start, "Protocols (*.toml)", self.open)
        else:
            self.open(Path(chosen))

    def _save(self) -> None:
        start = (self.file or Path("protocol.toml")).resolve()
        choose_file(self, "Save protocol", start, "Protocols (*.toml)", self._write, "save")

    def _write(self, file: Path) -> None:
        text = self.text
        self._later.do(
            "save",
            lambda: file.write_text(text, encoding="utf-8"),
            lambda _: self.open(file),
            self._no,
        )

    def _no(self, mistake: str) -> None:
        """What was asked for cannot be had, and why."""
        self._show(Outcome(None, None, None, mistake))

    def _show(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.totals.setText(summary(outcome.plan) if outcome.plan else "")
        self._say_verdict()
        plan = outcome.timeline
        strip = None
        if plan is not None:
            end_s = plan.end_s or max((row.end_s for row in plan.rows), default=1.0)
            strip = Strip(blocks_of(plan.rows, end_s, {}, {}), (), max(end_s, 1.0), None, 0.0)
        self.strip.show_strip(strip)
        changed = self.is_changed
        self.save.setEnabled(changed)
        self.revert.setEnabled(changed)
        self.save.setText("Save as ... (changed)" if changed else "Save as ...")
        self.looked.emit()

    def _say_verdict(self) -> None:
        outcome = self.outcome
        if outcome is None:
            return
        refusals = (*self.mistakes, *outcome.refusals)
        lines = [_coloured(theme().red, refusal) for refusal in refusals]
        if outcome.plan:
            lines += [_coloured(theme().amber, warning) for warning in outcome.plan.warnings]
        if outcome.can_run and not lines:
            lines = [_coloured(theme().green, "This can run.")]
        self.verdict.setText("<br>".join(lines))

    def _form_looked(self) -> None:
        self._say_verdict()
        self.looked.emit()

    def _rebuild(self) -> None:
        for form in self.forms:
            self._inside.removeWidget(form)
            form.deleteLater()
        self.forms = []
        data = tables_of(self.text)
        steps = data.get("steps", [])
        for number, step in enumerate(steps if isinstance(steps, list) else []):
            do = str(step.get("do", "?"))
            self._add(f"{number + 1}  {do}", "steps", number, step_fields(do), step)
        for table in ("sample", "camera", "end"):
            inside = data.get(table)
            if isinstance(inside, dict):
                self._add(f"[{table}]", table, None, table_fields(table), inside)
        simple = {key: value for key, value in data.items() if not isinstance(value, dict | list)}
        self._add("file", "", None, table_fields(""), simple)

    def _add(
        self,
        title: str,
        table: str,
        number: int | None,
        fields: tuple[object, ...],
        values: Mapping[str, object],
    ) -> None:
        form = StepForm(title, fields, values)  # type: ignore[arg-type]
        form.changed.connect(lambda key, value: self.set_value(table, number, key, value))
        form.looked.connect(self._form_looked)
        self.forms.append(form)
        self._inside.insertWidget(self._inside.count() - 1, form)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self.chooser, 1)
        row.addWidget(self.revert)
        row.addWidget(self.save)
        self.chooser.setToolTip("Protocol file")
        self.revert.setToolTip("Read the file again")
        self.save.setToolTip("Write the changed protocol to a file; it runs also without")
        column.addLayout(row)
        column.addWidget(self.strip)
        for label in (self.totals, self.verdict):
            label.setWordWrap(True)
            column.addWidget(label)
        self.totals.setObjectName("faint")
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setLayout(self._inside)
        self._inside.setContentsMargins(0, 0, 4, 0)
        self._inside.setSpacing(5)
        self._inside.addStretch(1)
        area.setWidget(inside)
        column.addWidget(area, 1)


def _has(data: Mapping[str, object], table: str, number: int | None, key: str) -> bool:
    inside: object = data.get(table, {}) if table else data
    if isinstance(inside, list):
        inside = inside[number or 0]
    return isinstance(inside, dict) and key in inside


def _coloured(colour: str, text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<span style="color:{colour}">{safe}</span>'
