"""Spots that turn on or off in a stream of lit frames, found as they do; only images decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from onset.analysis.baseline import BaselineSums
from onset.analysis.camera_maps import CameraMaps
from onset.analysis.field import Field
from onset.analysis.field_steps import FRAMES as STEP_FRAMES
from onset.analysis.field_steps import FieldSteps, pattern_change
from onset.analysis.followed import Followed
from onset.analysis.kernels import CHUNK_PX, ROW_STEP, Floats, advance
from onset.analysis.lookback import AROUND_FRAMES, LookBack, Seen
from onset.analysis.mask import Mask
from onset.analysis.matched import norm_of, taps_of
from onset.analysis.steady import Lamp, find_lit
from onset.analysis.summit import Summit, summit
from onset.analysis.thresholds import rules
from onset.analysis.widths import Widths

Direction = Literal["on", "off"]
FEWEST_BASELINE_FRAMES = 10
"""With fewer the noise of the pixels must be told."""
SHORT_BASELINE_FRAMES = 50
"""With fewer only what is bright is believed, until dark frames have made the baseline better."""
USUAL_SIGMA_PX = 1.3
RENEWAL_STRIDE = 8
MEAN_GAIN = np.float32(RENEWAL_STRIDE / 2000.0)
"""The mean forgets in 2000 frames or more: a turn-on of 100 frames is not swallowed."""
ENOUGH_FRAMES = 300
QUIET_SHARE = 0.5
"""Of the frames so many at least are taken into the mean of a pixel that is dark."""
MASK_RADIUS_PX = 3.9
"""No second spot is reported nearer than this to a found one."""
CORE_SIGMAS = 2.0
"""Pixels nearer than this to a found spot no longer speak for its neighbours."""
SKIRT_CORE, SKIRT_WIDTH, SKIRT_WING = 0.5, 6.0, 1.0
"""Bound on a spot's score d sigmas away: core exp(-d^2 / width) + wing / d^2; Airy is below."""
SKIRT_MARGIN_SD = 2.0
SKIRT_SURE_SHARE, LEAST_OVER_RING = 0.125, 6.0
"""Below this share of the bound it is skirt; between, what stands so many sd over all that is as
far from the bright spot is a neighbour."""
RING_SIGMAS, RING_FRAMES = 4.2, 16
"""Nearer than this a spot that drifts leaves more on one side than on the other."""
OFTEN_DENIED, DENIED_RADIUS_PX = 6, 2.0
"""So many frames with alarms that others explain, and nothing is looked for there any more."""
LEAST_STANDING, LEAST_STANDING_UNTOLD = 5.0, 8.0
"""In robust sd of the surroundings; the second where the baseline is too short to know them."""
LEAST_SPOT_SHARE = 0.6
"""A streak of three or four pixels has 0.4, a spot whose width is wrong by half 0.75."""
DOUBTED_FRAMES = 2
"""What looked odd so many frames ago, or fewer, and shines again is believed."""
WHOLE = 65535
"""Weights of pixels and slow sums are kept as whole numbers up to this."""
SLOW_HEIGHT = 8.0
"""Slow sums are kept up to so many thresholds: what is brighter, the fast CUSUM sees."""
STANDING_SHARE = 0.625
"""... or this share of what its score lets expect, where that is less: from a baseline of three
frames on."""
FLOOD_SHARE = 0.1
"""More of the field than this cannot turn on in one frame: the field itself has jumped."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that turned on or off; frames are counted from 0 = the first image fed."""

    y_px: float
    x_px: float
    detected: int
    """The update that found it."""
    onset: int
    """Most likely first frame of the change: the CUSUM left zero here."""
    score: float
    """Signal since the onset over its noise sd."""
    direction: Direction


class Detector:
    """Finds onsets in lit frames, one `update` per frame; equal frames give equal spots.

    `shape` is (height, width) in px. The first `baseline_frames` make the baseline: no spot is
    found in them. At least 10, better 300; fewer only with `variance`, the noise of each pixel in
    ADU^2, or `camera`, its calibration. `psf_sigma_px` None: begin with 1.3 px and learn from the
    spots. `false_alarms` is the mean number of false spots in a dark film of `planned_frames`.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        psf_sigma_px: float | None = None,
        baseline_frames: int = 300,
        direction: Direction = "on",
        false_alarms: float = 0.1,
        planned_frames: int = 6000,
        variance: Floats | None = None,
        camera: CameraMaps | None = None,
    ) -> None:
        fewest = FEWEST_BASELINE_FRAMES if variance is None and camera is None else 1
        if baseline_frames < fewest:
            raise ValueError(f"baseline_frames: at least {fewest}, got {baseline_frames}")
        self.shape, self.direction, self.frames = shape, direction, 0
        self.baseline_frames = baseline_frames
        self._false_alarms, self._planned_frames = false_alarms, planned_frames
        self._sign = np.float32(1.0 if direction == "on" else -1.0)
        self._variance, self._camera = variance, camera
        self._sums: BaselineSums | None = BaselineSums(shape)
        self._widths = Widths(learns=psf_sigma_px is None)
        self._followed = Followed(psf_sigma_px or USUAL_SIGMA_PX)
        self._look_back = LookBack(psf_sigma_px or USUAL_SIGMA_PX, float(self._sign))
        self._lamp: Lamp | None = None
        self._steps, self._usual_sd, self._quiet_sd = FieldSteps(), 1.0, 1.0
        self.steps: list[int] = []
        """Frames in which the whole field changed at once: exposure, gain or lamp."""
        self._doubted: list[tuple[tuple[float, float], int]] = []
        self._unit, self._sum_unit = 1.0, 0.0
        self._take_width(psf_sigma_px or USUAL_SIGMA_PX)

    @property
    def ready(self) -> bool:
        """The baseline is complete."""
        return self._sums is None

    def places_now(self) -> Floats:
        """Centres of all places that are followed, in the order in which they were found."""
        return self._followed.places

    def update(self, image: npt.NDArray[Any]) -> list[Spot]:
        """Feed the next lit frame; the spots found with it. The image must not change later."""
        if image.shape != self.shape:
            raise ValueError(f"image is {image.shape}, the detector was made for {self.shape}")
        image = _native(image)
        frame, self.frames = self.frames, self.frames + 1
        if self._sums is None:
            return self._search(image, frame)
        self._sums.add(image)
        if self._sums.frames == self.baseline_frames:
            self._start(self._sums, whole_numbers=image.dtype.kind in "ui")
        return []

    def _start(self, sums: BaselineSums, *, whole_numbers: bool) -> None:
        baseline = sums.finish(whole_numbers=whole_numbers, variance=self._told(sums))
        self.baseline, self._sums = baseline, None
        self._known_frames = float(baseline.frames)
        self._mean, self._inverse_sd = baseline.mean.copy(), baseline.inverse_sd.copy()
        self._unit = float(baseline.inverse_sd.max()) / WHOLE or 1.0
        self._weight = np.rint(baseline.inverse_sd / self._unit).astype(np.uint16)
        scores = (-(-self.shape[0] // ROW_STEP), self.shape[1])
        known = baseline.inverse_sd[baseline.inverse_sd > 0.0]
        if known.size:
            self._usual_sd = 1.0 / float(np.median(known))
            self._quiet_sd = 1.0 / float(np.quantile(known, 0.9))
        self._mask, self._denied = Mask(scores), np.zeros(scores, np.uint16)
        self._field = Field(self._weight, self._unit)
        self._slow, self._fast = np.zeros(scores, np.uint16), np.zeros(scores, np.float32)
        self._slow_age, self._fast_age = np.zeros((2, *scores), np.uint16)
        self._busy = np.zeros((scores[0], -(-scores[1] // CHUNK_PX)), np.bool_)
        self._alarms = np.empty(self._slow.size, np.int64)
        self._take_width(self.psf_sigma_px)
        self._choose_rules()
        self._watch_lit()

    def _told(self, sums: BaselineSums) -> Floats | None:
        """Noise of the pixels as far as it is known without the film's baseline."""
        return self._variance if self._camera is None else self._camera.variance_adu2(sums.mean())

    def _take_width(self, sigma_px: float) -> None:
        """Look for spots of this width from now on."""
        self.psf_sigma_px = sigma_px
        self._taps = taps = taps_of(sigma_px)
        self._row_norm = (
            self._sign * np.float32(self._unit) * norm_of(taps, self.shape[0])[::ROW_STEP]
        )
        self._column_norm = norm_of(taps, self.shape[1])

    def _choose_rules(self) -> None:
        """Thresholds for the promised false alarms."""
        flashes = self.baseline.flashes
        seen = flashes is not None and self.direction == "on"  # a flash is never dark
        self.rules = rules(
            self.shape[0] * self.shape[1],
            self._planned_frames,
            self._false_alarms,
            self.psf_sigma_px,
            self._known_frames,
            self.baseline.noise_frames,
            flashes.in_sd(self._quiet_sd) if flashes is not None and seen else (0.0, 0.0),
        )
        self._sum_unit = self._sum_unit or SLOW_HEIGHT * self.rules.slow.threshold / WHOLE
        self._packed = self.rules.packed(self._sum_unit)

    def _watch_lit(self) -> None:
        """Particles lit from the start: each is followed, or, if they may go dark, all together."""
        lit = find_lit(self.baseline, self._taps, self.psf_sigma_px)
        for place in lit:
            self._widths.add(place.width_px, place.score)
        if self._learn_width():
            lit = find_lit(self.baseline, self._taps, self.psf_sigma_px)
        self.lit_from_start = [(place.y_px, place.x_px) for place in lit]
        if self.direction == "off":
            self._lamp = Lamp(lit, self.baseline.inverse_sd, self.psf_sigma_px)
            return
        for place in lit:
            self._claim(place.y_px, place.x_px, place.score, peak=place.peak)
        self._field.weigh()

    def _learn_width(self) -> bool:
        """Look for spots as wide as those seen so far where these differ; whether they do."""
        sigma_px = self._widths.better(self.psf_sigma_px)
        if sigma_px is None:
            return False
        self._take_width(sigma_px)
        self._followed.take_width(sigma_px, self._mean)
        self._look_back.sigma_px = sigma_px
        self._choose_rules()
        return True

    def _search(self, image: npt.NDArray[Any], frame: int) -> list[Spot]:
        level, scale = self._field.measure(image, self._mean, frame)
        nodes = self._field.row_nodes, self._field.column_nodes
        self._look_back.keep(image, level)
        if self._steps.step(float(level.mean()) / self._usual_sd):
            self._take_pattern(frame)
        self._followed.follow(image, self._mean, level, *nodes)
        if self._lamp is not None:
            self._lamp.follow(image, self._mean, level, *nodes)
        count = advance(
            image, self._mean, self._weight, self._taps, self._row_norm, self._column_norm,
            level, scale, *nodes, self._slow, self._slow_age, self._fast, self._fast_age,
            self._busy, self._mask.spans, self._mask.counts,
            self._packed, frame, *self._renewal(), self._alarms,
        )  # fmt: skip
        if count == 0 or self._steps.waits:
            return []
        if count > FLOOD_SHARE * self._alarms.size:
            self._begin_again()
            return []
        return self._decide(self._alarms[:count].copy(), frame)

    def _renewal(self) -> tuple[int, np.float32]:
        """Every which row's mean is renewed with this frame, and how much it is moved.

        A mean of few frames becomes better with every frame that is dark, and smaller lights are
        believed then, where the camera's noise is known well enough for that.
        """
        if self._known_frames >= ENOUGH_FRAMES or self.baseline.flashes is None:
            return RENEWAL_STRIDE, MEAN_GAIN
        before = int(self._known_frames)
        self._known_frames += QUIET_SHARE
        if int(self._known_frames) > before:
            self._choose_rules()
        return 1, np.float32(1.0 / (self._known_frames + 1.0))

    def _take_pattern(self, frame: int) -> None:
        """Exposure, gain or lamp was changed some frames ago: so was the pattern of the field."""
        kept = self._look_back.newest(STEP_FRAMES)
        nodes = self._field.row_nodes, self._field.column_nodes
        self._mean += pattern_change(self._mean, self._inverse_sd, kept, nodes)
        self._begin_again()
        self.steps.append(frame - STEP_FRAMES + 1)

    def _begin_again(self) -> None:
        for sums in (self._slow, self._slow_age, self._fast, self._fast_age):
            sums[:] = 0

    def _decide(self, alarms: npt.NDArray[np.int64], frame: int) -> list[Spot]:
        """Strongest first; each spot found masks its surroundings before the next is looked at."""
        slow = self._slow.flat[alarms] * self._sum_unit / self.rules.slow.threshold
        fast = self._fast.flat[alarms] / self.rules.fast.threshold
        found: list[Spot] = []
        skirts: list[tuple[int, int]] = []
        for alarm in alarms[np.argsort(-np.maximum(slow, fast), kind="stable")]:
            y, x = divmod(int(alarm), self.shape[1])
            if self._mask.hidden[y, x]:
                continue
            top = self._summit(y, x)
            seen = None if self._is_skirt(top) else self._see(top)
            if seen is None or self._is_denied(top, seen, frame):
                skirts.append((y, x))
            else:
                found.append(self._spot(top, seen, frame))
                self._claim(seen.y_px, seen.x_px, top.mean_score)
        if skirts:
            self._forget(skirts)
        if found:
            self._field.weigh()
            if self._widths.due():
                self._learn_width()
        return found

    def _summit(self, y: int, x: int) -> Summit:
        """The top of the excursion that an alarm belongs to, by the CUSUM that raised it."""
        if self._fast[y, x] > self.rules.fast.threshold:
            return summit(self._fast, self._fast_age, self.rules.fast, self._mask.hidden, y, x)
        unit, hidden = self._sum_unit, self._mask.hidden
        return summit(self._slow, self._slow_age, self.rules.slow, hidden, y, x, unit)

    def _see(self, top: Summit) -> Seen:
        nodes = self._field.row_nodes, self._field.column_nodes
        return self._look_back.see(
            top.y_px, top.x_px, top.frames, self._mean, self._inverse_sd, nodes
        )

    def _spot(self, top: Summit, seen: Seen, frame: int) -> Spot:
        self._widths.add(seen.width_px, top.score)
        onset = max(frame - seen.onset_ago + 1, self.baseline_frames)
        return Spot(seen.y_px, seen.x_px, frame, onset, top.score, self.direction)

    def _is_denied(self, top: Summit, seen: Seen, frame: int) -> bool:
        return (
            self._is_hidden(seen)
            or self._is_lump(top, seen)
            or seen.one_pixel
            or self._is_flash(seen, frame)
        )

    def _is_lump(self, top: Summit, seen: Seen) -> bool:
        """It stands out from noise, but not from an uneven field that the baseline did not show.

        In an even field it stands as high as its score in the frames that were asked, and as the
        mean allows.
        """
        asked = min(top.frames, AROUND_FRAMES)
        told = self._known_frames >= SHORT_BASELINE_FRAMES
        least = LEAST_STANDING if told else LEAST_STANDING_UNTOLD
        if self.baseline.flashes is None:
            return seen.standing < min(least, top.mean_score * math.sqrt(asked))
        expected = top.mean_score / math.sqrt(1.0 / asked + 1.0 / self._known_frames)
        return seen.standing < min(least, STANDING_SHARE * expected)

    def _is_flash(self, seen: Seen, frame: int) -> bool:
        """Seen in this frame only and no spot by its shape: believed when the next frame shows it.

        So cosmic rays are no spots, and what is out of focus comes a frame later.
        """
        if seen.onset_ago > 1 or seen.spot_share > LEAST_SPOT_SHARE:
            return False
        self._doubted = [(at, when) for at, when in self._doubted if when >= frame - DOUBTED_FRAMES]
        again = any(
            when < frame and math.dist(at, (seen.y_px, seen.x_px)) < DENIED_RADIUS_PX
            for at, when in self._doubted
        )
        self._doubted.append(((seen.y_px, seen.x_px), frame))
        return not again

    def _is_hidden(self, seen: Seen) -> bool:
        """A place that is known already explains it."""
        row, column = round(seen.y_px / ROW_STEP), round(seen.x_px)
        rows, width = self._mask.hidden.shape
        return bool(self._mask.hidden[min(max(row, 0), rows - 1), min(max(column, 0), width - 1)])

    def _is_skirt(self, top: Summit) -> bool:
        """The light of followed spots may explain it, and is as bright elsewhere around them."""
        if self._followed.count == 0:
            return False
        skirts = self._skirts(top)
        culprit = int(skirts.argmax())
        margin = SKIRT_MARGIN_SD / math.sqrt(top.frames)
        if top.mean_score >= float(skirts[culprit]) + margin:
            return False
        if top.mean_score < SKIRT_SURE_SHARE * float(skirts[culprit]) + margin:
            return True
        y, x = self._followed.places[culprit].tolist()
        if math.dist((y, x), (top.y_px, top.x_px)) < RING_SIGMAS * self.psf_sigma_px:
            return True
        nodes = self._field.row_nodes, self._field.column_nodes
        # the sums began again when it was denied: it may shine for longer than they say
        return all(
            self._look_back.over_ring(
                (top.y_px, top.x_px), (y, x), frames, self._mean, self._inverse_sd, nodes
            )
            < LEAST_OVER_RING
            for frames in (top.frames, RING_FRAMES)
        )

    def _skirts(self, top: Summit) -> Floats:
        """What the skirt of each followed spot may add at a place, per frame, in noise sd."""
        away = self._followed.places - np.array([top.y_px, top.x_px], np.float32)
        squared = np.maximum((away**2).sum(axis=1), 1.0) / np.float32(self.psf_sigma_px**2)
        skirt = SKIRT_CORE * np.exp(-squared / SKIRT_WIDTH) + SKIRT_WING / squared
        return np.asarray(skirt * self._followed.peak_scores, np.float32)

    def _claim(self, y_px: float, x_px: float, peak_score: float, *, peak: float = 0.0) -> None:
        """Follow a place from now on, and take its pixels out of the search."""
        self._followed.add(y_px, x_px, peak_score, self.baseline.inverse_sd, peak=peak)
        if self._lamp is not None:
            self._lamp.leave_out(y_px, x_px)
        reach = CORE_SIGMAS * self.psf_sigma_px
        top, left = max(0, math.ceil(y_px - reach)), max(0, math.ceil(x_px - reach))
        window = (slice(top, int(y_px + reach) + 1), slice(left, int(x_px + reach) + 1))
        rows, columns = np.ogrid[window]
        core = np.hypot(rows - y_px, columns - x_px) <= reach
        for array in (self._inverse_sd, self._weight):
            around = array[window]
            around[core[: around.shape[0], : around.shape[1]]] = 0
        around = self._mask.hide(y_px, x_px, MASK_RADIUS_PX)
        for array in (self._slow, self._slow_age, self._fast, self._fast_age):
            array[around][self._mask.hidden[around]] = 0

    def _forget(self, places: list[tuple[int, int]]) -> None:
        """Start the CUSUMs around places of scores afresh; hide those in which many frames failed.

        A frame counts once: a bright spot raises alarms all over its flanks when it turns on.
        """
        near = np.zeros(self._denied.shape, np.bool_)
        for y, x in places:
            near[max(0, y - 1) : y + 2, max(0, x - 2) : x + 3] = True
        for array in (self._slow, self._slow_age, self._fast, self._fast_age):
            array[near] = 0
        self._denied[near] += 1
        for y, x in places:
            if self._denied[y, x] >= OFTEN_DENIED:
                self._mask.hide(ROW_STEP * float(y), float(x), DENIED_RADIUS_PX)


def warm_up() -> None:
    """Compile all kernels (some seconds the first time on a machine) before frames come."""
    rng = np.random.default_rng(0)
    changes: dict[Direction, int] = {"on": 4000, "off": -4000}
    for direction, change in changes.items():
        detector = Detector((24, 24), baseline_frames=50, direction=direction)
        image = np.full((24, 24), 5000, np.uint16)
        image[3:6, 3:6] += 3000
        for k in range(54):
            image[15:18, 15:18] = 5000 + change * (k > 51)
            detector.update(image + rng.integers(0, 50, image.shape, np.uint16))


def _native(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Contiguous pixels of a type that the kernels are compiled for."""
    dtype = np.uint16 if image.dtype.kind == "u" and image.dtype.itemsize <= 2 else np.float32
    # pages of a recording are read-only: seen so always, all images share one compiled version
    view = np.require(image, dtype, ["C", "A"]).view()
    view.flags.writeable = False
    return view
