"""`onset bench detect`: time per frame of the detector and of the peers that are installed."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.analysis.detect import Detector

Image = npt.NDArray[np.uint16]
SIGMA_PX, BACKGROUND_E, SPOT_E = 1.3, 10.0, 500.0
SPOTS_PER_512 = 500
BASELINE_FRAMES = 60
ROUNDS = 7
DISTINCT = 10
"""Frames that are drawn; others are these, shifted. Noise that comes back where it was before looks
like a spot: each shift is shown a few times only."""


@dataclass(frozen=True, slots=True)
class Size:
    """One size of frame."""

    side_px: int
    frames: int
    """Different ones that are shown in turn."""
    updates: int
    """Frames per round."""


SIZES = (Size(512, 48, 40), Size(2048, 36, 8))
QUICK_SIZES = (Size(512, 36, 10),)


def bench_detect(sizes: tuple[Size, ...], rounds: int = ROUNDS) -> dict[str, object]:
    """The document: medians in ms per frame, all ways in turn, and ratios of these."""
    return {"spots_per_512_px_square": SPOTS_PER_512, "sizes": [_size(s, rounds) for s in sizes]}


def _size(size: Size, rounds: int) -> dict[str, object]:
    rng = np.random.default_rng(1)
    exposed = [_exposed(size.side_px, rng) for _ in range(DISTINCT)]
    baseline, dark = _shifted(exposed, BASELINE_FRAMES, rng), _shifted(exposed, size.frames, rng)
    light = _light(size.side_px, rng)
    lit = [_lit(frame, light, rng) for frame in _shifted(exposed, size.frames, rng)]
    at_dark, at_lit = _prepared(baseline, []), _prepared(baseline, lit)
    ways: dict[str, Callable[[], object]] = {
        "numpy.sum": _next(np.sum, dark),
        "detector, dark": _next(at_dark.update, dark),
        "detector, spots lit": _next(at_lit.update, lit),
    }
    peers = dict(_peers(lit[0]))
    times: dict[str, list[float]] = {name: [] for name in (*ways, *peers)}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name] += [_timed(way) for _ in range(size.updates)]
        for name, peer in peers.items():
            times[name].append(_timed(peer))
    median = {name: 1000.0 * statistics.median(values) for name, values in times.items()}
    return {
        "side_px": size.side_px,
        "spots_followed": at_lit.places_now().shape[0],
        "ms_per_frame": {name: round(ms, 4) for name, ms in median.items()},
        "ratios": _ratios(median),
    }


def _ratios(median: dict[str, float]) -> dict[str, float]:
    """The detector against numpy's sum, and the peers against the detector."""
    ratios = {}
    for ours in ("detector, dark", "detector, spots lit"):
        ratios[f"{ours} / numpy.sum"] = round(median[ours] / median["numpy.sum"], 2)
        for name, ms in median.items():
            if name not in ("numpy.sum", "detector, dark", "detector, spots lit"):
                ratios[f"{name} / {ours}"] = round(ms / median[ours], 1)
    return ratios


def _timed(way: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    way()
    return time.perf_counter() - began_s


def _next(use: Callable[[Any], object], frames: list[Image]) -> Callable[[], object]:
    shown = cycle(frames)
    return lambda: use(next(shown))


def _light(side: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Electrons of spots, at least 8 px from the edge of their field."""
    light = np.zeros((side, side))
    rows, columns = np.mgrid[-6:7, -6:7]
    count = round(SPOTS_PER_512 * (side / 512) ** 2)
    for y, x in rng.uniform(8, side - 8, (count, 2)):
        dy, dx = rows + round(y) - y, columns + round(x) - x
        spot = np.exp(-(dy**2 + dx**2) / (2 * SIGMA_PX**2)) / (2 * np.pi * SIGMA_PX**2)
        light[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7] += SPOT_E * spot
    return light


def _shifted(images: list[Image], count: int, rng: np.random.Generator) -> list[Image]:
    """More frames of the same noise, none like another where they lie."""
    side = images[0].shape[0]
    shifts = rng.integers(0, side, (count, 2))
    frames = [np.roll(images[k % len(images)], shift, (0, 1)) for k, shift in enumerate(shifts)]
    for frame in frames:
        frame.flags.writeable = False
    return frames


def _exposed(side: int, rng: np.random.Generator) -> Image:
    return (100 + 2 * rng.poisson(BACKGROUND_E, (side, side))).astype(np.uint16)


def _lit(dark: Image, light: npt.NDArray[np.float64], rng: np.random.Generator) -> Image:
    """A frame with spots: what they add is Poisson as well."""
    image = dark.copy()
    bright = light > 0.0
    image[bright] += (2 * rng.poisson(light[bright])).astype(np.uint16)
    image.flags.writeable = False
    return image


def _prepared(baseline: list[Image], lit: list[Image]) -> Detector:
    """A detector after its baseline, the spots of `lit` found."""
    detector = Detector(
        baseline[0].shape,
        psf_sigma_px=SIGMA_PX,
        baseline_frames=len(baseline),
    )
    for image in (*baseline, *lit):
        detector.update(image)
    return detector


def _peers(image: Image) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each compiled by a first call."""
    for name, make in (
        ("trackpy.locate (numba)", _trackpy),
        ("picasso identify_in_image", _picasso),
        ("scipy difference of Gaussians", _scipy),
        ("OpenCV difference of Gaussians", _opencv),
    ):
        peer = make(image)
        if peer is not None:
            peer()
            yield name, peer


def _there(*modules: str) -> bool:
    return all(importlib.util.find_spec(name) is not None for name in modules)


def _trackpy(image: Image) -> Callable[[], object] | None:
    if not _there("trackpy"):
        return None
    logging.getLogger("trackpy").setLevel(logging.ERROR)
    trackpy = importlib.import_module("trackpy")
    return lambda: trackpy.locate(image, 7, minmass=300, engine="numba")


def _picasso(image: Image) -> Callable[[], object] | None:
    if not _there("picasso"):
        return None
    localize = importlib.import_module("picasso.localize")
    as_float = image.astype(np.float32)
    return lambda: localize.identify_in_image(as_float, 1000.0, 9)


def _scipy(image: Image) -> Callable[[], object]:
    from scipy import ndimage

    def find() -> npt.NDArray[np.intp]:
        seen = image.astype(np.float32)
        band = ndimage.gaussian_filter(seen, 1.0) - ndimage.gaussian_filter(seen, 1.6)
        return np.argwhere((band == ndimage.maximum_filter(band, 5)) & (band > 5 * band.std()))

    return find


def _opencv(image: Image) -> Callable[[], object] | None:
    if not _there("cv2"):
        return None
    cv2 = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    disc = np.ones((5, 5), np.uint8)

    def find() -> npt.NDArray[np.intp]:
        seen = image.astype(np.float32)
        band = cv2.GaussianBlur(seen, (0, 0), 1.0) - cv2.GaussianBlur(seen, (0, 0), 1.6)
        return np.argwhere((band == cv2.dilate(band, disc)) & (band > 5 * band.std()))

    return find
