"""Every pump dialect over every kind of wire, in real time: the same few sentences hold."""

import sys
import time

import pytest

from onset.errors import DeviceFault, OnsetError
from onset.experiment.clock import SystemClock
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob

BAUD = {"new-era": 19200, "harvard": 115200}
WAYS = ["sim", "tcp", "pty"]
JOB = PumpJob("infuse", 6000.0, 20.0)
"""A fifth of a second."""


@pytest.fixture(params=BAUD)
def dialect(request):
    return request.param


@pytest.fixture(params=WAYS)
def pump(request, dialect, here, serve):
    if request.param == "pty" and sys.platform == "win32":
        pytest.skip("Windows has no pseudo terminals")
    port = serve(dialect, request.param, f"pump=P&memory_diameter_mm=26.59&sample={here.name}")
    spec = PumpSpec.model_validate(
        {
            "dialect": dialect,
            "port": port,
            "baud": BAUD[dialect],
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
        }
    )
    opened = open_pump("TBAB", spec, SystemClock(), lambda *_: None)
    yield opened
    opened.close()


def wait_for(pump, state):
    until = time.perf_counter() + 2
    while (status := pump.status()).state != state and time.perf_counter() < until:
        time.sleep(0.01)
    return status


def test_a_dose_is_delivered_once_and_dated(pump, here):
    assert "26.59" in " ".join(pump.prepare(JOB))
    sent = pump.start()
    assert wait_for(pump, "stopped").delivered_ul == pytest.approx(20, rel=0.01)
    (segment,) = here.plunger("P").segments()
    assert sent.earliest_ns <= segment.start_ns <= sent.latest_ns
    moved_ul = segment.ul_per_s * (segment.end_ns - segment.start_ns) / 1e9
    assert moved_ul == pytest.approx(20, rel=0.01)


def test_it_stops_when_told_and_goes_on_with_another_job(pump, here):
    pump.prepare(PumpJob("infuse", 6000.0))
    pump.start()
    pump.change_rate(3000.0)
    assert here.plunger("P").ul_per_s(time.perf_counter_ns()) == pytest.approx(50.0)
    sent = pump.stop()
    assert pump.status().state == "stopped"
    assert sent.earliest_ns <= here.plunger("P").segments()[-1].end_ns <= sent.latest_ns
    pump.prepare(PumpJob("withdraw", 6000.0, 5.0))
    pump.start()
    assert wait_for(pump, "stopped").delivered_ul == pytest.approx(5, rel=0.02)


def test_it_can_be_made_safe_at_any_time(pump, here):
    pump.make_safe()
    pump.prepare(PumpJob("infuse", 6000.0))
    pump.start()
    pump.make_safe()
    assert here.plunger("P").ul_per_s(time.perf_counter_ns()) == 0


def test_what_it_cannot_do_is_told_and_nothing_moves(pump, here):
    with pytest.raises(DeviceFault, match="prepared"):
        pump.start()
    with pytest.raises(OnsetError, match=r"TBAB .*(refused|not at)"):
        pump.prepare(PumpJob("infuse", 50_000.0, 20.0))
    assert here.plunger("P").segments() == ()


def test_its_answers_come_soon(pump):
    assert pump.identify()
    for _ in range(5):
        pump.status()
    assert 0 < pump.round_trip_ns < 60e6
