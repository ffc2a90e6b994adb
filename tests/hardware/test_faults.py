"""Faults on the wire at every question of an injection: recovered, or told and stopped."""

from dataclasses import dataclass

import pytest

from onset.errors import OnsetError
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.simulated.faults import ANSWER_FAULTS, QUESTION_FAULTS

VOLUME_UL, RATE_UL_MIN = 50.0, 600.0
RECOVERABLE = sorted(ANSWER_FAULTS | QUESTION_FAULTS)
LATE_S = {"new-era": 1.2, "harvard": 0.9}
"""A late answer comes behind the driver's first patience, where it has a second one."""


@dataclass
class Outcome:
    fault: OnsetError | None
    delivered_ul: float
    rates: set
    runs: int
    still_moves: bool
    slowest_s: float


class Watched:
    """The longest time that any one call to the pump takes."""

    def __init__(self, pump, clock):
        self._pump, self._clock = pump, clock
        self.slowest_s = 0.0

    def __getattr__(self, name):
        def call(*given):
            before_ns = self._clock.now_ns()
            try:
                return getattr(self._pump, name)(*given)
            finally:
                took_s = (self._clock.now_ns() - before_ns) / 1e9
                if name not in {"prepare", "identify"}:
                    self.slowest_s = max(self.slowest_s, took_s)

        return call


def inject(dialect, here, clock, wire, faults, seed=0):
    spec = PumpSpec.model_validate(
        {
            "dialect": dialect,
            "port": f"sim://{dialect}?sample={here.name}&faults={faults}&seed={seed}"
            f"&late_s={LATE_S[dialect]}",
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
        }
    )
    fault, pump = None, None
    try:
        pump = Watched(open_pump("TBAB", spec, clock, wire), clock)
        pump.prepare(PumpJob("infuse", RATE_UL_MIN, VOLUME_UL))
        pump.start()
        while (status := pump.status()).state == "infusing":
            clock.advance(0.5)
        if status.state != "stopped":
            fault = OnsetError(status.alarm)
    except OnsetError as told:
        fault = told
    if pump is not None:
        try:
            pump.make_safe()
        except OnsetError as told:
            fault = fault or told
        pump.close()
    clock.advance(20)
    plunger = here.plunger("")
    return Outcome(
        fault,
        plunger.delivered_ul(clock.now_ns()),
        {round(segment.ul_per_s, 6) for segment in plunger.segments()},
        len(plunger.segments()),
        plunger.ul_per_s(clock.now_ns()) != 0,
        0.0 if pump is None else pump.slowest_s,
    )


def is_right(outcome):
    return (
        outcome.fault is None
        and outcome.delivered_ul == pytest.approx(VOLUME_UL, abs=0.01)
        and outcome.rates == {RATE_UL_MIN / 60}
        and outcome.runs == 1
    )


def is_harmless(outcome):
    """Never a wrong rate, never more than the dose, never still running."""
    return (
        outcome.rates <= {RATE_UL_MIN / 60}
        and outcome.delivered_ul < VOLUME_UL * 1.01
        and not outcome.still_moves
        and (outcome.fault is None or str(outcome.fault))
    )


@pytest.mark.parametrize("dialect", LATE_S)
@pytest.mark.parametrize("kind", RECOVERABLE)
def test_bad_bytes_are_recovered(dialect, kind, here, clock, wire):
    outcomes = []
    for question in range(1, 61):
        here.reset()
        outcomes.append(inject(dialect, here, clock, wire, f"{kind}@{question}", seed=question))
    wrong = [(n, o) for n, o in enumerate(outcomes, 1) if not is_harmless(o)]
    assert not wrong
    failed = [(n, o) for n, o in enumerate(outcomes, 1) if not is_right(o)]
    assert len(failed) <= 3, failed
    assert max(outcome.slowest_s for outcome in outcomes) < 2.5


@pytest.mark.parametrize("dialect", LATE_S)
@pytest.mark.parametrize("kind", ["alarm", "power", "vanish"])
@pytest.mark.parametrize("after_s", [2.0, 3.1, 4.4])
def test_a_broken_device_is_told_and_stopped(dialect, kind, after_s, here, clock, wire):
    outcome = inject(dialect, here, clock, wire, f"{kind}@{after_s}s")
    assert is_harmless(outcome)
    assert outcome.fault is not None
    assert outcome.slowest_s < 2.0
