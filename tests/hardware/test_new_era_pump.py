"""The New Era driver against the emulated pump: what only this dialect has."""

import pytest

from onset.errors import DeviceFault, WireFault
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.simulated.devices import device
from onset.simulated.parameters import Parameters


class Setup:
    """A pump in a world of its own; `open` connects the driver."""

    def __init__(self, here, clock, wire):
        self.here, self.clock, self.wire = here, clock, wire

    def open(self, query="", **spec):
        given = {
            "dialect": "new-era",
            "port": f"sim://new-era?sample={self.here.name}&pump=TBAB&{query}".rstrip("&"),
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
            "watchdog": "100 s",
            **spec,
        }
        return open_pump("TBAB", PumpSpec.model_validate(given), self.clock, self.wire)

    @property
    def emulator(self):
        return device(Parameters("new-era", {"sample": self.here.name, "pump": "TBAB"}))

    @property
    def plunger(self):
        return self.here.plunger("TBAB")


@pytest.fixture
def setup(here, clock, wire):
    return Setup(here, clock, wire)


JOB = PumpJob("infuse", 125.0, 500.0)


def test_it_says_what_it_is(setup):
    assert setup.open().identify() == "NE1000V3.928"


def test_the_first_bytes_are_the_way_out_of_safe_mode(setup):
    setup.open()
    assert setup.wire.said("host")[:2] == [b"\x02\x08SAF0UC\x03", b"0VER\r"]


def test_another_address_is_asked_by_its_address(setup):
    assert setup.open("address=12", address=12).identify() == "NE1000V3.928"


def test_a_wrong_address_is_told_with_the_right_one(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault, match=r"no pump at address 0, but one at address 3"):
        setup.open("address=3")
    assert setup.clock.now_ns() - before_ns < 2e9


def test_a_wrong_baud_rate_is_told_within_two_seconds(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault, match="baud rate"):
        setup.open("device_baud=9600")
    assert setup.clock.now_ns() - before_ns < 2e9


def test_another_model_than_the_rig_says_is_refused(setup):
    with pytest.raises(DeviceFault, match="is a NE-1000, the rig says NE-1600"):
        setup.open(model="NE-1600")


def test_a_pump_left_in_safe_mode_is_understood(setup):
    assert setup.open("memory_safe_s=5").identify() == "NE1000V3.928"


def test_what_the_last_user_left_is_corrected_and_told(setup):
    pump = setup.open("memory_diameter_mm=26.59")
    memory = setup.emulator.body.memory
    memory.flags["PF"] = "1"
    memory.phases[1] = memory.phases[0]
    told = pump.prepare(JOB)
    assert [sentence.split("pump TBAB had ")[1] for sentence in told] == [
        "PF 1 (it would pump on by itself after a power failure); set to 0",
        "TRG FT (a floating trigger input could start it); set to OF",
        "a syringe of 26.59 mm in memory; set to 14.43 mm",
        "RAT in phase 2 of its program; set to STP",
    ]
    assert (memory.flags["PF"], memory.flags["TRG"], memory.diameter_mm) == ("0", "OF", 14.43)
    assert memory.phases[1].function == "STP"
    assert pump.prepare(JOB) == ()


def test_the_diameter_is_not_written_again_for_nothing(setup):
    pump = setup.open()
    pump.prepare(JOB)
    pump.prepare(JOB)
    assert not [data for data in setup.wire.said("host") if data.startswith(b"0DIA1")]


def test_a_small_volume_gets_the_units_that_can_say_it(setup):
    pump = setup.open()
    told = pump.prepare(PumpJob("infuse", 125.0, 8.3))
    assert "counts in UL from now on" in told[-1]
    assert setup.emulator.body.memory.phases[0].volume == 8.3


def test_a_rate_beyond_the_pump_is_refused_by_it(setup):
    pump = setup.open()
    with pytest.raises(DeviceFault, match=r"refused RAT\d+M[MH]: out of range"):
        pump.prepare(PumpJob("infuse", 50_000.0, None))


def test_the_start_is_one_short_command_and_its_bounds_hold_the_plunger(setup):
    for seed in range(20):
        setup.here.reset()
        pump = setup.open(f"seed={seed}&motor_lag_ms=20")
        pump.prepare(JOB)
        sent = pump.start()
        assert setup.wire.said("host")[-1] == b"\x02\x080RUND\x07\x03"
        true_ns = setup.plunger.segments()[0].start_ns
        assert sent.earliest_ns <= true_ns <= sent.latest_ns + 20e6
        assert sent.latest_ns - sent.earliest_ns < 20e6
        pump.stop()
        pump.close()


def test_a_lost_answer_to_run_does_not_run_it_twice(setup):
    pump = setup.open()
    pump.prepare(PumpJob("infuse", 125.0, 500.0))
    real_receive = setup.emulator.receive
    lost = []

    def deaf_once(byte, t_ns):
        replies = real_receive(byte, t_ns)
        if any(b"I" in reply.data for reply in replies) and not lost:
            lost.extend(replies)
            return []
        return replies

    setup.emulator.receive = deaf_once
    sent = pump.start()
    assert lost
    assert len([data for data in setup.wire.said("host") if b"RUN" in data]) == 1
    true_ns = setup.plunger.segments()[0].start_ns
    assert sent.earliest_ns <= true_ns <= sent.latest_ns


def test_the_watchdog_stops_a_pump_that_nobody_feeds(setup):
    pump = setup.open(watchdog="5 s")
    pump.prepare(PumpJob("infuse", 125.0))
    pump.start()
    setup.clock.advance(4)
    pump.feed()
    setup.clock.advance(4)
    assert pump.status().state == "infusing"
    setup.clock.advance(6)
    status = pump.status()
    assert status.state == "alarm"
    assert "heard nothing from the computer" in status.alarm
    assert status.delivered_ul == pytest.approx(13 * 125 / 60, abs=1.2)


def test_the_watchdog_is_disarmed_when_it_stops(setup):
    pump = setup.open(watchdog="5 s")
    pump.prepare(JOB)
    pump.start()
    pump.stop()
    assert setup.emulator.body.memory.safe_s == 0
    setup.clock.advance(100)
    assert pump.status().state == "stopped"


def test_close_leaves_basic_mode_behind(setup):
    pump = setup.open()
    pump.prepare(JOB)
    pump.start()
    pump.close()
    assert setup.emulator.body.memory.safe_s == 0


def test_a_stall_is_an_alarm_until_the_next_prepare(setup):
    pump = setup.open("content_ul=10&syringe_ul=10000")
    pump.prepare(JOB)
    pump.start()
    setup.clock.advance(60)
    for _ in range(2):
        assert pump.status().alarm == "its motor stalled"
    assert "had an alarm: its motor stalled" in pump.prepare(JOB)[0]


def test_a_changed_rate_is_read_back(setup):
    pump = setup.open()
    pump.prepare(PumpJob("infuse", 125.0))
    pump.start()
    sent = pump.change_rate(250.0)
    assert setup.wire.said("host")[-2].find(b"RAT15") > 0
    changed_ns = setup.plunger.changes()[1].t_ns
    assert sent.earliest_ns <= changed_ns <= sent.latest_ns
    assert setup.plunger.ul_per_s(setup.clock.now_ns()) == pytest.approx(250 / 60)


def test_a_pump_that_was_running_is_stopped_before_it_is_prepared(setup):
    pump = setup.open()
    pump.prepare(JOB)
    pump.start()
    pump.close()
    again = setup.open()
    assert "was infusing; it was stopped" in again.prepare(JOB)[0]


def test_start_needs_prepare(setup):
    with pytest.raises(DeviceFault, match="was not prepared"):
        setup.open().start()


def test_it_is_not_started_with_its_watchdog_unarmed(setup):
    setup.open().prepare(JOB)
    first = len(setup.wire.said("host")) + 1
    setup.here.reset()
    pump = setup.open(f"faults=flipped@{first},flipped@{first + 1}")
    pump.prepare(JOB)
    with pytest.raises(WireFault, match="did not arm its watchdog"):
        pump.start()
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == 0
    assert not any(b"RUN" in said for said in setup.wire.said("host"))
