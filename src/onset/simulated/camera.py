"""A Micro-Manager camera that films the simulated sample of its name, on the process's clock."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.experiment.clock import installed
from onset.models.flow import Front
from onset.simulated.exposures import ARM_NS, CameraClock, Exposure, Timing, tags
from onset.simulated.field import Field, Light
from onset.simulated.noise import Sensor, expose
from onset.simulated.optics import Optics, View
from onset.simulated.preset import Preset, read_preset
from onset.simulated.sample import Sample
from onset.simulated.settings import Property, SettingsCamera, at_least, counts, one_of, whole
from onset.simulated.truth import write_truth
from onset.simulated.world import World, world

GetBuffer = Callable[[Sequence[int], npt.DTypeLike], npt.NDArray[np.uint16]]
READOUT_MS = 5.0
STALLED_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set on the camera and on the sample before it."""

    sample_name: str = "demo"
    sample_file: str = ""
    seed: int = 0
    start_state: str = "dark"
    particles: int = -1
    """As the sample's preset says when below 0."""
    sensor_px: int = 512
    dead_volume_ul: float = 20.0
    front: str = "sharp"
    tubing_mm: float = 0.5
    drop_frames: str = ""
    stall_at: int = -1
    """Number of the first frame that never comes, though the camera seems to run; -1 for none."""
    stop_at: int = -1
    """Number of the frame before which the camera stops by itself; -1 for none."""
    clock_offset_s: float = 100.0
    clock_drift_ppm: float = 0.0
    truth_file: str = ""
    exposure_ms: float = 50.0
    binning: int = 1


PROPERTIES = (
    Property("SampleName", "sample_name", str),
    Property("SampleFile", "sample_file", str),
    Property("Seed", "seed", whole(0)),
    Property("StartState", "start_state", one_of("dark", "bright")),
    Property("Particles", "particles", whole(-1)),
    Property("Sensor_px", "sensor_px", whole(32)),
    Property("DeadVolume_uL", "dead_volume_ul", at_least(0.0)),
    Property("Front", "front", one_of("sharp", "laminar", "taylor-aris")),
    Property("Tubing_mm", "tubing_mm", at_least(0.01)),
    Property("DropFrames", "drop_frames", counts),
    Property("StallAt", "stall_at", whole(-1)),
    Property("StopAt", "stop_at", whole(-1)),
    Property("ClockOffset_s", "clock_offset_s", float),
    Property("ClockDrift_ppm", "clock_drift_ppm", float),
)


class SimulatedCamera(SettingsCamera[Settings]):
    """Films a simulated sample; see `Settings` for its properties."""

    def __init__(self) -> None:
        super().__init__(Settings(seed=secrets.randbelow(2**31)), PROPERTIES)
        self.register_property(
            "TruthFile",
            getter=lambda _: self.settings.truth_file,
            setter=lambda _, value: self.write_truth(str(value)),
            property_type=str,
        )
        self._switched_on_ns = installed().now_ns()
        self._roi: tuple[int, int, int, int] | None = None
        self._shot: _Shot | None = None

    def initialize(self) -> None:
        """Compile what a frame needs before the first one is asked for."""
        warm_up()

    def get_exposure(self) -> float:
        """Exposure time, ms."""
        return self.settings.exposure_ms

    def set_exposure(self, exposure: float) -> None:
        """Set the exposure time, ms."""
        self.settings = replace(self.settings, exposure_ms=at_least(0.01)(exposure))

    def get_actual_interval_ms(self) -> float:
        """Readout overlaps the next exposure."""
        return max(self.settings.exposure_ms, READOUT_MS)

    def get_binning(self) -> int:
        """Pixels of the sensor per pixel of the image, each way."""
        return self.settings.binning

    def set_binning(self, value: int) -> None:
        """Set it to 1, 2 or 4; the region of interest becomes the whole sensor."""
        self.settings = replace(self.settings, binning=int(one_of("1", "2", "4")(value)))
        self._roi = None

    def get_roi(self) -> tuple[int, int, int, int]:
        """x, y, width, height in pixels of the image."""
        side = self.settings.sensor_px // self.settings.binning
        return self._roi or (0, 0, side, side)

    def set_roi(self, x: int, y: int, width: int, height: int) -> None:
        """Read out only a part."""
        side = self.settings.sensor_px // self.settings.binning
        if min(x, y) < 0 or min(width, height) < 1 or x + width > side or y + height > side:
            raise ValueError(f"({x}, {y}, {width}, {height}) is not within {side} x {side} px")
        self._roi = (x, y, width, height)

    def clear_roi(self) -> None:
        """Read out the whole sensor."""
        self._roi = None

    def shape(self) -> tuple[int, int]:
        """Height and width of the image."""
        _, _, width, height = self.get_roi()
        return height, width

    def dtype(self) -> npt.DTypeLike:
        """16 bit."""
        return np.uint16

    def start_sequence(self, n: int | None, get_buffer: GetBuffer) -> Iterator[Mapping[str, str]]:
        """Draw the sample, then expose `n` frames (None: endless); those to drop are not given."""
        x, y, width, height = self.get_roi()
        view = View(y, x, height, width, self.settings.binning)
        shot = self._shot = _Shot(self.settings, view, world(self.settings.sample_name))
        return self._deliver(shot, n, get_buffer)

    def write_truth(self, path: str) -> None:
        """Write the truth of the last sequence to `path` (parquet) and beside it (json)."""
        if path and (self._shot is None or self._shot.last is None):
            raise ValueError("there is no film yet whose truth could be written")
        if path and self._shot is not None:
            self._shot.write_truth(Path(path))
        self.settings = replace(self.settings, truth_file=path)

    def _deliver(
        self, shot: _Shot, n: int | None, get_buffer: GetBuffer
    ) -> Iterator[Mapping[str, str]]:
        """Pace the frames; the clock is held at each delivery until the frame is rendered."""
        clock, name = installed(), f"camera {self.get_label()}"
        own = self.settings
        ticking = CameraClock(self._switched_on_ns, own.clock_offset_s, own.clock_drift_ppm)
        interval_ms = self.get_actual_interval_ms()
        timing = Timing(own.exposure_ms, interval_ms, READOUT_MS, seed=own.seed)
        dropped = {int(number) for number in own.drop_frames.split(",") if number}
        numbers = count() if n is None else range(n)
        try:
            for exposure in timing.exposures(clock.now_ns() + ARM_NS, numbers):
                if exposure.number == own.stop_at:
                    return
                if exposure.number == own.stall_at:
                    clock.release(name)
                    clock.wait_until(clock.now_ns() + STALLED_NS)
                    return
                clock.hold(name, exposure.delivered_ns)
                clock.wait_until(exposure.start_ns)
                shot.anticipate(exposure)
                clock.wait_until(exposure.delivered_ns)
                image = shot.finish(exposure)
                if exposure.number in dropped:
                    continue
                get_buffer(image.shape, image.dtype)[:] = image
                if exposure.number + 1 == n:  # the core does not come back after the last frame
                    clock.release(name)
                yield tags(exposure, ticking)
        finally:
            clock.release(name)


class _Shot:
    """One sequence: the field as it was set up, and the frame that is being made."""

    def __init__(self, settings: Settings, view: View, there: World) -> None:
        preset = read_preset(Path(settings.sample_file)) if settings.sample_file else Preset()
        if settings.particles >= 0:
            preset = replace(preset, particles=settings.particles)
        side = settings.sensor_px
        bright = settings.start_state == "bright"
        self._sample = Sample(preset, (side, side), settings.seed, bright=bright)
        placed = self._sample.particles
        self._optics = Optics(view, placed.y_px, placed.x_px, preset.psf_sigma_px)
        self._settings, self._world = settings, there
        self._image = np.empty((view.height, view.width), dtype=np.uint16)
        self._field: Field | None = None
        self._light: Light | None = None
        self.first: Exposure | None = None
        self.last: Exposure | None = None

    def anticipate(self, exposure: Exposure) -> None:
        """Render while the exposure lasts, as if pumps and shutter kept to their plans."""
        if self.first is None:
            self.first = exposure
        self._light = self._seen().light(exposure.start_ns, exposure.end_ns)
        self._render(self._light, exposure)

    def finish(self, exposure: Exposure) -> npt.NDArray[np.uint16]:
        """The frame; rendered again if pumps or shutter did otherwise."""
        light = self._seen().light(exposure.start_ns, exposure.end_ns)
        if self._light is None or not light.same_as(self._light):
            self._render(light, exposure)
        self.last = exposure
        return self._image

    def write_truth(self, path: Path) -> None:
        """Truth up to the last frame."""
        if self.first is not None and self.last is not None:
            write_truth(path, self._seen(), self.first, self.last, self._settings.seed)

    def _seen(self) -> Field:
        if self._field is None:
            assert self.first is not None
            own = self._settings
            front = Front(own.front, own.dead_volume_ul, own.tubing_mm)  # type: ignore[arg-type]
            self._field = Field(self._sample, self._world, front, self.first.start_ns)
        return self._field

    def _render(self, light: Light, exposure: Exposure) -> None:
        expected = self._optics.expected(light.spots, light.background)
        expose(expected, Sensor(), self._settings.seed, exposure.number, self._image)


def warm_up() -> None:
    """Compile and load the kernels (some seconds the first time, then cached on disk)."""
    few = Settings(particles=2, sensor_px=64, start_state="bright")
    _Shot(few, View(0, 0, 64, 64), World("")).anticipate(Exposure(0, 0, 1, 1))
