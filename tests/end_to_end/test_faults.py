"""Each fault of a device ends the run failed, with its reason, and leaves the bench safe."""

import threading
import time

import pytest
from lab import SLACK_S

import onset
from onset.acquisition.messages import EmergencyStop
from onset.hardware.camera import Camera
from onset.hardware.new_era_pump import NewEraPump
from onset.hardware.uniblitz_shutter import UniblitzShutter
from onset.recording.write import Recorder
from onset.simulated.world import world

LONG = """
name = "long"
[[steps]]
do = "shutter-open"
[[steps]]
do = "inject"
reagent = "TBAB"
concentration = "1 ug/mL"
rate = "7.5 mL/h"
volume = "1 mL"
"""
HANG_S = 30.0


@pytest.fixture
def released():
    """Whoever hangs does so until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class Stopwatch:
    """Sends one emergency stop while the pump runs, past the loop that may hang."""

    def __init__(self):
        self.pressed_s = None
        self.safe_s = None

    def press(self, emergency):
        self.pressed_s = time.perf_counter()
        emergency.stop("a test")
        here = world("demo")
        while here.light.is_open(time.perf_counter_ns()) or any(
            plunger.ul_per_s(time.perf_counter_ns()) for plunger in here.plungers()
        ):
            assert time.perf_counter() - self.pressed_s < 10
            time.sleep(0.001)
        self.safe_s = time.perf_counter() - self.pressed_s


HANGS = {
    "pump": [(NewEraPump, "stop"), (NewEraPump, "status")],
    "shutter": [(UniblitzShutter, "close")],
    "camera": [(Camera, "_pop")],
    "disk": [(Recorder, "append")],
    "engine": [],
}


@pytest.mark.parametrize("who", HANGS)
def test_an_emergency_stop_passes_whoever_hangs(carry, link, monkeypatch, released, who):
    """30 s in a driver's stop, the camera, the disk or whoever decides."""
    watch = Stopwatch()
    begun = threading.Event()

    def hanging(method):
        def hang(*values):
            if not released.is_set():
                released.wait(HANG_S)
                raise OSError("it hung")
            return method(*values)

        return hang

    def press():
        time.sleep(0.6)  # the pump is looked at twice a second: by now it hangs
        watch.press(link.emergency)
        released.set()

    def on_status(status):
        if begun.is_set() or status.pumps[0].state != "infusing" or status.written < 4:
            return []
        begun.set()
        for device, name in HANGS[who]:
            monkeypatch.setattr(device, name, hanging(getattr(device, name)))
        threading.Thread(target=press, daemon=True).start()
        if who == "engine":
            released.wait(HANG_S)
        return [EmergencyStop("a test")] if who == "engine" else []

    link.on_status = on_status
    ended = carry(LONG, speed=1.0)
    assert ended.status in ("aborted", "failed")
    assert watch.safe_s < 0.5 + SLACK_S
    safe_s[who] = watch.safe_s


safe_s: dict[str, float] = {}


@pytest.mark.soak
def test_how_fast_it_was(capsys):
    with capsys.disabled():
        print({who: round(seconds, 3) for who, seconds in safe_s.items()})  # noqa: T201


PUMP = 'port = "sim://new-era"'
SHUTTER = 'port = "sim://uniblitz-d1"'


@pytest.mark.parametrize(
    ("swaps", "reason"),
    [
        ({PUMP: 'port = "sim://new-era?faults=alarm@60"'}, "alarm"),
        ({PUMP: 'port = "sim://new-era?faults=vanish@60"'}, "port has gone"),
        ({PUMP: 'port = "sim://new-era?faults=power@60"'}, "pump"),
        ({SHUTTER: 'port = "sim://uniblitz-d1?faults=vanish@3"'}, "port has gone"),
    ],
)
def test_a_fault_on_a_wire_ends_the_run_failed_and_safe(carry, tmp_path, swaps, reason):
    ended = carry(LONG, speed=4.0, **swaps)
    assert ended.status == "failed"
    assert reason in ended.reason
    here = world("demo")
    assert all(plunger.ul_per_s(10**19) == 0 for plunger in here.plungers())
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "failed"
        assert reason in recording.reason


def test_a_camera_that_raises_ends_the_run_failed_and_safe(carry, link, monkeypatch, tmp_path):
    def breaks(camera):
        raise RuntimeError("the driver has crashed")

    def on_status(status):
        if status.pumps[0].state == "infusing":
            monkeypatch.setattr(Camera, "_pop", breaks)
        return []

    link.on_status = on_status
    ended = carry(LONG, speed=1.0)
    assert ended.status == "failed"
    assert "the driver has crashed" in ended.reason
    assert not world("demo").light.is_open(10**19)
    assert all(plunger.ul_per_s(10**19) == 0 for plunger in world("demo").plungers())
    with onset.open(tmp_path / "rec") as recording:
        assert recording.status == "failed"
