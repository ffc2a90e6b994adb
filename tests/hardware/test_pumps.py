"""What every pump does, whatever its dialect; a new dialect is a new line in PUMPS."""

import pytest

from onset.errors import Refused
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob

PUMPS = ["new-era", "harvard"]


@pytest.fixture(params=PUMPS)
def pump(request, here, clock, wire):
    spec = PumpSpec.model_validate(
        {
            "dialect": request.param,
            "port": f"sim://{request.param}?sample={here.name}&pump=TBAB&motor_lag_ms=20",
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
            "watchdog": "100 s",
        }
    )
    opened = open_pump("TBAB", spec, clock, wire)
    yield opened
    opened.close()


def test_an_injection_ends_by_itself_at_its_volume(pump, here, clock):
    pump.prepare(PumpJob("infuse", 600.0, 50.0))
    sent = pump.start()
    assert sent.asked_ns < sent.earliest_ns < sent.latest_ns < sent.replied_ns
    clock.advance(2)
    halfway = pump.status()
    assert halfway.state == "infusing"
    assert halfway.delivered_ul == pytest.approx(20, abs=2)
    clock.advance(4)
    done = pump.status()
    assert (done.state, done.alarm) == ("stopped", None)
    assert done.delivered_ul == pytest.approx(50, abs=1)
    assert here.plunger("TBAB").delivered_ul(clock.now_ns()) == pytest.approx(50, abs=0.1)


def test_a_withdrawal_counts_what_was_withdrawn(pump, here, clock):
    pump.prepare(PumpJob("withdraw", 600.0, 30.0))
    pump.start()
    clock.advance(1)
    assert pump.status().state == "withdrawing"
    clock.advance(5)
    assert pump.status().delivered_ul == pytest.approx(30, abs=1)
    assert here.plunger("TBAB").delivered_ul(clock.now_ns()) == pytest.approx(-30, abs=0.1)


def test_stop_is_no_pause(pump, here, clock):
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    clock.advance(3)
    sent = pump.stop()
    assert pump.status().state == "stopped"
    (segment,) = here.plunger("TBAB").segments()
    assert sent.earliest_ns <= segment.end_ns <= sent.latest_ns
    pump.prepare(PumpJob("infuse", 600.0, 10.0))
    pump.start()
    clock.advance(5)
    assert pump.status().delivered_ul == pytest.approx(10, abs=1)


def test_the_rate_can_change_while_it_runs(pump, here, clock):
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    pump.change_rate(300.0)
    assert here.plunger("TBAB").ul_per_s(clock.now_ns()) == pytest.approx(5.0)
    assert pump.status().state == "infusing"


def test_make_safe_stops_it_and_may_be_called_at_any_time(pump, here, clock):
    pump.make_safe()
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    pump.make_safe()
    assert here.plunger("TBAB").ul_per_s(clock.now_ns()) == 0
    pump.make_safe()


def test_the_round_trip_is_measured(pump):
    assert pump.identify()
    assert 0 < pump.round_trip_ns < 100e6


def test_every_byte_is_told_in_order_of_time(pump, wire):
    pump.prepare(PumpJob("infuse", 600.0, 50.0))
    times = [t_ns for _, _, t_ns in wire.passed]
    assert times == sorted(times)
    assert {who for who, _, _ in wire.passed} == {"host", "device"}


def test_an_unknown_dialect_is_refused(clock, wire):
    spec = PumpSpec.model_construct(dialect="chemyx", port="sim://chemyx")
    with pytest.raises(Refused, match="no driver for the dialect 'chemyx'"):
        open_pump("TBAB", spec, clock, wire)
