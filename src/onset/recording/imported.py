"""A film of another program becomes a recording: its pixels, its times, what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from onset.errors import FileMistake
from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.films import Film, open_film
from onset.recording.session import FILM_CLOCK, CameraHeader, FileText, Session, new_session
from onset.recording.write import Recorder

START_NS = 1_000_000_000
"""Host time given to the first frame: that of a foreign film is not known."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the film itself does not say."""

    interval_s: float | None = None
    """Between starts of exposure; None: as the film says."""
    injected_at_s: float | None = None
    """Since the start of the first frame."""
    pixel_size_um: float | None = None
    """None: as the film says, if it does."""
    reagent: str | None = None
    ug_per_ml: float | None = None
    direction: Literal["on", "off"] = "on"


def import_film(path: Path, folder: Path, told: Told) -> Session:
    """Write the recording; FileMistake says what is wrong with the film or missing."""
    with open_film(path) as film:
        starts_ns = _starts_ns(film, path, told)
        _, height, width = film.shape
        header = CameraHeader(
            shape=(height, width),
            dtype="uint16",
            pixel_size_um=told.pixel_size_um or film.pixel_size_um,
        )
        protocol = FileText(file=f"{path.name}.toml", text=_protocol(path, told, starts_ns))
        session = new_session(
            header,
            start_ns=START_NS,
            protocol=protocol,
            protocol_name=path.name,
            clock=FILM_CLOCK,
        )
        with Recorder(folder, session) as recorder:
            recorder.ledger.write("imported", {"film": str(path), "frames": len(film)}, START_NS)
            if told.injected_at_s is not None:
                mark = _injection(told, told.injected_at_s, _interval_ns(starts_ns))
                recorder.ledger.write("mark", mark, mark.earliest_ns, sync=True)
            for position, start_ns in enumerate(starts_ns.tolist()):
                number = int(film.numbers[position])
                flags = FrameFlag.LIT | FrameFlag.CAMERA_TIME
                recorder.append(Frame(number, film[position], start_ns, None, start_ns, flags))
            return recorder.seal("complete")


def _starts_ns(film: Film, path: Path, told: Told) -> npt.NDArray[np.int64]:
    """Starts of exposure: as the film says them one by one, else evenly."""
    if told.interval_s is None and film.times_s is not None:
        since_s = film.times_s
    else:
        interval_s = told.interval_s or film.interval_s
        if interval_s is None:
            raise FileMistake(
                path, "", 'does not say when its frames were taken: add --interval, e.g. "100 ms"'
            )
        since_s = (film.numbers - film.numbers[0]) * interval_s
    return START_NS + np.rint(since_s * 1e9).astype(np.int64)


def _interval_ns(starts_ns: npt.NDArray[np.int64]) -> int:
    return int(np.median(np.diff(starts_ns))) if len(starts_ns) > 1 else 0


def _injection(told: Told, at_s: float, interval_ns: int) -> Mark:
    """Known to a frame: somebody read it off."""
    at_ns = START_NS + round(at_s * 1e9)
    return Mark(
        "inject",
        None,
        Stamps(at_ns, at_ns, at_ns),
        at_ns - interval_ns // 2,
        at_ns + interval_ns // 2,
        {"given_by": "import"},
        None,
        told.reagent or "reagent",
        told.ug_per_ml,
    )


def _protocol(path: Path, told: Told, starts_ns: npt.NDArray[np.int64]) -> str:
    """A protocol that says what is known: how spots switch and how long it lasted."""
    lasts_s = (int(starts_ns[-1]) - START_NS + _interval_ns(starts_ns)) / 1e9
    name = path.name.replace("\\", "/").replace('"', "'")
    return (
        f'name = "{name}"\ndescription = "imported film"\ndirection = "{told.direction}"\n\n'
        f'[[steps]]\ndo = "expose"\nduration = "{max(lasts_s, 1e-3):.6f} s"\n'
    )
