"""Dark films of every kind of camera and field, and what else is in them that is no turn-on."""

from dataclasses import dataclass, field

import numpy as np

from onset.analysis import Detector

from .noise_tables import LEVEL_STEP, Tables, multiplied, plain
from .other_films import scatter, stamp

SIGMA_PX = 1.3
HOT_TIMES, JUMP_E, JUMPS_PER_FRAME = 10.0, 15.0, 0.02


@dataclass(frozen=True)
class Chip:
    """A camera; the second line of fields makes its pixels unlike."""

    gain: float
    read_e: float
    offset: float = 100.0
    multiplies: bool = False
    full: int = 65535
    offset_sd: float = 0.0
    gain_sd: float = 0.0
    read_spread: float = 0.0
    hot: float = 0.0
    jumping: float = 0.0

    @property
    def even(self):
        return not (self.offset_sd or self.gain_sd or self.read_spread or self.hot)


@dataclass(frozen=True)
class Lit:
    """Particles lit from the start."""

    count: int = 30
    snr: tuple = (4.0, 40.0)
    bright_dark: tuple | None = None
    drift_px: tuple = (0.0, 0.0)
    """Over the whole film."""
    bleach_frames: float = np.inf


@dataclass(frozen=True)
class Kind:
    chip: Chip
    light_e: float
    lamp: object = lambda t, columns: 1.0
    """Share of the light in frame t, a number or one per column."""
    range: tuple = (1.0, 1.0)
    """Least and most of these shares."""
    profile: bool = False
    """Gaussian, a tenth at the corners."""
    rays_per_frame: float = 0.0
    lit: Lit | None = None
    options: dict = field(default_factory=dict)
    """Of the detector."""


SCMOS, CCD = Chip(2.1, 1.2), Chip(0.5, 6.0, offset=400)
UNLIKE = Chip(2.1, 1.2, offset_sd=3.0, gain_sd=0.01, read_spread=0.3, hot=0.001)
EMCCD = Chip(10.0, 0.2, offset=200, multiplies=True)
EIGHT_BIT, TWELVE_BIT = Chip(0.1, 2.0, 8, full=255), Chip(0.25, 6.0, 80, full=4095)


def fades(t, _):
    return 0.3 + 0.7 * np.exp(-t / 1000)


def doubles(t, _):
    return 1 + 1 / (1 + np.exp(-(t - 1500) / 300))


def front(t, columns):
    """Half as much again, as the reactant passes, 8 px per frame."""
    return 1 + 0.5 / (1 + np.exp(np.clip((columns - 8 * (t - 800)) / 40, -50, 50)))


def step(t, _):
    return 1 + 0.5 * (t >= 900)


def flickers(share):
    return lambda t, _: 1 + share * np.clip(np.random.default_rng(t).standard_normal(), -4, 4)


FADES, DOUBLES, HALF_MORE, FLICKERS = (0.3, 1.0), (1.0, 2.0), (1.0, 1.5), (0.85, 1.15)
BLINKS, DRIFTS = (60.0, 10.0), (3.0, 1.8)
KINDS = {
    **{f"scmos {b} e": Kind(SCMOS, b) for b in (0.3, 5, 50, 1000)},
    **{f"emccd {b} e": Kind(EMCCD, b) for b in (0.05, 0.2, 0.5, 2, 20, 200)},
    "ccd 20 e": Kind(CCD, 20),
    "unlike pixels 5 e": Kind(UNLIKE, 5),
    "unlike pixels 200 e": Kind(UNLIKE, 200),
    "8 bit": Kind(EIGHT_BIT, 20, profile=True),
    "12 bit": Kind(TWELVE_BIT, 80, profile=True),
    "uneven 50 e": Kind(SCMOS, 50, profile=True),
    "uneven emccd 1 e": Kind(EMCCD, 1, profile=True),
    "fades 200 e, unlike": Kind(UNLIKE, 200, fades, FADES, profile=True),
    "fades emccd 2 e": Kind(EMCCD, 2, fades, FADES, profile=True),
    "doubles 10 e": Kind(SCMOS, 10, doubles, DOUBLES, profile=True),
    "doubles 100 e, unlike": Kind(UNLIKE, 100, doubles, DOUBLES, profile=True),
    "doubles emccd 1 e": Kind(EMCCD, 1, doubles, DOUBLES, profile=True),
    "front 200 e, unlike": Kind(UNLIKE, 200, front, HALF_MORE, profile=True),
    "step 200 e, unlike": Kind(UNLIKE, 200, step, HALF_MORE, profile=True),
    "step emccd 1 e": Kind(EMCCD, 1, step, HALF_MORE, profile=True),
    "flickers 3 % of 1000 e": Kind(UNLIKE, 1000, flickers(0.03), FLICKERS, profile=True),
    "cosmic rays": Kind(SCMOS, 10, rays_per_frame=0.05),
    "cosmic rays emccd": Kind(EMCCD, 1, rays_per_frame=0.05),
    "jumping pixels": Kind(Chip(2.1, 1.2, jumping=5e-4), 10),
    "lit, blink": Kind(SCMOS, 10, profile=True, lit=Lit(bright_dark=BLINKS)),
    "lit, blink emccd": Kind(EMCCD, 2, profile=True, lit=Lit(bright_dark=BLINKS)),
    "lit, drift and blink": Kind(
        SCMOS, 50, profile=True, lit=Lit(30, (8, 60), BLINKS, drift_px=DRIFTS)
    ),
    "lit, bleach": Kind(SCMOS, 20, profile=True, lit=Lit(40, (8, 60), bleach_frames=800)),
    "lit, saturated": Kind(TWELVE_BIT, 80, profile=True, lit=Lit(20, (200, 600))),
    "50 frames, scmos 5 e": Kind(SCMOS, 5, options={"baseline_frames": 50}),
    "50 frames, emccd 0.5 e": Kind(EMCCD, 0.5, options={"baseline_frames": 50}),
    "50 frames, unlike 5 e": Kind(UNLIKE, 5, options={"baseline_frames": 50}),
    "psf of 1 px, emccd 0.5 e": Kind(EMCCD, 0.5, options={"psf_sigma_px": 1.0}),
    "psf of 2 px, emccd 0.5 e": Kind(EMCCD, 0.5, options={"psf_sigma_px": 2.0}),
    "off, emccd 0.5 e": Kind(EMCCD, 0.5, options={"direction": "off"}),
}


class DarkFilm:
    """One film; `lit_at` is where particles shine from the start, in the middle of their drift."""

    def __init__(self, kind, shape, frames, seed):
        self.kind, self.shape, self.frames = kind, shape, frames
        self.rng = rng = np.random.default_rng(seed)
        rows, columns = (np.linspace(-1.1, 1.1, n) for n in shape)
        hill = np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * 0.47**2))
        self.ground = kind.light_e * (np.maximum(hill, 0.1) if kind.profile else np.ones(shape))
        chip = kind.chip
        self.tables = Tables(
            self.ground.min() * kind.range[0],
            self.ground.max() * kind.range[1],
            self._electrons if not chip.even else self._counts,
        )
        self.gain = chip.gain * (1 + chip.gain_sd * rng.standard_normal(shape, np.float32))
        self.offset = chip.offset + chip.offset_sd * rng.standard_normal(shape, np.float32)
        self.read = chip.read_e * np.exp(chip.read_spread * rng.standard_normal(shape, np.float32))
        self.read[rng.random(shape) < chip.hot] *= HOT_TIMES
        self.jumping = np.argwhere(rng.random(shape) < chip.jumping)
        self.jumped = rng.random(len(self.jumping)) < 0.5
        self.lit_at = np.zeros((0, 2))
        if kind.lit is not None:
            self._place(kind.lit)

    def _counts(self, level_e):
        chip = self.kind.chip
        return (multiplied if chip.multiplies else plain)(level_e, chip.gain, chip.read_e)

    @staticmethod
    def _electrons(level_e):
        return plain(level_e, 1.0, 0.05)

    def _place(self, lit):
        chip, rng = self.kind.chip, self.rng
        count = max(1, round(lit.count * np.prod(self.shape) / 256**2))
        noise = (2 if chip.multiplies else 1) * self.ground.max() / 2 + chip.read_e**2
        sd = np.sqrt(4 * np.pi * SIGMA_PX**2 * noise)
        self.start = scatter(self.shape, count, 5.0, rng, margin=6.0)
        self.lit_at = self.start + np.array(lit.drift_px) / 2
        self.electrons = sd * np.exp(rng.uniform(*np.log(lit.snr), count))
        self.bright = np.ones(count, bool)
        self.ends = rng.exponential(min(lit.bleach_frames, 1e12), count)

    def __iter__(self):
        chip, columns = self.kind.chip, np.arange(self.shape[1])
        level = self.tables.index(self.ground)
        even = chip.even
        unit = chip.gain if even else 1.0
        for t in range(self.frames):
            share = np.log(self.kind.lamp(t, columns)) / LEVEL_STEP
            seen = self.tables.draw(level + np.float32(share), self.rng)
            for window, light in self._extra(t):
                seen[window] += unit * self._shot(light)
            if even:
                seen += np.float32(chip.offset)
            else:
                noise = self.read * self.rng.standard_normal(self.shape, np.float32)
                seen = self.offset + self.gain * (seen + noise)
            self.jumped ^= self.rng.random(len(self.jumped)) < JUMPS_PER_FRAME
            seen[tuple(self.jumping[self.jumped].T)] += JUMP_E * chip.gain
            yield np.clip(np.rint(seen), 0, chip.full).astype(np.uint16)

    def _shot(self, light):
        electrons = self.rng.poisson(light)
        if self.kind.chip.multiplies:
            return self.rng.standard_gamma(np.maximum(electrons, 1e-12)) * (electrons > 0)
        return electrons

    def _extra(self, t):
        """Windows and their light: particles and cosmic rays."""
        if self.kind.lit is not None:
            yield from self._particles(self.kind.lit, t)
        for _ in range(self.rng.poisson(self.kind.rays_per_frame)):
            length, angle = self.rng.integers(1, 5), self.rng.uniform(0, np.pi)
            y, x = self.rng.uniform(5, np.array(self.shape) - 6)
            share = np.exp(self.rng.uniform(np.log(100), np.log(5000))) / length
            for k in range(length):
                row, column = int(y + k * np.sin(angle)), int(x + k * np.cos(angle))
                yield (slice(row, row + 1), slice(column, column + 1)), np.full((1, 1), share)

    def _particles(self, lit, t):
        if lit.bright_dark is not None:
            turn, (bright, dark) = self.rng.random(len(self.bright)), lit.bright_dark
            self.bright = np.where(self.bright, turn > 1 / bright, turn < 1 / dark)
        at = self.start + np.array(lit.drift_px) * t / self.frames
        for k in np.flatnonzero(self.bright & (t < self.ends)):
            share, top, left = stamp(*at[k], SIGMA_PX)
            first = max(0, -top), max(0, -left)
            window = tuple(
                slice(a + f, min(a + share.shape[0], n))
                for a, f, n in zip((top, left), first, self.shape, strict=True)
            )
            size = [w.stop - w.start for w in window]
            cut = share[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]
            yield window, self.electrons[k] * cut


def false_spots(kind, seed, *, shape=(256, 256), frames=3000):
    """What is found in a dark film but its lit particles, (y, x) each, with the frame (0: lit)."""
    options = {"baseline_frames": 300, "planned_frames": frames, **KINDS[kind].options}
    detector = Detector(shape, **options)
    film = DarkFilm(KINDS[kind], shape, options["baseline_frames"] + frames, seed)
    found = [(s.y_px, s.x_px, s.detected) for image in film for s in detector.update(image)]
    found += [(*at, 0) for at in detector.lit_from_start]
    lit = film.kind.lit
    near = 2.0 + (np.hypot(*lit.drift_px) / 2 if lit else 0.0)
    return [s for s in found if not (np.hypot(*(film.lit_at - s[:2]).T) < near).any()]
