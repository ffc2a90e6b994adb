"""session.json: what was recorded with what, who records, how it ended."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeVar

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from onset.errors import RecordingFault
from onset.recording.flush import sync_folder
from onset.recording.layout import FORMAT, SESSION, VERSION

Status = Literal["running", "complete", "aborted", "failed", "killed"]
_PACKAGES = ("onset", "numpy", "tifffile", "pymmcore", "pymmcore-plus", "pyserial", "scipy")

FILM_CLOCK = "times of the imported film"
"""Said as `clock` where another program dated the frames."""

T = TypeVar("T")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FileText(_Part):
    """A file of the lab, verbatim."""

    file: str
    text: str


class Writer(_Part):
    """The process that records."""

    pid: int
    created_s: float
    hostname: str


class CameraHeader(_Part):
    """The camera as it was set, and how its clock is to be understood."""

    shape: tuple[int, int]
    dtype: str
    exposure_ms: float | None = None
    """None where it is not known (foreign films)."""
    pixel_size_um: float | None = None
    latency_ms: tuple[float, float] = (0.0, 0.0)
    """Shortest time from the end of an exposure until the host has the frame (readout and
    transfer): it lies between these."""
    counter_tag: str | None = None
    clock_tag: str | None = None
    stamps: str | None = None
    """What the camera's clock stamps: exposure-start, exposure-end, readout-end."""
    properties: dict[str, str] = {}


class Counts(_Part):
    """Frames at the end of a recording."""

    expected: int | None = None
    written: int = 0
    dropped: int | None = None
    """Missing by the camera's own counter; None where it has none."""
    lost: dict[str, int] = {}
    """Known losses by cause: camera, core, disk."""


class Session(_Part):
    """The whole document."""

    format: str = FORMAT
    version: int = VERSION
    status: Status = "running"
    reason: str | None = None
    writer: Writer
    rig: FileText | None = None
    protocol: FileText | None = None
    rig_name: str = ""
    protocol_name: str = ""
    versions: dict[str, str] = {}
    camera: CameraHeader
    started_utc: str
    start_ns: int
    speed: float = 1.0
    clock: str = "system monotonic (perf_counter)"
    ended_utc: str | None = None
    achieved_speed: float | None = None
    counts: Counts | None = None
    ome: bool = False
    """Whether the TIFF has its OME-XML."""


def new_session(
    camera: CameraHeader,
    *,
    start_ns: int,
    rig: FileText | None = None,
    protocol: FileText | None = None,
    rig_name: str = "",
    protocol_name: str = "",
    speed: float = 1.0,
    clock: str = "system monotonic (perf_counter)",
) -> Session:
    """A session that this process begins to record now."""
    return Session(
        writer=_this_process(),
        camera=camera,
        rig=rig,
        protocol=protocol,
        rig_name=rig_name,
        protocol_name=protocol_name,
        versions=versions(),
        started_utc=utc_now(),
        start_ns=start_ns,
        speed=speed,
        clock=clock,
    )


def utc_now() -> str:
    """Wall time, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_session(folder: Path, session: Session, reserve: Path | None = None) -> None:
    """Replace session.json in one step: a reader finds the old one or the new one, never a part.

    The file `reserve` becomes the new one, where it is given: a full disk needs no more room.
    """
    temporary = reserve or folder / f"{SESSION}.tmp"
    try:
        with temporary.open("r+b" if reserve else "wb") as file:
            file.write(session.model_dump_json(indent=2).encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        _patiently(lambda: temporary.replace(folder / SESSION))
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def read_session(folder: Path) -> Session:
    """The session of a recording folder; RecordingFault says why there is none."""
    path = folder / SESSION
    try:
        session = Session.model_validate_json(_patiently(path.read_bytes))
    except (FileNotFoundError, NotADirectoryError):
        what = "is a file, a recording is a folder" if folder.is_file() else "no recording here"
        raise RecordingFault(f"{folder}: {what} ({SESSION} is missing)") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecordingFault(f"{path}: not a session of onset: {where} {first['msg']}") from None
    if session.format != FORMAT or session.version > VERSION:
        raise RecordingFault(
            f"{path}: written as {session.format} version {session.version}; "
            f"this onset reads {FORMAT} up to version {VERSION}"
        )
    return session


def is_alive(writer: Writer, last_written_s: float, now_s: float) -> bool:
    """Whether the recording process still exists; from another machine judged by the last write."""
    if writer.hostname != socket.gethostname():
        return now_s - last_written_s < 60
    try:
        process = psutil.Process(writer.pid)
        if abs(process.create_time() - writer.created_s) > 2:
            return False  # the number was given to another process
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _patiently(act: Callable[[], T]) -> T:
    """Windows refuses to replace a file that is being read, and to read what is replaced."""
    for _ in range(50):
        try:
            return act()
        except PermissionError:
            time.sleep(0.01)
    return act()


def _this_process() -> Writer:
    me = psutil.Process()
    return Writer(pid=me.pid, created_s=me.create_time(), hostname=socket.gethostname())


def versions() -> dict[str, str]:
    """Of Python, the system and what matters here."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
