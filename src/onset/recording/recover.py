"""Makes a recording whole whose process was killed: cuts what is torn, seals what is there."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

import numpy as np

from onset.errors import RecordingFault
from onset.experiment.records import FrameFlag
from onset.recording.faults import disk_sentence
from onset.recording.index import Rows, read_rows
from onset.recording.layout import FRAMES, INDEX, LEDGER, RESERVE, ROW, SESSION
from onset.recording.ledger import Ledger, parse, read_ledger
from onset.recording.marks import marks_in
from onset.recording.pages import (
    BLOCK,
    SAME_BYTES,
    PageLayout,
    link,
    page_layout,
    write_all,
)
from onset.recording.read import Recording
from onset.recording.seal import seal_film, unseal_film
from onset.recording.session import Counts, Session, utc_now, write_session
from onset.recording.tail import Tail


def recover(folder: Path) -> list[str]:
    """What was done, as sentences; nothing for a whole recording, so twice is the same as once.

    Raises RecordingFault while the recording process is alive.
    """
    recording = Recording(folder)
    status, reason = recording.status, recording.reason
    if status == "running":
        raise RecordingFault(
            f"{folder}: still being recorded by process {recording.session.writer.pid}"
        )
    if recording.session.status != "running" and _is_whole(recording):
        return []
    try:
        return _recover(folder, recording.session, reason)
    except OSError as error:
        raise RecordingFault(disk_sentence(folder, error)) from error


def _is_whole(recording: Recording) -> bool:
    return recording.session.ome or len(recording) == 0


def _recover(folder: Path, session: Session, reason: str | None) -> list[str]:
    layout = page_layout(session.camera.shape, session.camera.dtype)
    for name in (RESERVE, f"{SESSION}.tmp"):
        (folder / name).unlink(missing_ok=True)
    done = _cut_ledger(folder / LEDGER)
    rows, cut = _whole_rows(folder, layout)
    done += cut
    done += _film(folder / FRAMES, layout, rows, session)
    sealed = session.model_copy(
        update={
            "status": "killed" if session.status == "running" else session.status,
            "reason": reason,
            "ended_utc": session.ended_utc or utc_now(),
            "counts": session.counts or _counts(rows),
            "ome": len(rows) > 0,
        }
    )
    done.append(f"sealed as {sealed.status} with {len(rows)} frames")
    _tell_ledger(folder / LEDGER, done, rows)
    write_session(folder, sealed)
    return done


def _cut_ledger(path: Path) -> list[str]:
    """Cut the line that was being written."""
    if not path.exists():
        path.touch()
        return ["made an empty ledger: there was none"]
    lines = path.read_bytes().splitlines(keepends=True)
    if not lines or parse(lines[-1]) is not None:
        return []
    with path.open("rb+") as file:
        file.truncate(sum(len(line) for line in lines[:-1]))
    return ["cut a torn line from the end of the ledger"]


def _whole_rows(folder: Path, layout: PageLayout) -> tuple[Rows, list[str]]:
    """Rows whose check and page are good; others are cut from the end of the index."""
    path = folder / INDEX
    rows, end = read_rows(path)
    with_page = _with_page(folder / FRAMES, layout, rows)
    if len(with_page) < len(rows):
        rows, end = with_page, len(with_page) * ROW.itemsize
    if path.stat().st_size == end:
        return rows, []
    with path.open("rb+") as file:
        file.truncate(end)
    return rows, ["cut torn rows from the end of the frame index"]


def _with_page(path: Path, layout: PageLayout, rows: Rows) -> Rows:
    """Rows until the last whose page is in the film: after a power cut the index can be ahead."""
    whole = rows["offset"].astype(np.int64) + layout.n_bytes <= path.stat().st_size
    n = len(rows) if whole.all() else int(np.argmin(whole))
    with FileIO(path) as file:
        while n and not _has_tags(file, layout, int(layout.pages_of(rows["offset"][n - 1 : n])[0])):
            n -= 1
    return rows[:n]


def _has_tags(file: FileIO, layout: PageLayout, page: int) -> bool:
    file.seek(layout.header_at(page))
    return file.read(SAME_BYTES) == layout.header(page)[:SAME_BYTES]


def _mend_tags(file: FileIO, layout: PageLayout, n_pages: int) -> int:
    """Write the tags of pages that a power cut has lost; how many."""
    torn = [page for page in range(n_pages) if not _has_tags(file, layout, page)]
    for page in torn:
        file.seek(layout.header_at(page))
        write_all(file, layout.header(page))
    return len(torn)


def _film(path: Path, layout: PageLayout, rows: Rows, session: Session) -> list[str]:
    """Cut what is torn, link the pages, add the OME-XML."""
    done = []
    indexed = int(layout.pages_of(rows["offset"][-1:])[0]) + 1 if len(rows) else 0
    with FileIO(path, "rb+") as file:
        n_pages = indexed + _pages_without_row(file, layout, indexed)
        if n_pages > indexed:
            done.append(f"kept {n_pages - indexed} images without times as last pages of the TIFF")
        mended = _mend_tags(file, layout, n_pages)
        if mended:
            done.append(f"wrote the lost tags of {mended} pages, whose images may be lost too")
        for page in range(n_pages):
            link(file, layout, page)
        behind = file.seek(0, 2) - layout.end(n_pages)
        unseal_film(file, layout, n_pages)
        if behind > 0:
            done.append(f"cut {behind} bytes behind the last image")
        if len(rows):
            done_to_it = marks_in(Tail(path.parent / LEDGER).lines())
            seal_film(file, layout, rows, session, done_to_it, n_pages)
            done.append("made the film a valid OME-TIFF")
    return done


def _pages_without_row(file: FileIO, layout: PageLayout, page: int) -> int:
    """Whole images after the index's last, which it lost; the page of zeros is none of them."""
    found = 0
    while True:
        file.seek(layout.pixels_at(page + found))
        pixels = file.read(layout.stride - BLOCK)
        if len(pixels) < layout.stride - BLOCK or not any(pixels):
            return found
        if not _has_tags(file, layout, page + found):
            return found
        found += 1


def _counts(rows: Rows) -> Counts:
    missing = np.diff(rows["number"].astype(np.int64)) - 1
    counted = len(rows) > 0 and bool(np.all(rows["flags"] & int(FrameFlag.COUNTED)))
    dropped = int(missing[missing > 0].sum()) if counted else None
    lost = {"camera": dropped} if dropped else {}
    return Counts(written=len(rows), dropped=dropped, lost=lost)


def _tell_ledger(path: Path, done: list[str], rows: Rows) -> None:
    entries = list(read_ledger(path))
    times = [entry.t_ns for entry in entries] + rows["host_ns"].tolist()[-1:]
    ledger = Ledger(path, first_seq=entries[-1].seq + 1 if entries else 0)
    ledger.write("recovered", {"done": done}, max(times, default=0), sync=True)
    ledger.close()
