"""A real rig's twin: emulators with its settings, and a sentence for everything replaced."""

from pathlib import Path

import pytest

from onset.experiment.rig import parse_rig, read_rig
from onset.simulated.twin import twin

DEVICES = Path(__file__).parents[2] / "devices"
RIGS = sorted(DEVICES.glob("*.toml"))
HARD = """
name = "hard \\"rig\\""
[camera]
config = "hamamatsu.cfg"
device = "Cam"
exposure = "20 ms"
pixel_size = "0.11 um"
sensor = [640, 480]
readout = "10 ms"
frame_counter = "ImageNumber"
properties = { ScanMode = "2", "Trigger Source" = "INTERNAL" }
[pumps.TBAB]
dialect = "micro-manager"
model = "anything"
device = "SyringePump"
syringe = { diameter = "14.43 mm", volume = "10 mL" }
holds = { reagent = "TBAB", concentration = "2 ug/mL" }
[pumps."rinse A"]
dialect = "harvard"
port = "/dev/ttyUSB7"
baud = 115200
syringe = { diameter = "14.43 mm", volume = "10 mL" }
holds = { reagent = "solvent" }
run_output = { port = "/dev/ttyUSB8" }
[shutter]
dialect = "micro-manager"
device = "Arduino"
irradiance = "40 uW/cm^2"
[flow]
dead_volume = "100 uL"
startup_lag = "1.5 s"
"""


def twin_of(rig, **more):
    made = twin(rig, "/shipped/demo.cfg", **more)
    return parse_rig(made.rig_text, Path("twin.toml")), made.replaced


@pytest.mark.parametrize("file", RIGS, ids=lambda path: path.stem)
def test_every_shipped_rig_has_a_simulated_twin(file):
    rig = read_rig(file)
    made, replaced = twin_of(rig)
    assert made.is_simulated
    assert len(replaced) == 1 + len(rig.pumps) + (rig.shutter is not None)
    assert made.flow == rig.flow
    for name, pump in rig.pumps.items():
        same = made.pumps[name]
        assert (same.syringe, same.holds, same.motor_lag_ms) == (
            pump.syringe,
            pump.holds,
            pump.motor_lag_ms,
        )


def test_no_real_wire_is_left():
    made, replaced = twin_of(parse_rig(HARD, Path("hard.toml")), start="bright")
    assert made.sample.start == "bright"
    assert made.camera.config == "/shipped/demo.cfg"
    assert made.camera.device is None
    assert made.camera.frame_counter == "FrameCounter"
    assert made.camera.clock is None
    assert made.camera.properties == {
        "Sensor_px": 640,
        "Latency_ms": "0,20",
        "Readout_ms": 10.0,
        "Irradiance_uW_cm2": 40.0,
        "Compliance_s": 1.5,
    }
    assert {pump.port for pump in made.pumps.values()} == {"sim://new-era", "sim://harvard"}
    assert made.pumps["rinse A"].run_output is None
    assert made.shutter.port == "sim://uniblitz-d1"
    assert "ttyUSB" not in "".join(line.split("->")[1] for line in replaced)
    assert "pump rinse A: harvard on /dev/ttyUSB7 -> emulated harvard" in replaced
