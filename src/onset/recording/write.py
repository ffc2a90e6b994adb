"""The recorder: each frame is a page, then a row of the index; nothing waits for the end."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path

from onset.errors import RecordingFault
from onset.experiment.records import Frame, FrameFlag
from onset.recording.faults import disk_sentence
from onset.recording.flush import Flusher
from onset.recording.index import packed, read_rows
from onset.recording.layout import FRAMES, INDEX, LEDGER, RESERVE, ROW
from onset.recording.ledger import Ledger
from onset.recording.marks import marks_in
from onset.recording.pages import FILE_HEADER, page_layout, write_all, write_page
from onset.recording.seal import seal_film, unseal_film
from onset.recording.session import Counts, Session, Status, utc_now, write_session
from onset.recording.tail import Tail

_RESERVE_BYTES = 4 << 20
_SESSION_BYTES = 1 << 18


class Recorder:
    """Writes one recording; `append` belongs to one thread, `ledger` to all.

    After a fault the frames until then are readable, nothing more is taken, and `seal` still works.
    """

    def __init__(self, folder: Path, session: Session) -> None:
        self.folder = folder
        self.session = session
        self.layout = page_layout(session.camera.shape, session.camera.dtype)
        self.written = 0
        self.missing = 0
        self._last_number: int | None = None
        self._counted = True
        self._fault: RecordingFault | None = None
        self._lock = threading.Lock()
        self._create()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        """Seal what nobody sealed."""
        if self.session.status == "running":
            self.seal("failed", f"{kind.__name__}: {error}" if kind else "not sealed by its writer")

    def append(self, frame: Frame) -> int:
        """Write one frame; returns how many the camera counted before it and did not deliver."""
        if frame.image.shape != self.layout.shape:
            raise RecordingFault(
                f"{self.folder}: frame {frame.number} is {frame.image.shape} px, "
                f"the recording holds {self.layout.shape} px"
            )
        with self._lock:
            self._refuse_after_fault()
            self._write(frame)
            return self._count(frame)

    def seal(
        self,
        status: Status,
        reason: str | None = None,
        *,
        expected: int | None = None,
        lost: Mapping[str, int] | None = None,
        achieved_speed: float | None = None,
    ) -> Session:
        """Close the recording: a valid OME-TIFF, session.json with status, reason and counts."""
        with self._lock:
            if self.session.status != "running":
                return self.session
            self._flusher.stop()
            self._give_back()
            no_ome, refused = self._seal_film(), self._sync()
            counts = Counts(
                expected=expected,
                written=self.written,
                dropped=self.missing if self._counted and self.written else None,
                lost=dict(lost or {}),
            )
            known = [text for text in (reason, refused, no_ome) if text]
            self.session = self.session.model_copy(
                update={
                    "status": "failed" if status == "complete" and refused else status,
                    "reason": "; ".join(dict.fromkeys(known)) or None,
                    "ended_utc": utc_now(),
                    "achieved_speed": achieved_speed,
                    "counts": counts,
                    "ome": no_ome is None and self.written > 0,
                }
            )
            self._close()
            return self.session

    @property
    def fault(self) -> RecordingFault | None:
        """Why no more frames are taken."""
        return self._fault or self._flusher.fault

    def _create(self) -> None:
        try:
            if self.folder.exists() and any(self.folder.iterdir()):
                raise RecordingFault(f"{self.folder}: not empty; a recording needs a new folder")
            self.folder.mkdir(parents=True, exist_ok=True)
            self._reserve()
            self._film = FileIO(self.folder / FRAMES, "wb+")
            write_all(self._film, FILE_HEADER)
            self._index = FileIO(self.folder / INDEX, "wb")
            self.ledger = Ledger(self.folder / LEDGER)
            write_session(self.folder, self.session)
        except OSError as error:
            raise RecordingFault(disk_sentence(self.folder, error)) from error
        self._flusher = Flusher(self.folder, (self._film, self._index))

    def _refuse_after_fault(self) -> None:
        if self.session.status != "running":
            raise RecordingFault(f"{self.folder}: already sealed as {self.session.status}")
        if self.fault is not None:
            raise self.fault

    def _write(self, frame: Frame) -> None:
        row = packed(frame, self.layout.pixels_at(self.written))
        try:
            write_page(self._film, self.layout, self.written, frame.image)
            write_all(self._index, row)
        except OSError as error:
            self._undo(error)
        self.written += 1

    def _undo(self, error: OSError) -> None:
        """Cut the part of a page or row that fitted, and take no more."""
        path = self.folder / FRAMES
        self._fault = RecordingFault(
            f"{disk_sentence(path, error)}; the {self.written} frames until then are readable"
        )
        with suppress(OSError):  # what cannot be cut (Windows: a reader maps it) is linked nowhere
            unseal_film(self._film, self.layout, self.written)
            self._index.truncate(self.written * ROW.itemsize)
        raise self._fault from error

    def _count(self, frame: Frame) -> int:
        last, self._last_number = self._last_number, frame.number
        self._counted = self._counted and FrameFlag.COUNTED in frame.flags
        if last is None or frame.number == last + 1:
            return 0
        missing = max(frame.number - last - 1, 0)
        self.missing += missing
        gap = {
            "after": last,
            "next": frame.number,
            "missing": missing,
            "position": self.written - 1,
        }
        self.ledger.write("frame-gap", gap, frame.host_ns)
        return missing

    def _seal_film(self) -> str | None:
        """Make the film an OME-TIFF; what went wrong, if it did: the pages are readable without."""
        try:
            rows, _ = read_rows(self.folder / INDEX)
            done = marks_in(Tail(self.folder / LEDGER).lines())
            seal_film(self._film, self.layout, rows, self.session, done, self.written)
            self._film.flush()
        except OSError as error:
            unseal_film(self._film, self.layout, self.written)
            return f"no OME-XML ({disk_sentence(self.folder / FRAMES, error)})"
        return None

    def _sync(self) -> str | None:
        """Put everything on the disk; what it refused, now or before, if it did."""
        self._flusher.sync()
        try:
            self.ledger.sync()
        except OSError as error:
            return disk_sentence(self.ledger.path, error)
        return str(self._flusher.fault) if self._flusher.fault else None

    def _close(self) -> None:
        self._film.close()
        self._index.close()
        self.ledger.close()
        reserve = self.folder / RESERVE
        try:
            write_session(self.folder, self.session, reserve if reserve.exists() else None)
        except OSError as error:
            raise RecordingFault(disk_sentence(self.folder, error)) from error

    def _reserve(self) -> None:
        """Room for sealing; as much as a limit on the size of files lets it be."""
        try:
            (self.folder / RESERVE).write_bytes(bytes(_RESERVE_BYTES))
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise

    def _give_back(self) -> None:
        """Room for the OME-XML; the rest becomes session.json, which nobody can take away."""
        reserve = self.folder / RESERVE
        if reserve.exists() and reserve.stat().st_size > _SESSION_BYTES:
            os.truncate(reserve, _SESSION_BYTES)
