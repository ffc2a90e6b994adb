"""The Harvard driver against the emulated pump: what only this dialect has."""

import pytest

from onset.errors import DeviceFault, Refused, WireFault
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.simulated.devices import device
from onset.simulated.parameters import Parameters

JOB = PumpJob("infuse", 125.0, 500.0)


class Setup:
    """A pump in a world of its own; `open` connects the driver."""

    def __init__(self, here, clock, wire):
        self.here, self.clock, self.wire = here, clock, wire

    def open(self, query="", **spec):
        given = {
            "dialect": "harvard",
            "port": f"sim://harvard?sample={self.here.name}&pump=TBAB&{query}".rstrip("&"),
            "baud": 115200,
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
            **spec,
        }
        return open_pump("TBAB", PumpSpec.model_validate(given), self.clock, self.wire)

    @property
    def emulator(self):
        return device(Parameters("harvard", {"sample": self.here.name, "pump": "TBAB"}))

    @property
    def plunger(self):
        return self.here.plunger("TBAB")


@pytest.fixture
def setup(here, clock, wire):
    return Setup(here, clock, wire)


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("Legato 100", "Legato 100 3.0.6"),
        ("11 Elite", "11 ELITE I/W Single 3.0.4"),
        ("PHD Ultra", "PHD ULTRA I/W 2.0.0"),
    ],
)
def test_every_model_runs_a_job(setup, model, version):
    pump = setup.open(f"model={model}", model=model)
    assert pump.identify() == version
    pump.prepare(JOB)
    pump.start()
    setup.clock.advance(300)
    assert pump.status().delivered_ul == pytest.approx(500, abs=0.01)
    assert pump.status().state == "stopped"


def test_polling_and_memory_come_first(setup):
    setup.open()
    assert setup.wire.said("host")[:2] == [b"@poll on\r\n", b"@nvram none\r\n"]


def test_a_pump_that_knows_no_nvram_none_is_told_off(setup):
    setup.open("model=PHD Ultra")
    assert b"@nvram off\r\n" in setup.wire.said("host")


@pytest.mark.parametrize(
    ("model", "asked"), [("11 Elite", b"@12ver\r\n"), ("PHD Ultra", b"@12:ver\r\n")]
)
def test_another_address_is_asked_by_its_address(setup, model, asked):
    pump = setup.open(f"address=12&model={model}", address=12, model=model)
    assert asked in setup.wire.said("host")
    pump.prepare(JOB)
    pump.start()
    assert pump.status().state == "infusing"


def test_another_pump_on_the_wire_is_told_apart(setup):
    with pytest.raises(WireFault, match="pump 3 answers for 0"):
        setup.open("address=3")


def test_a_wrong_address_is_told_within_two_seconds(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault, match="address"):
        setup.open("address=3", address=4)
    assert setup.clock.now_ns() - before_ns < 2e9


def test_a_wrong_baud_rate_is_told_within_two_seconds(setup):
    before_ns = setup.clock.now_ns()
    with pytest.raises(WireFault, match="baud rate"):
        setup.open("device_baud=9600")
    assert setup.clock.now_ns() - before_ns < 2e9


def test_what_the_last_user_left_is_corrected_and_told(setup):
    pump = setup.open(
        "memory_diameter_mm=4.7&memory_syringe_ul=1000&memory_target_ul=20&memory_target_s=90"
    )
    sentences = " ".join(pump.prepare(JOB))
    assert "had a syringe of 4.7 mm in memory; set to 14.43 mm" in sentences
    assert "had a syringe of 1000 uL in memory; set to 10000 uL" in sentences
    assert "had a tvolume of 20 ul left" in sentences
    assert "had a ttime of 01:30 left" in sentences
    pump.start()
    setup.clock.advance(300)
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == pytest.approx(500.0)


def test_nothing_is_corrected_twice(setup):
    pump = setup.open("memory_diameter_mm=4.7")
    assert pump.prepare(JOB)
    assert pump.prepare(JOB) == ()
    assert setup.wire.said("host").count(b"@diameter 14.43\r\n") == 1


def test_without_volume_a_left_over_target_does_not_stop_it(setup):
    pump = setup.open("memory_target_ul=20")
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    setup.clock.advance(60)
    assert pump.status().state == "infusing"


def test_a_rate_beyond_the_pump_is_refused_before_it_is_set(setup):
    pump = setup.open()
    with pytest.raises(Refused, match=r"runs this syringe at .* not at 50000"):
        pump.prepare(PumpJob("infuse", 50_000.0, 500.0))


def test_a_volume_beyond_the_syringe_is_refused_by_the_pump(setup):
    pump = setup.open()
    with pytest.raises(DeviceFault, match=r"refused tvolume 11 ml: .*Target volume out of range"):
        pump.prepare(PumpJob("infuse", 600.0, 11_000.0))


def test_the_start_is_one_short_command_and_its_bounds_hold_the_plunger(setup):
    pump = setup.open()
    pump.prepare(JOB)
    before = len(setup.wire.said("host"))
    sent = pump.start()
    assert setup.wire.said("host")[before:] == [b"@tvolume\r\n", b"@irate\r\n", b"@irun\r\n"]
    irun_ns = next(t_ns for _, data, t_ns in setup.wire.passed if data == b"@irun\r\n")
    assert sent.asked_ns <= irun_ns <= sent.sent_ns
    (segment,) = setup.plunger.segments()
    assert sent.asked_ns < sent.earliest_ns <= segment.start_ns <= sent.latest_ns


@pytest.mark.parametrize("fault", ["lost", "truncated", "flipped", "silent", "late", "doubled"])
def test_a_spoilt_answer_to_run_does_not_run_it_twice(setup, fault):
    pump = setup.open()
    pump.prepare(JOB)
    questions = len(setup.wire.said("host"))
    pump.close()
    faulty = Setup(setup.here, setup.clock, setup.wire)
    setup.emulator.power_cycle(setup.clock.now_ns())
    pump = faulty.open(f"faults={fault}@{questions + 1}")
    pump.prepare(JOB)
    pump.start()
    setup.clock.advance(1)
    assert pump.status().state == "infusing"
    setup.clock.advance(300)
    assert pump.status().delivered_ul == pytest.approx(500, abs=0.01)
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == pytest.approx(500, abs=0.01)


@pytest.mark.parametrize("question", range(1, 30))
@pytest.mark.parametrize("fault", ["lost", "flipped", "truncated", "late", "doubled", "silent"])
def test_one_spoilt_answer_never_spoils_the_dose(setup, fault, question):
    pump = setup.open(f"faults={fault}@{question}&seed={question}")
    pump.prepare(JOB)
    pump.start()
    setup.clock.advance(300)
    status = pump.status()
    assert status.state == "stopped"
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == pytest.approx(500, abs=0.01)


@pytest.mark.parametrize("question", range(1, 30))
@pytest.mark.parametrize("fault", ["lost-question", "flipped-question"])
def test_one_spoilt_question_never_spoils_the_dose(setup, fault, question):
    """It may be refused, in words; then nothing has run."""
    try:
        pump = setup.open(f"faults={fault}@{question}&seed={question}")
        pump.prepare(JOB)
        pump.start()
    except (DeviceFault, WireFault):
        assert setup.plunger.delivered_ul(setup.clock.now_ns()) < 500
        return
    setup.clock.advance(300)
    assert pump.status().state == "stopped"
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == pytest.approx(500, abs=0.01)


def test_a_stall_is_an_alarm_and_prevents_nothing_afterwards(setup):
    pump = setup.open("content_ul=30&syringe_ul=100")
    pump.prepare(PumpJob("infuse", 600.0, 50.0))
    pump.start()
    setup.clock.advance(60)
    status = pump.status()
    assert (status.state, status.alarm) == ("alarm", "stalled")
    assert status.delivered_ul == pytest.approx(30, abs=0.01)
    assert "was found: stalled" in " ".join(pump.prepare(PumpJob("withdraw", 600.0, 10.0)))
    pump.start()
    assert pump.status().state == "withdrawing"


def test_a_stall_before_the_start_is_told(setup):
    pump = setup.open()
    pump.prepare(JOB)
    setup.emulator.body._content_ul = 0.0
    with pytest.raises(DeviceFault, match="stalled; clear it at its screen"):
        pump.start()


def test_a_power_failure_in_the_middle_is_seen(setup):
    pump = setup.open()
    pump.prepare(JOB)
    pump.start()
    setup.clock.advance(10)
    pump.status()
    setup.emulator.power_cycle(setup.clock.now_ns())
    with pytest.raises(DeviceFault, match=r"counts 0 uL after 20.* power interrupted"):
        pump.status()
    pump.make_safe()
    assert setup.plunger.ul_per_s(setup.clock.now_ns()) == 0


def test_a_volume_smaller_than_the_answers_delay_is_delivered_once(setup):
    pump = setup.open("set_ms=100")
    pump.prepare(PumpJob("infuse", 6000.0, 1.0))
    pump.start()
    assert pump.status().delivered_ul == pytest.approx(1.0)
    assert setup.plunger.delivered_ul(setup.clock.now_ns()) == pytest.approx(1.0)


def test_a_pump_that_was_running_is_stopped_before_it_is_prepared(setup):
    pump = setup.open()
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    assert "was infusing; it was stopped" in " ".join(pump.prepare(JOB))
    assert setup.plunger.ul_per_s(setup.clock.now_ns()) == 0


def test_a_changed_rate_is_read_back(setup):
    pump = setup.open()
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    pump.change_rate(199.49)
    assert setup.wire.said("host")[-2:] == [b"@irate 199.49 ul/min\r\n", b"@irate\r\n"]
    with pytest.raises(DeviceFault, match="Out of range"):
        pump.change_rate(50_000.0)


def test_start_needs_prepare(setup):
    with pytest.raises(DeviceFault, match="was not prepared"):
        setup.open().start()


def test_a_pulled_cable_is_told(setup):
    pump = setup.open("faults=vanish@12")
    with pytest.raises(WireFault, match="has gone"):
        pump.prepare(JOB)
    pump.close()


def test_a_power_failure_before_the_start_is_noticed(setup):
    pump = setup.open()
    pump.prepare(JOB)
    setup.emulator.power_cycle(setup.clock.now_ns())
    with pytest.raises(DeviceFault, match=r"forgotten its job .*power interrupted"):
        pump.start()
    assert setup.plunger.segments() == ()


def test_a_wire_that_died_is_told_within_two_seconds(setup):
    pump = setup.open("faults=" + ",".join(f"silent@{n}" for n in range(4, 40)))
    for act in (pump.stop, pump.status, lambda: pump.prepare(JOB)):
        before_ns = setup.clock.now_ns()
        with pytest.raises(WireFault, match="no answer"):
            act()
        assert setup.clock.now_ns() - before_ns < 2e9


def test_close_leaves_prompts_as_they_come_from_the_factory(setup):
    pump = setup.open()
    pump.close()
    assert setup.wire.said("host")[-1] == b"@poll off\r\n"
