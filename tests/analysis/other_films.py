"""A second film maker, plain numpy, that shares nothing with the simulated sample.

Pixel-integrated Gaussian spots that turn on (or off), telegraph blinking, uneven background, drift,
and the noise of three kinds of cameras.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtr

BOX = 8


@dataclass(frozen=True)
class Optics:
    sigma_px: float = 1.3
    background_e: float = 8.0
    vignetting: float = 0.0
    drift_px_per_frame: tuple = (0.0, 0.0)
    lift: object = None
    """Electrons per px added to the field in frame t, a number or an image."""


@dataclass(frozen=True)
class Camera:
    offset: float = 100.0
    gain: float = 1.0
    read_e: float = 1.5
    em_gain: float = 0.0
    hot: float = 0.0
    """Share of pixels with ten times the read noise and some dark current."""

    @property
    def excess(self):
        return 2.0 if self.em_gain else 1.0


@dataclass(frozen=True)
class Scene:
    shape: tuple
    frames: int
    optics: Optics = field(default_factory=Optics)
    camera: Camera = field(default_factory=Camera)
    y: np.ndarray = field(default_factory=lambda: np.zeros(0))
    x: np.ndarray = field(default_factory=lambda: np.zeros(0))
    electrons: np.ndarray = field(default_factory=lambda: np.zeros(0))
    on: np.ndarray = field(default_factory=lambda: np.zeros(0))
    off: np.ndarray | None = None
    """First frame in which it is dark again."""
    blink: tuple | None = None
    """Mean bright and dark frames."""


def noise_sd_e(optics, camera):
    """Of a matched filter's amplitude in the dark, electrons."""
    variance = camera.excess * optics.background_e + camera.read_e**2
    return np.sqrt(4 * np.pi * optics.sigma_px**2 * variance)


def scatter(shape, n, apart, rng, margin=3.0):
    """Random places, none nearer than `apart` to another."""
    places = np.empty((0, 2))
    while len(places) < n:
        at = rng.uniform(margin, np.array(shape) - 1 - margin)
        if len(places) == 0 or np.hypot(*(places - at).T).min() >= apart:
            places = np.vstack([places, at])
    return places


def stamp(y, x, sigma):
    """Share of the light in each pixel of a box, and the box."""
    top, left = round(y) - BOX, round(x) - BOX
    edges = np.arange(2 * BOX + 2) - 0.5
    down, across = (np.diff(ndtr((edges + a - c) / sigma)) for a, c in ((top, y), (left, x)))
    return np.outer(down, across), top, left


def add(image, y, x, electrons, sigma):
    share, top, left = stamp(y, x, sigma)
    height, width = image.shape
    t, l = max(0, -top), max(0, -left)
    b, r = min(2 * BOX + 1, height - top), min(2 * BOX + 1, width - left)
    image[top + t : top + b, left + l : left + r] += electrons * share[t:b, l:r]


def film(scene, seed):
    """Yield the frames, uint16."""
    rng = np.random.default_rng(seed)
    optics, camera = scene.optics, scene.camera
    rows, columns = np.ogrid[: scene.shape[0], : scene.shape[1]]
    middle = (np.array(scene.shape) - 1) / 2
    squared = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2
    shade = 1.0 - optics.vignetting * squared / squared.max()
    read = np.full(scene.shape, float(camera.read_e))
    dark = np.zeros(scene.shape)
    hot = rng.random(scene.shape) < camera.hot
    read[hot] *= 10.0
    dark[hot] = rng.exponential(20.0, hot.sum())
    lit_now = np.ones(len(scene.y), bool)
    for t in range(scene.frames):
        light = optics.background_e * shade + dark
        if optics.lift is not None:
            light = light + optics.lift(t)
        if scene.blink:
            on, off = scene.blink
            turn = rng.random(len(lit_now))
            lit_now = np.where(lit_now, turn > 1 / on, turn < 1 / off)
        share = np.clip(t + 1 - scene.on, 0, 1)  # a part of the first frame
        if scene.off is not None:
            share = share - np.clip(t + 1 - scene.off, 0, 1)
        dy, dx = (t * d for d in optics.drift_px_per_frame)
        for k in np.flatnonzero((share > 0) & lit_now):
            e = scene.electrons[k] * share[k]
            add(light, scene.y[k] + dy, scene.x[k] + dx, e, optics.sigma_px)
        yield expose(light, camera, read, rng)


def shot(light, camera, rng):
    """Electrons that are read out, input-referred."""
    electrons = rng.poisson(light).astype(float)
    if camera.em_gain:
        electrons = rng.standard_gamma(np.maximum(electrons, 1e-12)) * (electrons > 0)
    return electrons


def expose(light, camera, read, rng):
    electrons = shot(light, camera, rng)
    electrons += rng.standard_normal(light.shape, np.float32) * read
    return np.clip(np.rint(camera.offset + camera.gain * electrons), 0, 65535).astype(np.uint16)


def crowd(
    optics, camera, *, n=500, side=512, snr=(4.0, 20.0), apart=5.0, frames=800, seed=0, **more
):
    """Spots that turn on after 310 frames, brightness between two SNR per frame."""
    rng = np.random.default_rng(seed)
    y, x = scatter((side, side), n, apart, rng).T
    size = np.exp(rng.uniform(*np.log(snr), n)) * noise_sd_e(optics, camera)
    on = rng.uniform(310, frames - 120, n)
    return Scene((side, side), frames, optics, camera, y, x, size, on, **more)


class Dark:
    """Long dark films at little cost: drawn frames of noise, larger ones, cut at random."""

    SPARE = 64

    def __init__(self, shape, optics, camera, seed, drawn=40):
        self.rng = rng = np.random.default_rng(seed)
        self.shape, self.optics, self.camera = shape, optics, camera
        large = tuple(n + self.SPARE for n in shape)
        plain = replace(camera, offset=0.0, gain=1.0, read_e=0.0, hot=0.0)
        mean = np.full(large, optics.background_e)
        counts = [shot(mean, plain, rng) for _ in range(drawn)]
        self.shot = [(c - optics.background_e).astype(np.float32) for c in counts]
        self.read = [rng.standard_normal(large, np.float32) for _ in range(drawn)]
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        squared = (rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2
        self.shade = (1.0 - optics.vignetting * squared / squared.max()).astype(np.float32)
        self.read_e = np.full(shape, camera.read_e, np.float32)
        self.read_e[rng.random(shape) < camera.hot] *= 10.0
        self.even = optics.vignetting == 0.0 and optics.lift is None and camera.hot == 0.0

    def frames(self, count):
        """Yield dark frames, uint16."""
        if self.even:
            made = [
                self._adu(self.optics.background_e + s + self.camera.read_e * r)
                for s, r in zip(self.shot, self.read, strict=True)
            ]
            yield from (self._cut(made) for _ in range(count))
            return
        for t in range(count):
            light = self.optics.background_e * self.shade
            if self.optics.lift is not None:
                light = light + np.float32(self.optics.lift(t))
            share = np.sqrt(light / self.optics.background_e)
            noise = share * self._cut(self.shot) + self.read_e * self._cut(self.read)
            yield self._adu(light + noise)

    def _adu(self, electrons):
        adu = np.rint(self.camera.offset + self.camera.gain * electrons)
        return np.clip(adu, 0, 65535).astype(np.uint16)

    def _cut(self, drawn):
        k, dy, dx = self.rng.integers((len(drawn), self.SPARE, self.SPARE))
        cut = drawn[k][dy : dy + self.shape[0], dx : dx + self.shape[1]]
        ways = self.rng.integers(2, size=2)
        return np.ascontiguousarray(cut[:: 1 - 2 * ways[0], :: 1 - 2 * ways[1]])


@dataclass(frozen=True)
class Score:
    recall: float
    precision: float
    error_over_bound: float
    onset_error: float
    """Median of |onset - truth|, frames."""
    false: int


def pair(spots, scene, radius=2.0):
    """(spot, particle) one to one, nearest first."""
    if not spots or not len(scene.y):
        return []
    at = np.array([(s.y_px, s.x_px) for s in spots])
    away = np.hypot(at[:, :1] - scene.y, at[:, 1:] - scene.x)
    pairs, used, taken = [], set(), set()
    for s, p in zip(*np.unravel_index(np.argsort(away, axis=None), away.shape), strict=True):
        if away[s, p] > radius:
            break
        if s not in used and p not in taken:
            pairs.append((int(s), int(p)))
            used.add(s)
            taken.add(p)
    return pairs


def position_bound(scene, k, frames):
    """Least sd of a centre along one axis from so many fully lit frames."""
    optics, camera = scene.optics, scene.camera
    share, top, _ = stamp(scene.y[k], scene.x[k], optics.sigma_px)
    rows = np.arange(top, top + len(share))[:, None]
    slope = scene.electrons[k] * share * (rows - scene.y[k]) / optics.sigma_px**2
    light = scene.electrons[k] * share + optics.background_e
    information = frames * (slope**2 / (camera.excess * light + camera.read_e**2)).sum()
    return 1 / np.sqrt(information)


def judge(spots, scene, finals=None):
    """How well the spots tell the scene; `finals`: centres at the end of the film."""
    pairs = pair(spots, scene)
    ratios = []
    for s, p in pairs:
        y, x = finals[s] if finals is not None else (spots[s].y_px, spots[s].x_px)
        end = scene.frames if finals is not None else spots[s].detected + 1
        bound = position_bound(scene, p, max(end - np.ceil(scene.on[p]), 1))
        ratios += [(y - scene.y[p]) / bound, (x - scene.x[p]) / bound]
    late = [abs(spots[s].onset - np.ceil(scene.on[p])) for s, p in pairs]
    false = len(spots) - len(pairs)
    return Score(
        len(pairs) / max(len(scene.y), 1),
        len(pairs) / max(len(spots), 1),
        float(np.sqrt(np.mean(np.square(ratios)))) if ratios else 0.0,
        float(np.median(late)) if late else 0.0,
        false,
    )


__all__ = [
    "Camera",
    "Dark",
    "Optics",
    "Scene",
    "crowd",
    "film",
    "judge",
    "noise_sd_e",
    "pair",
    "replace",
]
