"""Films of spots that switch on one after the other, with the bounds of their places; plain numpy.

Light of each spot is constant after its switch. The field may drift, pixels may differ.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import tifffile

from onset.analysis.film import film_of, pixels_of
from onset.analysis.found import find_spots
from onset.analysis.placing import ground_in, photometer_at, place, without_doubles
from onset.recording.imported import Told, import_film
from onset.recording.read import Recording

from .other_films import BOX, scatter, shot, stamp

INTERVAL_S = 0.1


@dataclass(frozen=True)
class Kind:
    """Of film; electrons and px, `gain` and `offset` in ADU."""

    side: int = 128
    frames: int = 400
    baseline: int = 160
    spots: int = 28
    apart: float = 9.0
    pairs: tuple | None = None
    """Every spot has a neighbour between these distances."""
    sigma: float = 1.3
    background: float = 8.0
    snr: tuple = (4.0, 20.0)
    read_e: float = 1.5
    offset: float = 100.0
    gain: float = 2.0
    em_gain: float = 0.0
    offset_sd: float = 0.0
    gain_sd: float = 0.0
    read_spread: float = 0.0
    hot: float = 0.0
    drift: tuple = (0.0, 0.0)
    """px over the film."""
    walk: float = 0.0
    """sd over the film."""
    profile: float = 0.0
    """sigma of the illumination, in parts of the side."""
    gradient: float = 0.0
    step: float = 0.0
    """Electrons per px that the reagent adds."""
    lit_first: int = 0

    @property
    def excess(self):
        return 2.0 if self.em_gain else 1.0


class Scene:
    """A kind with its chances drawn."""

    def __init__(self, kind, seed):
        self.kind, self.rng = kind, np.random.default_rng(seed)
        rng, shape = self.rng, (kind.side, kind.side)
        rows, columns = np.mgrid[: kind.side, : kind.side] / kind.side - 0.5
        squared = (rows**2 + columns**2) / (2 * kind.profile**2) if kind.profile else 0.0 * rows
        light = np.exp(-squared)
        self.places = _places(kind, rng)
        size = _electrons(kind, np.exp(rng.uniform(*np.log(kind.snr), len(self.places))))
        self.electrons = size * light[*self.places.astype(int).T]
        self.on = rng.uniform(kind.baseline + 5, kind.frames - 80, len(self.places))
        self.on[: kind.lit_first] = 0.0
        walk = np.cumsum(rng.normal(0, kind.walk / kind.frames**0.5, (kind.frames, 2)), axis=0)
        self.moved = np.outer(np.linspace(0, 1, kind.frames), kind.drift) + walk - walk[0]
        hot = rng.random(shape) < kind.hot
        self.dark = kind.background * light * (1 + 2 * kind.gradient * columns)
        self.dark += hot * rng.exponential(20.0, shape)
        self.read_e = kind.read_e * np.exp(kind.read_spread * rng.standard_normal(shape))
        self.read_e *= np.where(hot, 12.0, 1.0)
        self.offset = kind.offset + kind.offset_sd * rng.standard_normal(shape)
        self.gain = kind.gain * (1 + kind.gain_sd * rng.standard_normal(shape))

    def lift(self, t):
        return self.kind.step * float(np.clip((t - self.kind.baseline) / 20, 0, 1))

    def lit(self, t):
        """Share of each spot's light in frame t; a part of the first one."""
        return np.clip(t + 1 - self.on, 0, 1)

    def frames(self):
        """Yield the film, uint16."""
        for t in range(self.kind.frames):
            light = self.dark + self.lift(t)
            lit = self.lit(t)
            for k in np.flatnonzero(lit):
                share, window = self.share(self.places[k] + self.moved[t])
                light[window] += self.electrons[k] * lit[k] * share
            seen = shot(light, self.kind, self.rng)
            seen += self.read_e * self.rng.standard_normal(light.shape, np.float32)
            yield np.clip(np.rint(self.offset + self.gain * seen), 0, 65535).astype(np.uint16)

    def share(self, place):
        """Share of the light in each pixel, and the pixels."""
        share, top, left = stamp(*place, self.kind.sigma)
        inside = [slice(max(0, -c), self.kind.side - c) for c in (top, left)]
        window = tuple(slice(max(0, c), c + 2 * BOX + 1) for c in (top, left))
        return share[*inside], window

    def bounds(self):
        """Least sd of y and x of every spot, (spots, 2).

        From the information of all frames in which it is lit on its place and brightness, those of
        its neighbours, and the background under them.
        """
        return np.array([self._bound(k) for k in range(len(self.places))])

    def _bound(self, k):
        kind = self.kind
        near = np.hypot(*(self.places - self.places[k]).T) < 8 * kind.sigma
        group = [k, *(j for j in np.flatnonzero(near) if j != k)]
        _, window = self.share(self.places[k])
        shapes = np.stack([self._slopes(j, window) for j in group])
        begins = np.ceil(np.maximum(self.on[group], self.on[k]))
        times = np.unique([*begins[begins < kind.frames], kind.frames])
        information = 1e-12 * np.eye(3 * len(group) + 1)
        for first, end in pairwise(times):
            lit = begins <= first
            seen = shapes * lit[:, None, None]
            rows = np.vstack([np.concatenate(seen), np.ones(seen.shape[2])])
            light = self.electrons[group] @ seen[:, 2]
            light += (self.dark[window] + self.lift(first)).ravel()
            variance = kind.excess * light + self.read_e[window].ravel() ** 2
            information += (end - first) * (rows / variance) @ rows.T
        return np.sqrt(np.diag(np.linalg.inv(information))[:2])

    def _slopes(self, j, window):
        """Change of the light in a window with y, x and brightness of spot j, (3, pixels)."""
        h = 1e-3

        def seen(dy, dx):
            image = np.zeros((self.kind.side, self.kind.side))
            share, mine = self.share(self.places[j] + [dy, dx])
            image[mine] = share
            return image[window].ravel()

        slopes = [(seen(*(h * s)) - seen(*(-h * s))) / (2 * h) for s in np.eye(2)]
        return np.stack([*(self.electrons[j] * s for s in slopes), seen(0.0, 0.0)])


def _places(kind, rng):
    margin = max(9.0, 4 * kind.sigma)
    if kind.pairs is None:
        return scatter((kind.side, kind.side), kind.spots, kind.apart, rng, margin)
    near, far = kind.pairs
    middles = scatter((kind.side, kind.side), kind.spots // 2, 2 * far + 2, rng, margin + far / 2)
    away, angle = rng.uniform(near, far, len(middles)), rng.uniform(0, 2 * np.pi, len(middles))
    half = 0.5 * (away * [np.sin(angle), np.cos(angle)]).T
    return np.vstack([middles - half, middles + half])


def _electrons(kind, snr):
    """Light that stands out of one frame so many times, its own noise included."""
    dark = 4 * np.pi * kind.sigma**2 * (kind.excess * kind.background + kind.read_e**2)
    b = 4 / 3 * kind.excess * snr**2
    return (b + np.sqrt(b**2 + 4 * snr**2 * dark)) / 2


@dataclass(frozen=True)
class Measured:
    """What became of a film; rows of `found` and `true` belong together."""

    scene: Scene
    placed: object
    ground: object
    found: np.ndarray
    true: np.ndarray
    amplitude: np.ndarray
    """(frames, spots), every `STRIDE`-th frame, ADU."""
    sd: np.ndarray
    STRIDE = 3

    @property
    def extra(self):
        return len(self.placed.places) - len(self.found)

    def position_over_bound(self):
        """RMS of the error over the bound; a shift that all share, where the field drifts, is left
        out: nothing tells it before anything is lit."""
        error = self.placed.places[self.found] - self.scene.places[self.true]
        if self.placed.drift.knots_s.size:
            error = error - np.median(error, axis=0)
        return float(np.sqrt(np.mean((error / self.scene.bounds()[self.true]) ** 2)))

    def pulls(self):
        """Residuals of the brightness over their stated errors: lit frames, dark frames."""
        t = np.arange(0, self.scene.kind.frames, self.STRIDE)
        share = np.stack([self.scene.lit(k) for k in t])[:, self.true]
        truth = self.scene.kind.gain * self.scene.electrons[self.true] * share
        pull = (self.amplitude[:, self.found] - truth) / self.sd[:, self.found]
        return pull[share == 1.0], pull[share == 0.0]


def measured(kind, seed, folder):
    """Make a film, import it, find, place and measure its spots."""
    scene = Scene(kind, seed)
    folder.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(folder / "film.tif", np.stack(list(scene.frames())))
    told = Told(
        interval_s=INTERVAL_S, injected_at_s=kind.baseline * INTERVAL_S, reagent="TBAB",
        ug_per_ml=1.0, direction="on",
    )  # fmt: skip
    import_film(folder / "film.tif", folder / "recording", told)
    with Recording(folder / "recording") as recording:
        film, pixels, found = film_of(recording), pixels_of(recording), find_spots(recording)
        ground = ground_in(pixels, found)
        placed = place(pixels, film, found, ground)
        once = without_doubles(found, placed)
        if len(once.spots) < len(found.spots):
            placed = place(pixels, film, once, ground)
        photometer = photometer_at(placed.places, placed.psf_sigma_px, ground)
        frames = range(0, kind.frames, Measured.STRIDE)
        seen = photometer.measure(
            [pixels.of(recording[t]) for t in frames], placed.drift.at(film.times_s)[list(frames)]
        )
    end = placed.places + placed.drift.at(film.times_s[-1:])
    at, true = _matched(end, scene.places + scene.moved[-1])
    return Measured(scene, placed, ground, at, true, seen.amplitude, seen.sd)


def _matched(places, truth, within_px=2.0):
    away = np.hypot(*(places[:, None] - truth).transpose(2, 0, 1))
    nearest = away.argmin(axis=0)
    true = np.flatnonzero(away.min(axis=0) < within_px)
    return nearest[true], true
