"""A shutter that only Micro-Manager can reach is closed when the instrument has been killed."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from lab import instruments
from written_shutter import FILE

import onset
from onset.acquisition.rigs import left_unsafe

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signal 9")

CONFIG = """
Property,Core,Initialize,0
#py pyDevice,Camera,onset.simulated.camera,SimulatedCamera
#py pyDevice,Shutter,written_shutter,WrittenShutter
Property,Core,Initialize,1
#py Property,Core,Camera,Camera
"""
RIG = """
name = "behind the core"
[camera]
config = "rig.cfg"
exposure = "50 ms"
pixel_size = "0.13 um"
[shutter]
dialect = "micro-manager"
device = "Shutter"
irradiance = "15 uW/cm^2"
"""


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setenv("ONSET_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv(FILE, str(tmp_path / "shutter"))
    (tmp_path / "shutter").write_text("closed")
    (tmp_path / "rig.cfg").write_text(CONFIG)
    (tmp_path / "rig.toml").write_text(RIG)
    with onset.Instrument(tmp_path / "rig.toml", who="a test") as rig:
        yield rig


def test_a_process_of_its_own_loads_the_core_and_closes_it(rig, tmp_path):
    rig.open_shutter()
    assert (tmp_path / "shutter").read_text() == "open"
    (child,) = instruments()
    os.kill(child, signal.SIGKILL)
    until = time.monotonic() + 60
    while (tmp_path / "shutter").read_text() != "closed":
        assert time.monotonic() < until
        threading.Event().wait(0.01)
    idle = rig.wait_for(lambda now: now.phase == "idle")
    assert "made safe: shutter closed" in idle.message
    assert not left_unsafe()
