"""One file with all that tells what happened in a run, without the film."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import tifffile

from onset.errors import RecordingFault
from onset.recording.layout import FRAMES, INDEX, LEDGER, LIVE_SPOTS, LOG, SESSION
from onset.recording.read import Recording
from onset.recording.session import versions

LAST = 20
"""Frames that are packed."""
FILES = (SESSION, LEDGER, LOG, INDEX, LIVE_SPOTS)


def report_bug(folder: Path, out: Path) -> list[str]:
    """Pack ledger, log, session, index and the last frames into a new zip; names of its parts."""
    if not (folder / SESSION).exists():
        raise RecordingFault(f"{folder}: no recording here ({SESSION} is missing)")
    with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as packed:
        for name in FILES:
            if (folder / name).exists():
                packed.write(folder / name, name)
        packed.writestr("versions.txt", "\n".join(f"{k} {v}" for k, v in versions().items()))
        frames = _last_frames(folder)
        if frames is not None:
            packed.writestr("last_frames.tif", frames)
        sizes = [f"{path.name} {path.stat().st_size}" for path in sorted(folder.iterdir())]
        packed.writestr("files.txt", "\n".join(sizes))
        return packed.namelist()


def _last_frames(folder: Path) -> bytes | None:
    if not (folder / FRAMES).exists():
        return None
    with Recording(folder) as recording:
        if not len(recording):
            return None
        first = max(0, len(recording) - LAST)
        stack = np.stack([recording[i] for i in range(first, len(recording))])
    file = io.BytesIO()
    tifffile.imwrite(file, stack, photometric="minisblack", compression=None)
    return file.getvalue()
