"""Shutters and pumps through Micro-Manager, on its own DemoCamera adapter."""

import pytest

from onset.errors import DeviceFault, Refused
from onset.experiment.rig import PumpSpec, ShutterSpec
from onset.hardware.core import close_core, open_core
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.hardware.shutter import open_shutter

CONFIG = """
Device,Camera,DemoCamera,DCam
Device,Shutter,DemoCamera,DShutter
Device,Wheel,DemoCamera,DWheel
Device,Pump,DemoCamera,DVolumetricPump
Property,Core,Initialize,1
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    config = tmp_path_factory.mktemp("mm") / "demo.cfg"
    config.write_text(CONFIG)
    opened = open_core(config)
    yield opened
    close_core(opened)


def shutter_on(core, clock, wire, device):
    spec = {"dialect": "micro-manager", "device": device, "irradiance": "15 uW/cm^2"}
    return open_shutter(ShutterSpec.model_validate(spec), clock, wire, core)


def pump_on(core, clock, wire, device="Pump"):
    spec = {
        "dialect": "micro-manager",
        "device": device,
        "syringe": {"diameter": "14.43 mm", "volume": "10 mL", "filled": "8 mL"},
        "holds": {"reagent": "TBAB"},
    }
    return open_pump("TBAB", PumpSpec.model_validate(spec), clock, wire, core)


@pytest.mark.parametrize("device", ["Shutter", "Wheel"])
def test_a_shutter_is_read_back(core, clock, wire, device):
    shutter = shutter_on(core, clock, wire, device)
    assert shutter.state == "unknown"
    sent = shutter.open()
    assert shutter.state == "open"
    assert sent.earliest_ns == sent.asked_ns < sent.sent_ns <= sent.confirmed_ns <= sent.latest_ns
    shutter.close()
    assert shutter.state == "closed"
    shutter.open()
    shutter.make_safe()
    assert shutter.state == "closed"


def test_what_is_no_shutter_is_refused(core, clock, wire):
    with pytest.raises(Refused, match=r"'Camera' is a Camera.* in Micro-Manager, not a shutter"):
        shutter_on(core, clock, wire, "Camera")
    with pytest.raises(Refused, match=r"has no device 'Lamp'; loaded: .*Shutter"):
        shutter_on(core, clock, wire, "Lamp")


def test_a_pump_is_reckoned_by_time(core, clock, wire):
    pump = pump_on(core, clock, wire)
    assert pump.identify() == "DemoCamera DVolumetricPump"
    assert core.getPumpMaxVolume("Pump") == 10000
    pump.prepare(PumpJob("infuse", 125.0, 50.0))
    assert core.getPumpFlowrate("Pump") == pytest.approx(125 / 60)
    pump.start()
    clock.advance(12)
    status = pump.status()
    assert (status.state, status.alarm) == ("infusing", None)
    assert status.delivered_ul == pytest.approx(25, abs=0.1)
    clock.advance(13)
    assert (pump.status().state, pump.status().delivered_ul) == ("stopped", 50.0)


def test_a_pump_changes_its_rate_and_stops(core, clock, wire):
    pump = pump_on(core, clock, wire)
    pump.prepare(PumpJob("withdraw", 60.0))
    assert core.getPumpFlowrate("Pump") == pytest.approx(-1)
    pump.start()
    clock.advance(10)
    sent = pump.change_rate(120.0)
    assert sent.earliest_ns < sent.latest_ns
    clock.advance(10)
    assert pump.status().state == "withdrawing"
    pump.make_safe()
    assert pump.status().state == "stopped"
    assert pump.status().delivered_ul == pytest.approx(30, abs=0.1)
    with pytest.raises(DeviceFault, match="not running"):
        pump.change_rate(60.0)


def test_what_is_no_pump_is_refused(core, clock, wire):
    with pytest.raises(Refused, match="not a volumetric pump"):
        pump_on(core, clock, wire, "Shutter")
    with pytest.raises(Refused, match="has no device 'Pump2'"):
        pump_on(core, clock, wire, "Pump2")
