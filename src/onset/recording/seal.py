"""Sealing the film: its pages become a valid OME-TIFF."""

from __future__ import annotations

from datetime import datetime
from io import FileIO
from pathlib import Path

import numpy as np

from onset.recording.index import Rows
from onset.recording.ome import Film, has_gaps, ome_xml
from onset.recording.pages import PageLayout, describe, unlink_after, write_page
from onset.recording.session import Session
from onset.recording.times import times_of


def seal_film(file: FileIO, layout: PageLayout, rows: Rows, session: Session) -> None:
    """Append what an OME-TIFF needs after the last page: a page of zeros for gaps, and the XML."""
    if len(rows) == 0:
        return
    numbers = rows["number"].astype(np.int64)
    file.seek(layout.end(len(rows)))
    if has_gaps(numbers):
        write_page(file, layout, len(rows), np.zeros(layout.shape, layout.dtype))
    film = Film(
        name=Path(session.protocol_name or "recording").name,
        layout=layout,
        numbers=numbers,
        times_s=times_of(rows, session).times_s,
        acquired=datetime.fromisoformat(session.started_utc),
        pixel_size_um=session.camera.pixel_size_um,
        exposure_s=session.camera.exposure_ms / 1000 if session.camera.exposure_ms else None,
    )
    describe(file, layout, ome_xml(film))


def unseal_film(file: FileIO, layout: PageLayout, n_pages: int) -> None:
    """Cut the file after its last whole frame and end the chain of pages there."""
    unlink_after(file, layout, n_pages)
    file.truncate(layout.end(n_pages))
    file.seek(0, 2)
