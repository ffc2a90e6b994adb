"""Sealing the film: its pages become a valid OME-TIFF."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import FileIO
from pathlib import Path

import numpy as np

from onset.experiment.records import Mark
from onset.recording.index import Rows
from onset.recording.ome import Film, has_gaps, ome_xml
from onset.recording.pages import PageLayout, describe, undescribe, unlink_after, write_page
from onset.recording.session import Session
from onset.recording.times import times_of


def seal_film(
    file: FileIO,
    layout: PageLayout,
    rows: Rows,
    session: Session,
    marks: Iterable[Mark],
    n_pages: int,
) -> None:
    """Append what an OME-TIFF needs after its pages: a page of zeros for gaps, and the XML."""
    if len(rows) == 0:
        return
    numbers = rows["number"].astype(np.int64)
    file.seek(layout.end(n_pages))
    if has_gaps(numbers):
        write_page(file, layout, n_pages, np.zeros(layout.shape, layout.dtype))
    times = times_of(rows, session, marks)
    film = Film(
        name=Path(session.protocol_name or "recording").name,
        layout=layout,
        numbers=numbers,
        pages=layout.pages_of(rows["offset"]),
        zero_page=n_pages,
        times_s=times.times_s,
        acquired=datetime.fromisoformat(session.started_utc),
        pixel_size_um=session.camera.pixel_size_um,
        exposures_s=times.exposures.known_s,
    )
    describe(file, layout, ome_xml(film))


def unseal_film(file: FileIO, layout: PageLayout, n_pages: int) -> None:
    """Cut the file after its first pages and end their chain there, as it was before sealing."""
    if n_pages:
        undescribe(file, layout)
    unlink_after(file, layout, n_pages)
    file.truncate(layout.end(n_pages))
    file.seek(0, 2)
