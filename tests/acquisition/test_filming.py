"""Frames of Micro-Manager's DemoCamera on their way to the disk, a fast one and slow ones."""

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from onset.acquisition.filming import Exposure, Filming
from onset.acquisition.light import LightLog
from onset.errors import RecordingFault
from onset.experiment.clock import ScaledClock, SystemClock
from onset.experiment.records import FrameFlag
from onset.experiment.rig import CameraSpec
from onset.hardware.camera import Camera, Overflow
from onset.hardware.core import close_core, open_core
from onset.recording.read import Recording
from onset.recording.session import CameraHeader, new_session
from onset.recording.write import Recorder
from onset.shipped import shipped


class SlowDisk(Recorder):
    """Needs `seconds` for a frame, and refuses from frame `refuses` on."""

    seconds, refuses = 0.0, 10**9

    def append(self, frame):
        time.sleep(self.seconds)
        if frame.number >= self.refuses:
            raise RecordingFault("the disk is on fire")
        return super().append(frame)


@pytest.fixture
def core():
    core = open_core(shipped("devices", "mm-demo.cfg"))
    core.setProperty("Camera", "FastImage", "1")
    yield core
    close_core(core)


@pytest.fixture
def film(core, tmp_path):
    opened = ExitStack()

    def start(clock=None, exposure_ms=0.1, ttl=None, **disk) -> Filming:
        clock = clock or SystemClock()
        given = {"config": "", "exposure": "1 ms", "pixel_size": "1 um", "buffer": "1 MB"}
        given |= {"ttl": {"pump": "TBAB", **ttl}} if ttl else {}
        spec = CameraSpec.model_validate({**given, "frame_counter": "ImageNumber"})
        camera = Camera(core, spec, clock)
        camera.set_exposure(exposure_ms)
        camera.prepare()
        header = CameraHeader(shape=camera.shape, dtype="uint16", counter_tag="ImageNumber")
        recorder = SlowDisk(tmp_path / "rec", new_session(header, start_ns=0))
        recorder.seconds, recorder.refuses = disk.get("seconds", 0.0), disk.get("refuses", 10**9)
        filming = Filming(camera, recorder, LightLog(has_shutter=False), clock, Exposure(1, (0, 1)))
        filming.start()
        until = time.monotonic() + 60
        while not filming.begun.wait(0.01) and filming.is_alive() and time.monotonic() < until:
            pass
        opened.callback(recorder.seal, "aborted")
        return filming

    with opened:
        yield start


def recorded(folder: Path) -> list[int]:
    with Recording(folder) as recording:
        return recording.numbers.tolist()


def test_what_was_taken_is_written(film, tmp_path):
    filming = film()
    until = time.monotonic() + 60
    while filming.taken < 30 and time.monotonic() < until:
        time.sleep(0.005)
    filming.stop()
    filming.join()
    assert filming.fault is None
    assert filming.lost == {}
    numbers = recorded(tmp_path / "rec")
    assert numbers == list(range(filming.taken))
    assert len(numbers) >= 30


def test_a_slow_disk_ends_in_an_overflow_and_every_frame_before_is_kept(film, tmp_path):
    filming = film(seconds=0.004)
    filming.join(60)
    assert isinstance(filming.fault, Overflow)
    assert filming.lost == {"core": 1}
    numbers = recorded(tmp_path / "rec")
    assert numbers == list(range(filming.taken))


def test_a_disk_that_refuses_ends_the_film_and_the_lost_are_counted(film, tmp_path, core):
    filming = film(refuses=30, exposure_ms=1)
    filming.join(60)
    assert isinstance(filming.fault, RecordingFault)
    assert not core.isSequenceRunning()
    assert recorded(tmp_path / "rec") == list(range(30))
    assert filming.lost["disk"] >= 1
    assert filming.taken <= 30 + filming.lost["disk"]


@pytest.mark.parametrize(("speed", "dated"), [(1.0, True), (2.0, False)])
def test_the_cores_real_time_dates_frames_only_in_real_time(film, tmp_path, speed, dated):
    filming = film(clock=SystemClock() if speed == 1 else ScaledClock(speed), exposure_ms=2)
    filming.stop()
    filming.join()
    with Recording(tmp_path / "rec") as recording:
        assert (recording.frame_at(0).core_ns is not None) is dated
        assert np.all(np.diff(recording.rows["host_ns"]) >= 0)


@pytest.mark.parametrize(
    ("ttl", "is_up"),
    [
        ({"tag": "Binning"}, True),  # the DemoCamera says 1
        ({"tag": "Binning", "active": "low"}, False),
        ({"tag": "Height", "bit": 9}, True),  # 512
        ({"tag": "Height", "bit": 8}, False),
    ],
)
def test_a_tag_tells_the_level_of_a_line(film, tmp_path, ttl, is_up):
    filming = film(ttl=ttl, exposure_ms=2)
    filming.stop()
    filming.join()
    with Recording(tmp_path / "rec") as recording:
        assert len(recording) > 0
        assert ((recording.flags & int(FrameFlag.TTL)) != 0).all() == is_up


def test_a_tag_that_is_no_level_ends_the_film(film):
    filming = film(ttl={"tag": "PixelType"}, exposure_ms=2)
    filming.join(10)
    assert "'gray16' is no level of a line" in str(filming.fault)
