"""Clocks: scaled time keeps its promises and slows down rather than overtake them."""

import threading

import pytest

from onset.experiment.clock import NS, ManualClock, ScaledClock, SystemClock


def test_scaled_time_runs_faster():
    clock, system = ScaledClock(50.0), SystemClock()
    start, real = clock.now_ns(), system.now_ns()
    clock.wait_until(start + NS)
    assert clock.now_ns() - start >= NS
    assert system.now_ns() - real < NS / 2


def test_time_stops_at_the_earliest_promise_and_goes_on_from_there():
    clock = ScaledClock(1000.0)
    limit = clock.now_ns() + NS
    clock.hold("camera", limit)
    clock.hold("recorder", limit + NS)
    clock.wait_until(limit)
    assert clock.now_ns() == limit
    clock.hold("camera", limit + 2 * NS)
    clock.wait_until(limit + NS)
    assert clock.now_ns() == limit + NS
    clock.release("recorder")
    clock.release("camera")
    clock.wait_until(limit + 3 * NS)
    assert clock.now_ns() >= limit + 3 * NS


def test_waiting_ends_early_when_the_event_is_set():
    event = threading.Event()
    event.set()
    assert ScaledClock(1.0).wait_until(2**62, event)
    assert SystemClock().wait_until(2**62, event)
    assert ManualClock().wait_until(2**62, event)


def test_a_manual_clock_moves_only_by_hand():
    clock = ManualClock()
    clock.advance(1.5)
    assert clock.now_ns() == 1.5 * NS
    assert not clock.wait_until(NS)


def test_speed_must_be_above_zero():
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(0.0)


def test_a_short_stop_is_made_up_for_and_a_long_one_only_in_part(monkeypatch):
    real_ns = [0]
    monkeypatch.setattr("onset.experiment.clock.time.perf_counter_ns", lambda: real_ns[0])
    clock = ScaledClock(10.0)

    def after(ms):
        real_ns[0] += ms * 1_000_000
        return clock.now_ns() / 1e6

    clock.hold("camera", 100_000_000)
    assert after(12) == 100.0
    clock.release("camera")
    assert after(4) == pytest.approx(100 + 4 * 12.5)
    assert after(4) == pytest.approx(200.0)  # on time again
    assert after(10) == pytest.approx(300.0)
    clock.hold("camera", 300_000_000)
    assert after(3000) == 300.0
    clock.release("camera")
    assert after(400) == pytest.approx(300 + 400 * 12.5)
    assert after(400) == pytest.approx(300 + 8000 + 1000)
