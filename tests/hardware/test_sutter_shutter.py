"""The Sutter Lambda driver against the emulated controller: what only this dialect has."""

import pytest

from onset.errors import OnsetError, WireFault
from onset.experiment.rig import ShutterSpec
from onset.hardware.shutter import open_shutter
from onset.simulated.devices import device
from onset.simulated.faults import ANSWER_FAULTS, QUESTION_FAULTS
from onset.simulated.parameters import Parameters


class Setup:
    """A controller in a world of its own; `open` connects the driver."""

    def __init__(self, here, clock, wire):
        self.here, self.clock, self.wire = here, clock, wire

    def open(self, query=""):
        spec = ShutterSpec.model_validate(
            {
                "dialect": "sutter-lambda",
                "port": f"sim://sutter-lambda?sample={self.here.name}&{query}".rstrip("&"),
                "irradiance": "15 uW/cm^2",
                "opening": "10 ms",
            }
        )
        return open_shutter(spec, self.clock, self.wire)

    @property
    def emulator(self):
        return device(Parameters("sutter-lambda", {"sample": self.here.name}))

    @property
    def is_open(self):
        return self.here.light.is_open(self.clock.now_ns())


@pytest.fixture
def setup(here, clock, wire):
    return Setup(here, clock, wire)


def test_it_goes_on_line_and_moves_nothing(setup):
    setup.open()
    assert setup.wire.said("host") == [b"\xee"]
    assert setup.here.light.moves() == ()


def test_the_end_of_the_move_is_its_stamp(setup):
    shutter = setup.open("opening_ms=120&closing_ms=90")
    opened, closed = shutter.open(), shutter.close()
    for sent, (moved_ns, _) in zip((opened, closed), setup.here.light.moves(), strict=True):
        assert sent.earliest_ns <= moved_ns <= sent.latest_ns
        assert sent.confirmed_ns - moved_ns < 5e6


def test_quirks_that_were_seen_are_understood(setup):
    shutter = setup.open("inverts_echo=1&sends_one=1")
    shutter.open()
    assert (shutter.state, setup.is_open) == ("open", True)
    shutter.make_safe()
    assert (shutter.state, setup.is_open) == ("closed", False)


@pytest.mark.parametrize("question", range(1, 6))
@pytest.mark.parametrize("fault", sorted(ANSWER_FAULTS | QUESTION_FAULTS))
def test_bad_bytes_never_leave_it_open(setup, fault, question):
    try:
        shutter = setup.open(f"faults={fault}@{question}&seed={question}")
        shutter.open()
        assert shutter.state == "open"
        shutter.make_safe()
    except OnsetError:
        shutter = setup.open()
        shutter.make_safe()
    setup.clock.advance(1)
    assert not setup.is_open
    assert shutter.state == "closed"


def test_a_wrong_baud_rate_is_told_within_two_seconds(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault):
        setup.open("device_baud=128000")
    assert setup.clock.now_ns() - before_ns < 2e9
