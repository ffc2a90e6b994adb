"""ND2 films of Nikon's NIS-Elements, read by the package nd2 where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from onset.errors import FileMistake, Refused
from onset.recording.film_formats import Pages
from onset.recording.film_times import growing


def nd2_pages(path: Path) -> Pages:
    """A film of one channel and position, with its own time for each frame."""
    if importlib.util.find_spec("nd2") is None:
        raise Refused('ND2 is read by the package nd2: pip install "onset[formats]"')
    import nd2

    try:
        film = nd2.ND2File(path)
    except (OSError, ValueError, KeyError) as why:
        raise FileMistake(path, "", f"is not an ND2 film ({why})") from why
    sizes = dict(film.sizes)
    height, width = sizes.pop("Y"), sizes.pop("X")
    n = sizes.pop("T", 1)
    dtype = film.dtype
    if any(length > 1 for length in sizes.values()) or dtype not in (np.uint8, np.uint16):
        film.close()
        raise FileMistake(path, "", f"is not one gray film but {dict(film.sizes)} of {dtype}")
    return Pages(
        (n, height, width),
        lambda position: film.read_frame(position).reshape(height, width),
        film.close,
        times_s=growing(film.events(orient="list").get("Time [s]", [])[:n]),
    )
