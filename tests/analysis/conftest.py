"""Small films of Gaussian spots with Poisson and read noise."""

from dataclasses import dataclass

import numpy as np
import pytest

from onset.analysis import Detector, warm_up

OFFSET, GAIN, READ_E, BACKGROUND_E, SIGMA_PX = 100.0, 2.0, 1.3, 10.0, 1.3


@dataclass(frozen=True)
class Particle:
    """A truth: brightness in e-/frame and its time course (a step where tau is 0)."""

    y: float
    x: float
    electrons: float
    t0: float = 0.0
    tau: float = 0.0
    on: float = np.inf
    off: float = 0.0
    down: bool = False

    def brightness(self, t, rng):
        if self.tau > 0:
            share = 1.0 / (1.0 + np.exp(-np.clip((t - self.t0) / self.tau, -50, 50)))
        else:
            share = float(t >= self.t0)
        share = 1.0 - share if self.down else share
        dark = np.isfinite(self.on) and rng.random() < self.off / (self.on + self.off)
        return 0.0 if dark else share * self.electrons


def pattern(shape, y, x, sigma=SIGMA_PX):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    squared = (rows - y) ** 2 + (columns - x) ** 2
    return np.exp(-squared / (2 * sigma**2)) / (2 * np.pi * sigma**2)


def noise_sd_e(background=BACKGROUND_E):
    """Noise of a matched filter's amplitude, electrons."""
    return np.sqrt(4 * np.pi * SIGMA_PX**2 * (background + READ_E**2))


def expose(electrons, rng, read=READ_E):
    adu = OFFSET + GAIN * (rng.poisson(electrons) + rng.normal(0.0, read, electrons.shape))
    return np.clip(np.rint(adu), 0, 65535).astype(np.uint16)


def make_film(
    shape, frames, particles=(), *, seed=0, lamp=None, lift=None, read=READ_E, ground=None
):
    """Yield images; `lamp(t)` multiplies all light, `lift(t)` adds e- per px to the field."""
    rng = np.random.default_rng(seed)
    stamps = [pattern(shape, p.y, p.x) for p in particles]
    ground = np.full(shape, BACKGROUND_E) if ground is None else ground
    for t in range(frames):
        light = ground.copy()
        for particle, stamp in zip(particles, stamps, strict=True):
            light += particle.brightness(t, rng) * stamp
        light *= lamp(t) if lamp else 1.0
        light += lift(t) if lift else 0.0
        yield expose(light, rng, read)


def detect(film, shape, **options):
    detector = Detector(shape, **{"planned_frames": 1000, **options})
    return [spot for image in film for spot in detector.update(image)]


def match(spots, particles, radius=2.0):
    """The spots within `radius` of each particle."""
    return [[s for s in spots if np.hypot(s.y_px - p.y, s.x_px - p.x) <= radius] for p in particles]


@pytest.fixture(scope="session", autouse=True)
def compiled():
    """Compile once, before any test's time runs."""
    warm_up()
