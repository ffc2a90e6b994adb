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
from onset.models.plunger import Drive
from onset.simulated.exposures import ARM_NS, CameraClock, Exposure, Timing, tags
from onset.simulated.field import USUAL_UW_CM2, Shutter, Surroundings
from onset.simulated.optics import View
from onset.simulated.preset import Preset, read_preset
from onset.simulated.sample import Sample
from onset.simulated.sensors import MODELS, Chip
from onset.simulated.settings import (
    Property,
    SettingsCamera,
    at_least,
    counts,
    interval,
    one_of,
    whole,
)
from onset.simulated.shot import Shot, rolling
from onset.simulated.world import World, world

GetBuffer = Callable[[Sequence[int], npt.DTypeLike], npt.NDArray[np.uint16]]
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
    diffusion_um2_s: float = 500.0
    drop_frames: str = ""
    stall_at: int = -1
    """Number of the first frame that never comes, though the camera seems to run; -1 for none."""
    stop_at: int = -1
    """Number of the frame before which the camera stops by itself; -1 for none."""
    backlash_ul: float = 0.0
    compliance_s: float = 0.0
    cell_ul: float = 0.0
    field_ul: float = 0.0
    """Volume that passes while the reagent crosses the field."""
    irradiance_uw_cm2: float = USUAL_UW_CM2
    camera_model: str = ""
    """As the sample's preset says when empty."""
    gain: float = 1.0
    """ADU per electron, relative to the model's."""
    em_gain: float = 300.0
    shutter: str = "global"
    readout_ms: float = 5.0
    latency_ms: str = "1,4"
    """Least and most delay of a frame after its readout."""
    clean_film: str = ""
    """File for the expected electrons of every frame, without noise."""
    clock_offset_s: float = 100.0
    clock_drift_ppm: float = 0.0
    ttl_input: str = ""
    """Pump whose run output is wired to the camera: tag TTL."""
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
    Property("Front", "front", one_of("sharp", "laminar", "taylor-aris", "auto")),
    Property("Tubing_mm", "tubing_mm", at_least(0.01)),
    Property("Diffusion_um2_s", "diffusion_um2_s", at_least(0.0)),
    Property("Backlash_uL", "backlash_ul", at_least(0.0)),
    Property("Compliance_s", "compliance_s", at_least(0.0)),
    Property("CellMixing_uL", "cell_ul", at_least(0.0)),
    Property("FieldVolume_uL", "field_ul", at_least(0.0)),
    Property("Irradiance_uW_cm2", "irradiance_uw_cm2", at_least(0.0)),
    Property("CameraModel", "camera_model", one_of("", *MODELS)),
    Property("Gain", "gain", at_least(0.01)),
    Property("EMGain", "em_gain", at_least(1.0)),
    Property("ElectronicShutter", "shutter", one_of("global", "rolling")),
    Property("Readout_ms", "readout_ms", at_least(0.01)),
    Property("Latency_ms", "latency_ms", interval),
    Property("NoiseFreeFilm", "clean_film", str),
    Property("DropFrames", "drop_frames", counts),
    Property("StallAt", "stall_at", whole(-1)),
    Property("StopAt", "stop_at", whole(-1)),
    Property("ClockOffset_s", "clock_offset_s", float),
    Property("ClockDrift_ppm", "clock_drift_ppm", float),
    Property("TtlInput", "ttl_input", str),
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
        self._shot: Shot | None = None

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
        return max(self.settings.exposure_ms, self.settings.readout_ms)

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
        shot = self._shot = _shot(self.settings, view, world(self.settings.sample_name))
        return self._deliver(shot, n, get_buffer)

    def write_truth(self, path: str) -> None:
        """Write the truth of the last sequence to `path` (parquet) and beside it (json)."""
        if path and (self._shot is None or self._shot.last is None):
            raise ValueError("there is no film yet whose truth could be written")
        if path and self._shot is not None:
            self._shot.write_truth(Path(path))
        self.settings = replace(self.settings, truth_file=path)

    def _deliver(
        self, shot: Shot, n: int | None, get_buffer: GetBuffer
    ) -> Iterator[Mapping[str, str]]:
        """Pace the frames; the clock is held at each delivery until the frame is rendered."""
        clock, name = installed(), f"camera {self.get_label()}"
        own = self.settings
        ticking = CameraClock(self._switched_on_ns, own.clock_offset_s, own.clock_drift_ppm)
        interval_ms = self.get_actual_interval_ms()
        least_ms, most_ms = (float(part) for part in own.latency_ms.split(","))
        delay_ms = (least_ms, most_ms)
        timing = Timing(own.exposure_ms, interval_ms, own.readout_ms, delay_ms, own.seed)

        def current() -> Timing:
            exposure_ms = self.settings.exposure_ms
            return replace(
                timing, exposure_ms=exposure_ms, interval_ms=self.get_actual_interval_ms()
            )

        dropped = {int(number) for number in own.drop_frames.split(",") if number}
        numbers = count() if n is None else range(n)
        try:
            for exposure in timing.exposures(clock.now_ns() + ARM_NS, numbers, current):
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
                yield {**tags(exposure, ticking), **_ttl(own, exposure.start_ns)}
        finally:
            clock.release(name)
            shot.close()


def _ttl(own: Settings, t_ns: int) -> dict[str, str]:
    """Whether the pump that is wired to the camera runs."""
    if not own.ttl_input:
        return {}
    plungers = world(own.sample_name).plungers()
    runs = any(p.pump == own.ttl_input and p.ul_per_s(t_ns) != 0 for p in plungers)
    return {"TTL": str(int(runs))}


def _shot(own: Settings, view: View, there: World) -> Shot:
    """Draw the sample as the settings say."""
    preset = read_preset(Path(own.sample_file)) if own.sample_file else Preset()
    if own.particles >= 0:
        preset = replace(preset, particles=own.particles)
    side = own.sensor_px
    sample = Sample(preset, (side, side), own.seed, bright=own.start_state == "bright")
    front = Front(
        own.front,  # type: ignore[arg-type]
        own.dead_volume_ul,
        own.tubing_mm,
        own.diffusion_um2_s / 1e6,
        cell_ul=own.cell_ul,
    )
    around = Surroundings(
        front,
        Drive(own.backlash_ul, own.compliance_s),
        own.field_ul,
        own.irradiance_uw_cm2,
        rolling(sample, view, own.readout_ms * 1e6 / side)
        if own.shutter == "rolling"
        else Shutter(),
    )
    model = MODELS[own.camera_model or preset.camera].with_gain(own.gain, own.em_gain)
    return Shot(
        sample,
        there,
        around,
        view,
        Chip(model, view, side),
        own.seed,
        sensor_px=side,
        clean_film=Path(own.clean_film) if own.clean_film else None,
    )


def warm_up() -> None:
    """Compile and load the kernels (some seconds the first time, then cached on disk)."""
    few = Settings(particles=2, sensor_px=64, start_state="bright")
    _shot(few, View(0, 0, 64, 64), World("")).anticipate(Exposure(0, 0, 1, 1))
