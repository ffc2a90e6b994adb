"""The SC10 driver against the emulated controller: what only this dialect has."""

import pytest

from onset.errors import DeviceFault, OnsetError, WireFault
from onset.experiment.rig import ShutterSpec
from onset.hardware.shutter import open_shutter
from onset.simulated.devices import device
from onset.simulated.faults import ANSWER_FAULTS, QUESTION_FAULTS
from onset.simulated.parameters import Parameters


class Setup:
    """A controller in a world of its own; `open` connects the driver."""

    def __init__(self, here, clock, wire):
        self.here, self.clock, self.wire = here, clock, wire

    def open(self, query="", opening="10 ms"):
        spec = ShutterSpec.model_validate(
            {
                "dialect": "thorlabs-sc10",
                "port": f"sim://thorlabs-sc10?sample={self.here.name}&{query}".rstrip("&"),
                "irradiance": "15 uW/cm^2",
                "opening": opening,
            }
        )
        return open_shutter(spec, self.clock, self.wire)

    @property
    def emulator(self):
        return device(Parameters("thorlabs-sc10", {"sample": self.here.name}))

    @property
    def is_open(self):
        return self.here.light.is_open(self.clock.now_ns())


@pytest.fixture
def setup(here, clock, wire):
    return Setup(here, clock, wire)


def test_it_looks_before_it_toggles_and_confirms_afterwards(setup):
    shutter = setup.open()
    shutter.close()
    before = len(setup.wire.said("host"))
    shutter.open()
    said = setup.wire.said("host")[before:]
    assert said[:3] == [b"ens?\r", b"ens\r", b"ens?\r"]
    assert set(said[3:]) == {b"closed?\r"}


def test_what_is_open_is_not_toggled_again(setup):
    shutter = setup.open()
    shutter.open()
    before = len(setup.wire.said("host"))
    shutter.open()
    assert b"ens\r" not in setup.wire.said("host")[before:]
    assert setup.is_open


def test_connecting_moves_nothing(setup):
    first = setup.open()
    first.open()
    first.close_port()
    setup.open()
    assert setup.is_open


def test_another_mode_is_left_in_the_dark(setup):
    """In external gate mode `ens` only arms: manual mode would open an armed shutter."""
    shutter = setup.open("mode=5")
    assert setup.wire.said("host") == [b"id?\r"]
    shutter.make_safe()
    assert b"mode=1\r" in setup.wire.said("host")
    assert not setup.is_open
    shutter.open()
    assert setup.is_open


def test_an_armed_gated_shutter_does_not_open_when_the_mode_changes(setup):
    setup.open().close_port()
    for byte in b"mode=5\rens\r":
        setup.emulator.receive(bytes([byte]), setup.clock.now_ns())
    setup.open().make_safe()
    assert not any(to for _, to in setup.here.light.moves())
    said = setup.wire.said("host")
    ens = said.index(b"ens\r")
    assert said[ens : ens + 3] == [b"ens\r", b"mode=1\r", b"mode?\r"]


def test_a_tripped_interlock_is_told(setup):
    shutter = setup.open("interlock=1")
    with pytest.raises(DeviceFault, match="its interlock has tripped"):
        shutter.open()
    shutter.make_safe()
    assert shutter.state == "closed"


def test_a_slow_blade_is_waited_for(setup):
    shutter = setup.open("opening_ms=200&closing_ms=150", opening="220 ms")
    opened = shutter.open()
    assert setup.is_open
    (moved_ns, _), *_ = setup.here.light.moves()
    assert opened.earliest_ns <= moved_ns <= opened.latest_ns
    closed = shutter.close()
    assert not setup.is_open
    assert closed.earliest_ns <= setup.here.light.moves()[-1][0] <= closed.latest_ns


def test_a_blade_that_does_not_close_is_told(setup):
    shutter = setup.open("closing_ms=60000")
    shutter.open()
    with pytest.raises(DeviceFault, match="told to close and does not; block the beam"):
        shutter.close()
    assert shutter.state == "unknown"


@pytest.mark.parametrize("question", range(1, 13))
@pytest.mark.parametrize("fault", sorted(ANSWER_FAULTS | QUESTION_FAULTS))
def test_bad_bytes_never_leave_it_in_the_wrong_state(setup, fault, question):
    try:
        shutter = setup.open(f"faults={fault}@{question}&seed={question}")
        shutter.open()
        assert setup.is_open
        shutter.close()
    except OnsetError:
        shutter = setup.open()
        shutter.make_safe()
    assert not setup.is_open
    assert shutter.state == "closed"


def test_an_answer_that_is_lost_is_not_answered_by_a_second_toggle(setup):
    shutter = setup.open("faults=silent@4")
    shutter.open()
    assert setup.wire.said("host").count(b"ens\r") == 1
    assert setup.is_open


@pytest.mark.parametrize("answer_ms", [450, 520, 700, 900, 1300, 2500])
def test_late_answers_never_lead_to_a_second_toggle(setup, answer_ms):
    setup.here.reset()
    shutter = setup.open()
    setup.emulator._answer_ns = answer_ms * 1_000_000
    try:
        shutter.open()
    except OnsetError:
        assert shutter.state == "unknown"
    else:
        assert setup.is_open
    assert setup.wire.said("host").count(b"ens\r") <= 1


def test_a_wrong_baud_rate_is_told_within_two_seconds(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault, match="baud rate"):
        setup.open("device_baud=115200")
    assert setup.clock.now_ns() - before_ns < 2e9
