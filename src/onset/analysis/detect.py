"""Spots that turn on or off in a stream of lit frames, found as they do; only images decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from onset.analysis.baseline import BaselineSums
from onset.analysis.camera_maps import CameraMaps
from onset.analysis.doubts import Doubted, is_lump, is_skirt
from onset.analysis.excursions import Excursions
from onset.analysis.field import Field
from onset.analysis.field_steps import FRAMES as STEP_FRAMES
from onset.analysis.field_steps import FieldSteps, pattern_change
from onset.analysis.followed import Followed
from onset.analysis.kernels import ROW_STEP, Floats, advance
from onset.analysis.lookback import LookBack, Seen
from onset.analysis.mask import Mask, erase
from onset.analysis.matched import norm_of, taps_of
from onset.analysis.renewal import Renewal
from onset.analysis.steady import Lamp, find_lit
from onset.analysis.summit import Summit
from onset.analysis.thresholds import Rules, rules
from onset.analysis.widths import Widths

Direction = Literal["on", "off"]
FEWEST_BASELINE_FRAMES = 10
"""With fewer the noise of the pixels must be told."""
USUAL_SIGMA_PX = 1.3
MASK_RADIUS_PX = 3.9
"""No second spot is reported nearer than this to a found one."""
CORE_SIGMAS = 2.0
"""Pixels nearer than this to a found spot no longer speak for its neighbours."""
DENIED_RADIUS_PX = 2.0
"""Nothing is looked for any more nearer than this to a place that was denied often."""
WHOLE = 65535
"""Weights of pixels are kept as whole numbers up to this."""
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
        self._lamp: Lamp | None = None
        self._steps, self._usual_sd, self._quiet_sd = FieldSteps(), 1.0, 1.0
        self.steps: list[int] = []
        """Frames in which the whole field changed at once: exposure, gain or lamp."""
        self._doubted, self._unit = Doubted(), 1.0
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
        # where the camera's noise is known well enough for that
        self._renewal = Renewal(baseline.frames, grows=baseline.flashes is not None)
        self._mean, self._inverse_sd = baseline.mean.copy(), baseline.inverse_sd.copy()
        self._unit = float(baseline.inverse_sd.max()) / WHOLE or 1.0
        self._weight = np.rint(baseline.inverse_sd / self._unit).astype(np.uint16)
        scores = (-(-self.shape[0] // ROW_STEP), self.shape[1])
        known = baseline.inverse_sd[baseline.inverse_sd > 0.0]
        if known.size:
            self._usual_sd = 1.0 / float(np.median(known))
            self._quiet_sd = 1.0 / float(np.quantile(known, 0.9))
        self._field = Field(self._weight, self._unit)
        seen_against = self._mean, self._inverse_sd, self._field.nodes
        self._look_back = LookBack(self.psf_sigma_px, float(self._sign), *seen_against)
        self._take_width(self.psf_sigma_px)
        self._mask = Mask(scores)
        self._excursions = Excursions(scores, self._rules())
        self._alarms = np.empty(self._excursions.slow.size, np.int64)
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

    @property
    def rules(self) -> Rules:
        """Thresholds of now, once the baseline is complete."""
        return self._excursions.rules

    def _rules(self) -> Rules:
        """Thresholds for the promised false alarms."""
        flashes = self.baseline.flashes
        seen = flashes is not None and self.direction == "on"  # a flash is never dark
        return rules(
            self.shape[0] * self.shape[1],
            self._planned_frames,
            self._false_alarms,
            self.psf_sigma_px,
            self._renewal.known_frames,
            self.baseline.noise_frames,
            flashes.in_sd(self._quiet_sd) if flashes is not None and seen else (0.0, 0.0),
        )

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
        self._excursions.take(self._rules())
        return True

    def _search(self, image: npt.NDArray[Any], frame: int) -> list[Spot]:
        level, scale = self._field.measure(image, self._mean, frame)
        nodes = self._field.nodes
        self._look_back.keep(image, level)
        if self._steps.step(float(level.mean()) / self._usual_sd):
            self._take_pattern(frame)
        self._followed.follow(image, self._mean, level, *nodes)
        if self._lamp is not None:
            self._lamp.follow(image, self._mean, level, *nodes)
        cusums = self._excursions
        count = advance(
            image, self._mean, self._weight, self._taps, self._row_norm, self._column_norm,
            level, scale, *nodes, cusums.slow, cusums.slow_age, cusums.fast, cusums.fast_age,
            cusums.busy, self._mask.spans, self._mask.counts,
            cusums.packed, frame, *self._renew(), self._alarms,
        )  # fmt: skip
        if count == 0 or self._steps.waits:
            return []
        if count > FLOOD_SHARE * self._alarms.size:
            self._excursions.begin_again()
            return []
        return self._decide(self._alarms[:count].copy(), frame)

    def _renew(self) -> tuple[int, np.float32]:
        """Where and how far the mean is moved; when it is better, smaller lights are believed."""
        before = int(self._renewal.known_frames)
        stride, gain = self._renewal.step()
        if int(self._renewal.known_frames) > before:
            self._excursions.take(self._rules())
        return stride, gain

    def _take_pattern(self, frame: int) -> None:
        """Exposure, gain or lamp was changed some frames ago: so was the pattern of the field."""
        kept = self._look_back.newest(STEP_FRAMES)
        self._mean += pattern_change(self._mean, self._inverse_sd, kept, self._field.nodes)
        self._excursions.begin_again()
        self.steps.append(frame - STEP_FRAMES + 1)

    def _decide(self, alarms: npt.NDArray[np.int64], frame: int) -> list[Spot]:
        """Strongest first; each spot found masks its surroundings before the next is looked at."""
        found: list[Spot] = []
        denied: list[tuple[int, int]] = []
        for alarm in self._excursions.highest_first(alarms):
            y, x = divmod(int(alarm), self.shape[1])
            if self._mask.hidden[y, x]:
                continue
            top = self._excursions.top(y, x, self._mask.hidden)
            skirt = is_skirt(top, self._followed, self.psf_sigma_px, self._look_back)
            seen = None if skirt else self._look_back.see(top.y_px, top.x_px, top.frames)
            if seen is None or self._is_denied(top, seen, frame):
                denied.append((y, x))
            else:
                found.append(self._spot(top, seen, frame))
                self._claim(seen.y_px, seen.x_px, top.mean_score)
        if denied:
            self._deny(denied)
        if found:
            self._field.weigh()
            if self._widths.due():
                self._learn_width()
        return found

    def _spot(self, top: Summit, seen: Seen, frame: int) -> Spot:
        self._widths.add(seen.width_px, top.score)
        onset = max(frame - seen.onset_ago + 1, self.baseline_frames)
        return Spot(seen.y_px, seen.x_px, frame, onset, top.score, self.direction)

    def _is_denied(self, top: Summit, seen: Seen, frame: int) -> bool:
        shape_known = self.baseline.flashes is not None
        return (
            self._mask.covers(seen.y_px, seen.x_px)
            or is_lump(top, seen, self._renewal.known_frames, shape_known=shape_known)
            or seen.one_pixel
            or self._doubted.is_flash(seen, frame)
        )

    def _claim(self, y_px: float, x_px: float, peak_score: float, *, peak: float = 0.0) -> None:
        """Follow a place from now on, and take its pixels out of the search."""
        self._followed.add(y_px, x_px, peak_score, self.baseline.inverse_sd, peak=peak)
        if self._lamp is not None:
            self._lamp.leave_out(y_px, x_px)
        erase(y_px, x_px, CORE_SIGMAS * self.psf_sigma_px, (self._inverse_sd, self._weight))
        around = self._mask.hide(y_px, x_px, MASK_RADIUS_PX)
        self._excursions.drop(around, self._mask.hidden)

    def _deny(self, places: list[tuple[int, int]]) -> None:
        """Begin afresh around places of scores; hide those where that did not help."""
        for y, x in self._excursions.deny(places):
            self._mask.hide(ROW_STEP * float(y), float(x), DENIED_RADIUS_PX)


def _native(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Contiguous pixels of a type that the kernels are compiled for."""
    dtype = np.uint16 if image.dtype.kind == "u" and image.dtype.itemsize <= 2 else np.float32
    # pages of a recording are read-only: seen so always, all images share one compiled version
    view = np.require(image, dtype, ["C", "A"]).view()
    view.flags.writeable = False
    return view
