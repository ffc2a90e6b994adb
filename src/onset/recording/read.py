"""`onset.open`: a recording on the disk, finished, growing or killed; never writes to it."""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from onset.errors import RecordingFault
from onset.experiment.protocol import Protocol, parse_protocol
from onset.experiment.records import Frame, FrameFlag, Mark
from onset.experiment.rig import Rig, parse_rig
from onset.recording.follow import Follower
from onset.recording.index import Rows, no_rows, read_rows
from onset.recording.layout import FRAMES, INDEX, LEDGER, MISSING, ROW, SESSION
from onset.recording.ledger import Entry, read_ledger
from onset.recording.marks import PlacedMark, cut_short, marks_in, placed
from onset.recording.pages import page_layout
from onset.recording.session import is_alive, read_session
from onset.recording.stack import PageStack
from onset.recording.tail import Tail
from onset.recording.times import exposure_changes, times_of
from onset.recording.ttl import TtlLine
from onset.timing import FrameTimes

Image = npt.NDArray[np.generic]


class Recording:
    """Frames by position, number or time, marks, and what is known of the run.

    Images are read-only views of the mapped file. `refresh` looks for what was added since.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder)
        self._session_seen: tuple[int, ...] = ()
        self.session = read_session(self.path)
        camera = self.session.camera
        self.layout = page_layout(camera.shape, camera.dtype)
        self._rows = no_rows()
        self._next_row_at = 0
        self._map: mmap.mmap | None = None
        self._times: FrameTimes | None = None
        self._ledger = Tail(self.path / LEDGER)
        self._marks: list[Mark] = []
        self.refresh()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> Image: ...

    @overload
    def __getitem__(self, position: slice) -> Image: ...

    def __getitem__(self, position: int | slice) -> Image:
        """Image by position, (height, width), memory-mapped; of a slice a copy, (n, height, width).

        Negative positions count from the end.
        """
        if isinstance(position, slice):
            return self.stack()[position]
        return self._image(int(self._rows["offset"][position]))

    def __iter__(self) -> Iterator[Image]:
        return (self[i] for i in range(len(self)))

    def close(self) -> None:
        """Let go of the file; images that are still in use stay valid."""
        self._map = None

    def refresh(self) -> int:
        """Take in what was written since; how many frames are new."""
        self._refresh_session()
        new, self._next_row_at = read_rows(self.path / INDEX, self._next_row_at)
        new = self._with_pixels(new)
        if len(new):
            self._rows = np.concatenate((self._rows, new))
            self._times = None
        return len(new)

    def _refresh_session(self) -> None:
        now = (self.path / SESSION).stat()
        seen = (now.st_mtime_ns, now.st_ino, now.st_size)
        if self.session.status == "running" and seen != self._session_seen:
            self.session, self._session_seen = read_session(self.path), seen

    @property
    def status(self) -> str:
        """complete, aborted, failed, killed or running."""
        if self.session.status != "running":
            return self.session.status
        written_s = (self.path / INDEX).stat().st_mtime
        return "running" if is_alive(self.session.writer, written_s, time.time()) else "killed"

    @property
    def reason(self) -> str | None:
        """Why it ended, where it is not complete."""
        if self.session.status == "running" and self.status == "killed":
            return f"process {self.session.writer.pid} ended without sealing the recording"
        return self.session.reason

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the images."""
        return self.layout.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the pixels."""
        return self.layout.dtype

    @property
    def rows(self) -> Rows:
        """The index: number, offset, camera_ns, core_ns, host_ns, flags of each frame."""
        return self._rows

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The camera's count of each frame."""
        return self._rows["number"].astype(np.int64)

    @property
    def flags(self) -> npt.NDArray[np.uint32]:
        """FrameFlag of each frame."""
        return self._rows["flags"].astype(np.uint32)

    @property
    def times(self) -> FrameTimes:
        """Starts of exposure in host time, with their bound and the fit of the clocks."""
        self._read_marks()
        if self._times is None:
            self._times = times_of(self._rows, self.session, self._marks)
        return self._times

    @property
    def times_s(self) -> npt.NDArray[np.float64]:
        """Starts of exposure, s; 0 is that of the first frame."""
        return self.times.times_s

    @property
    def marks(self) -> list[PlacedMark]:
        """What was done, in the film's time and frames."""
        line = self.ttl_line
        return [line.dated(mark) for mark in self.commanded] if line else self.commanded

    @property
    def commanded(self) -> list[PlacedMark]:
        """The marks as the commands alone tell them."""
        times = self.times
        return cut_short([placed(mark, times) for mark in self._marks])

    @property
    def ttl_line(self) -> TtlLine | None:
        """A pump's run output as the camera saw it, where the rig names one."""
        spec = self.rig.camera.ttl if self.rig else None
        return TtlLine(spec, self.flags, self.times) if spec and len(self) else None

    @property
    def exposures_s(self) -> npt.NDArray[np.float64]:
        """Exposure time of each frame, s; NaN where it is not known or was just being changed."""
        if self.session.camera.exposure_ms is None:
            return np.full(len(self), np.nan)
        return self.times.exposures.known_s

    @property
    def rig_text(self) -> str | None:
        """The rig file, verbatim."""
        return self.session.rig.text if self.session.rig else None

    @property
    def protocol_text(self) -> str | None:
        """The protocol file, verbatim."""
        return self.session.protocol.text if self.session.protocol else None

    @cached_property
    def rig(self) -> Rig | None:
        """The rig; None for a film of another program."""
        file = self.session.rig
        return parse_rig(file.text, Path(file.file)) if file else None

    @cached_property
    def protocol(self) -> Protocol | None:
        """The protocol; None for a film of another program."""
        file = self.session.protocol
        return parse_protocol(file.text, Path(file.file)) if file else None

    def ledger(self) -> Iterator[Entry]:
        """All that happened, in order."""
        return read_ledger(self.path / LEDGER)

    def position(self, number: int) -> int:
        """Position of the frame that the camera counted as `number`; KeyError if it is missing."""
        found = np.flatnonzero(self._rows["number"] == number)
        if len(found) == 0:
            raise KeyError(f"{self.path}: no frame {number}")
        return int(found[-1])

    def frame(self, number: int) -> Frame:
        """Image and stamps by the camera's count."""
        return self.frame_at(self.position(number))

    def frame_at(self, position: int) -> Frame:
        """Image and stamps by position."""
        row = self._rows[position]
        return Frame(
            number=int(row["number"]),
            image=self._image(int(row["offset"])),  # type: ignore[arg-type]
            camera_ns=_known(row["camera_ns"]),
            core_ns=_known(row["core_ns"]),
            host_ns=int(row["host_ns"]),
            flags=FrameFlag(int(row["flags"])),
        )

    def at(self, t_s: float) -> int:
        """Position of the frame whose exposure had begun last at `t_s`; 0 before the first."""
        return max(int(np.searchsorted(self.times_s, t_s, side="right")) - 1, 0)

    def follow(self, *, start: int = 0, poll_s: float = 0.02) -> Follower[Recording]:
        """Frames from position `start` on, as they appear, until the recording has ended."""
        return Follower(Recording(self.path), start, poll_s)

    def stack(self) -> PageStack:
        """The film as one array-like (n, height, width) that reads what is asked for."""
        offsets = self._rows["offset"].astype(np.int64)
        return PageStack(self.path / FRAMES, offsets, self.layout)

    def to_dask(self, frames_per_chunk: int | None = None) -> Any:
        """The film as a dask array (n, height, width); needs the package dask."""
        return self.stack().to_dask(frames_per_chunk)

    def _read_marks(self) -> None:
        """Those that were written since; a change of the exposure dates frames anew."""
        new = marks_in(self._ledger.lines())
        self._marks += new
        if exposure_changes(new):
            self._times = None

    def _image(self, offset: int) -> Image:
        n_pixels = self.shape[0] * self.shape[1]
        flat = np.frombuffer(self._mapped(offset), self.dtype, n_pixels, offset)
        return flat.reshape(self.shape)

    def _mapped(self, offset: int) -> mmap.mmap:
        """The file, mapped as far as this page; mapped anew when it has grown."""
        end = offset + self.layout.n_bytes
        if self._map is None or len(self._map) < end:
            with (self.path / FRAMES).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._map) < end:
            raise RecordingFault(f"{self.path / FRAMES}: shorter than its index says")
        return self._map

    def _with_pixels(self, rows: Rows) -> Rows:
        """Rows whose page is on the disk: after a power loss the index can be ahead."""
        size = (self.path / FRAMES).stat().st_size
        whole = rows["offset"].astype(np.int64) + self.layout.n_bytes <= size
        if not whole.all():
            self._next_row_at -= (len(rows) - int(np.argmin(whole))) * ROW.itemsize
            return rows[: int(np.argmin(whole))]
        return rows


def _known(stamp: np.int64) -> int | None:
    return None if stamp == MISSING else int(stamp)
