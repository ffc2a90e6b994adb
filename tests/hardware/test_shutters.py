"""What every shutter does, whatever its dialect; a new dialect is a new line in SHUTTERS."""

import pytest

from onset.errors import Refused, WireFault
from onset.experiment.rig import ShutterSpec
from onset.hardware.shutter import open_shutter

SHUTTERS = ["uniblitz-d1", "uniblitz-d3", "thorlabs-sc10", "sutter-lambda"]
OPENS = {
    "uniblitz-d1": b"@",
    "uniblitz-d3": b"@",
    "thorlabs-sc10": b"ens\r",
    "sutter-lambda": b"\xaa",
}


def spec_of(dialect, **given):
    return ShutterSpec.model_validate(
        {"dialect": dialect, "irradiance": "15 uW/cm^2", "opening": "10 ms", **given}
    )


@pytest.fixture(params=SHUTTERS)
def shutter(request, here, clock, wire):
    port = f"sim://{request.param}?sample={here.name}&opening_ms=8"
    opened = open_shutter(spec_of(request.param, port=port), clock, wire)
    yield opened
    opened.close_port()


def test_its_state_is_unknown_until_it_is_told(shutter):
    assert shutter.state == "unknown"
    shutter.make_safe()
    assert shutter.state == "closed"


def test_the_light_follows_within_the_bounds(shutter, here, clock):
    shutter.make_safe()
    clock.advance(1)
    opened = shutter.open()
    assert shutter.state == "open"
    clock.advance(1)
    closed = shutter.close()
    assert shutter.state == "closed"
    clock.advance(1)
    moves = [(t_ns, to) for t_ns, to in here.light.moves() if t_ns > opened.asked_ns]
    assert [to for _, to in moves] == [True, False]
    for sent, (t_ns, _) in zip((opened, closed), moves, strict=True):
        assert sent.asked_ns < sent.earliest_ns <= t_ns <= sent.latest_ns
        assert sent.latest_ns - sent.earliest_ns < 20e6


def test_every_byte_is_told(request, shutter, wire):
    shutter.open()
    assert OPENS[request.node.callspec.params["shutter"]] in wire.said("host")


def test_a_port_that_is_not_there_is_explained(clock, wire):
    with pytest.raises(WireFault, match="shutter on /dev/nowhere"):
        open_shutter(spec_of("uniblitz-d1", port="/dev/nowhere"), clock, wire)


def test_a_shutter_of_micro_manager_needs_micro_manager(clock, wire):
    with pytest.raises(Refused, match="needs Micro-Manager"):
        open_shutter(spec_of("micro-manager", device="Shutter"), clock, wire)
