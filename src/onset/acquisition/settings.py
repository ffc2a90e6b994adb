"""How a camera is set by hand; a protocol's settings go over it."""

from __future__ import annotations

from dataclasses import dataclass

from onset.experiment.protocol import CameraSettings
from onset.hardware.camera import Camera


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person chose; None leaves it to the configuration."""

    exposure_ms: float
    roi: tuple[int, int, int, int] | None = None
    binning: int | None = None
    gain: float | None = None

    def apply(self, camera: Camera, over: CameraSettings | None = None) -> None:
        """Set the camera, and make its buffer; raises `DeviceFault` where it refuses."""
        wanted = over or CameraSettings()
        for name, value in wanted.properties.items():
            camera.set(name, value)
        binning = wanted.binning or self.binning
        if binning is not None and binning != camera.binning:
            camera.set_binning(binning)
        roi = wanted.roi or self.roi
        if roi is not None:
            camera.set_roi(*roi)
        else:
            camera.clear_roi()
        if self.gain is not None:
            camera.set_gain(self.gain)
        camera.set_exposure(wanted.exposure_ms or self.exposure_ms)
        camera.prepare()
