"""The camera by hand: how it is set, and a preview that goes on through every change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from onset.acquisition.hands import as_fault
from onset.acquisition.messages import CameraView, PropertyValue
from onset.acquisition.previewing import Previewing
from onset.acquisition.settings import Settings
from onset.errors import OnsetError, Refused
from onset.experiment.clock import Clock
from onset.hardware.camera import Camera


class CameraDesk:
    """Between runs the camera is touched here only."""

    def __init__(self, camera: Camera, clock: Clock, exposure_ms: float) -> None:
        self._camera, self._clock = camera, clock
        self.settings = Settings(exposure_ms, binning=camera.binning)
        self.settings.apply(camera)
        self.preview: Previewing | None = None
        self.hangs = False
        self.view = self._look()
        """How it is set."""

    def change(self, settings: Settings) -> None:
        """Set the camera; as it was where it refuses."""
        with self._at_rest():
            try:
                settings.apply(self._camera)
                self.settings = settings
            except OnsetError:
                self.settings.apply(self._camera)
                raise

    def set_property(self, name: str, value: PropertyValue) -> None:
        """Any property; its buffer is made anew."""
        with self._at_rest():
            self._camera.set(name, value)
            self._camera.prepare()

    def restore(self) -> str | None:
        """After a run: as it was set by hand; a sentence where it refuses."""
        try:
            self.settings.apply(self._camera)
        except OnsetError as fault:
            return str(fault)
        return None

    def start_preview(self) -> None:
        """Show what it sees."""
        self._camera.prepare()
        self._start()

    def stop_preview(self) -> None:
        """Look no more; it hangs where it does not stop."""
        preview, self.preview = self.preview, None
        if preview is not None and not preview.stop():
            self.hangs = True

    def why_preview_ended(self) -> str | None:
        """Where it ended by itself."""
        preview = self.preview
        if preview is None or preview.is_alive():
            return None
        fault = preview.fault
        return as_fault("the camera", fault) if fault is not None else "the camera stopped"

    def _start(self) -> None:
        self.preview = Previewing(self._camera, self._clock)
        self.preview.start()

    @contextmanager
    def _at_rest(self) -> Iterator[None]:
        previews = self.preview is not None
        self.stop_preview()
        if self.hangs:
            raise Refused("the camera hangs")
        try:
            yield
        finally:
            self.view = self._look()
            if previews:
                self._start()

    def _look(self) -> CameraView:
        camera = self._camera
        settings = (camera.exposure_ms, camera.shape, camera.roi, camera.binning, camera.gain)
        return CameraView(*settings, camera.bits)
