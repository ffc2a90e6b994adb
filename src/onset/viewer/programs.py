"""What the window offers to do with a recording in other programs: napari, analysis, report."""

from __future__ import annotations

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices

from onset.viewer.beside import ANALYSIS, Beside, Ended, analysis_of, napari_on, report_of
from onset.viewer.display import why_no_napari
from onset.viewer.film import Film
from onset.viewer.notices import Notices
from onset.viewer.top_bar import TopBar


class Programs:
    """Buttons of the top bar, and what becomes of what they started."""

    def __init__(self, bar: TopBar, notices: Notices) -> None:
        self._bar, self._notices = bar, notices
        self._beside = Beside()
        self._film: Film | None = None
        bar.napari_asked.connect(self._open_napari)
        bar.report_asked.connect(self._open_report)
        bar.allow_napari(why_no_napari())

    def show(self, film: Film | None) -> None:
        """What can be done with this recording now; what has ended is told."""
        self._film = film
        for ended in self._beside.ended():
            self._tell(ended)
        if film is not None:
            folder = film.recording.path
            busy = self._beside.is_busy(ANALYSIS, folder)
            self._bar.show_report(there=report_of(folder).exists(), busy=busy)

    def leave(self) -> None:
        """The window closes; what was started goes on."""
        self._beside.leave()

    def _open_napari(self) -> None:
        if self._film is None:
            return
        recording = self._film.recording
        self._beside.start(napari_on(recording.path, growing=recording.status == "running"))
        self._notices.say("napari opens in a window of its own; that takes some seconds.", "done")

    def _open_report(self) -> None:
        """The report where there is one; else it is made."""
        if self._film is None:
            return
        folder = self._film.recording.path
        report = report_of(folder)
        if report.exists():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(report)))
        elif not self._beside.is_busy(ANALYSIS, folder):
            self._beside.start(analysis_of(folder))
            self.show(self._film)

    def _tell(self, ended: Ended) -> None:
        program = ended.program
        if ended.trouble:
            self._notices.say(f"{program.name}: {ended.trouble}", "warning")
        elif program.name == ANALYSIS:
            self._notices.say(f"Analysed. Report: {report_of(program.folder)}", "done")
