"""A process that films Micro-Manager's DemoCamera until it is killed; tells what it has done."""

import os
import sys
import threading
from pathlib import Path

from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.light import LightLog
from onset.experiment.clock import SystemClock
from onset.experiment.records import Frame
from onset.experiment.rig import read_rig
from onset.hardware.camera import Camera
from onset.hardware.core import open_core
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder
from onset.shipped import shipped


class TellingCamera(Camera):
    """Says number and time of each frame before anything else is done with it."""

    def frames(self, stopping):
        for frame in super().frames(stopping):
            tell("taken", frame)
            yield frame


class TellingRecorder(Recorder):
    """Says which frame was written."""

    def append(self, frame):
        missing = super().append(frame)
        tell("written", frame)
        return missing


def tell(what: str, frame: Frame) -> None:
    os.write(1, f"{what} {frame.number} {frame.host_ns}\n".encode())  # at once, whatever thread


def film(folder: Path) -> None:
    clock = SystemClock()
    core = open_core(shipped("devices", "mm-demo.cfg"))
    core.setProperty("Camera", "FastImage", "1")
    camera = TellingCamera(core, read_rig(shipped("devices", "mm-demo.toml")).camera, clock)
    camera.set_exposure(5.0)
    camera.prepare()
    header = CameraHeader(shape=camera.shape, dtype="uint16", exposure_ms=5, counter_tag="n")
    recorder = TellingRecorder(folder, new_session(header, start_ns=clock.now_ns()))
    light = LightLog(has_shutter=False)
    filming = Filming(camera, recorder, light, clock, Exposure(5_000_000, (0, 1)))
    filming.start()
    threading.Event().wait(30)


if __name__ == "__main__":
    film(Path(sys.argv[1]))
