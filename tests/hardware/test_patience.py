"""No call to a pump or a shutter waits longer than two seconds, whatever goes wrong on its wire."""

import math
import random
from contextlib import suppress
from functools import partial

import pytest

from onset.errors import OnsetError
from onset.experiment.rig import PumpSpec, ShutterSpec
from onset.hardware.patience import Patience
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.hardware.shutter import open_shutter
from onset.simulated.faults import ANSWER_FAULTS, QUESTION_FAULTS

HANG_S = 2.0
BYTE_FAULTS = sorted(ANSWER_FAULTS | QUESTION_FAULTS)


def faults(first, kinds, chance, seed):
    """From the n-th question on each one is hit with this chance."""
    dice = random.Random(f"{kinds}{chance}{seed}")
    hit = [n for n in range(first, first + 80) if dice.random() < chance]
    return ",".join(f"{dice.choice(kinds)}@{n}" for n in hit)


def took_s(clock, act):
    began_ns = clock.now_ns()
    with suppress(OnsetError):  # told, and in time
        act()
    return (clock.now_ns() - began_ns) / 1e9


class Bench:
    """A pump up to a certain call; from the n-th question on its wire is bad."""

    def __init__(self, dialect, clock):
        self.dialect, self.clock, self.questions = dialect, clock, 0

    def heard(self, who, *_):
        self.questions += who == "host"

    def connected(self, sample, bad="seed=0"):
        spec = {
            "dialect": self.dialect,
            "port": f"sim://{self.dialect}?sample={sample}&{bad}",
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
        }
        self.questions = 0
        return open_pump("TBAB", PumpSpec.model_validate(spec), self.clock, self.heard)

    def before(self, act, sample, bad="seed=0"):
        pump = self.connected(sample, bad)
        pump.prepare(PumpJob("infuse", 600.0, 50.0))
        if act != "start":
            pump.start()
        return pump


WIRES = {
    "dead": (["silent"], 1.0),
    "half dead": (["silent"], 0.5),
    "slow": (["late"], 1.0),
    "deaf": (["lost-question"], 1.0),
    "bad": (BYTE_FAULTS, 0.5),
    "worse": (BYTE_FAULTS, 0.8),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("dialect", ["new-era", "harvard"])
def test_a_pump_that_cannot_be_reached_is_told_in_time(here, clock, dialect, wire):
    bench = Bench(dialect, clock)
    for seed in range(3):
        bad = f"seed={seed}&late_s=0.7&faults={faults(1, *WIRES[wire], seed)}"
        sample = f"{here.name}-{seed}"
        assert took_s(clock, lambda: bench.connected(sample, bad)) < HANG_S  # noqa: B023


@pytest.mark.parametrize("act", ["start", "status", "feed", "stop", "make_safe", "change_rate"])
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("dialect", ["new-era", "harvard"])
def test_no_call_to_a_pump_hangs(here, clock, dialect, wire, act):
    bench = Bench(dialect, clock)
    bench.before(act, here.name)
    first = bench.questions + 1
    given = (300.0,) if act == "change_rate" else ()
    for seed in range(3):
        bad = f"seed={seed}&late_s=0.7&faults={faults(first, *WIRES[wire], seed)}"
        pump = bench.before(act, f"{here.name}-{seed}", bad)
        assert took_s(clock, partial(getattr(pump, act), *given)) < HANG_S


@pytest.mark.parametrize("act", ["open", "close", "make_safe"])
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("dialect", ["thorlabs-sc10", "sutter-lambda"])
def test_no_call_to_a_shutter_hangs(here, clock, dialect, wire, act):
    for seed in range(3):
        bad = f"seed={seed}&late_s=0.7&faults={faults(4, *WIRES[wire], seed)}"
        spec = {
            "dialect": dialect,
            "port": f"sim://{dialect}?sample={here.name}-{seed}&{bad}",
            "irradiance": "15 uW/cm^2",
            "opening": "12 ms",
        }
        shutter = open_shutter(ShutterSpec.model_validate(spec), clock, lambda *_: None)
        assert took_s(clock, getattr(shutter, act)) < HANG_S


def test_nested_bounds_take_from_each_other():
    patience = Patience(speed=1.0)
    with patience.at_most(1.8):
        with patience.at_most(1.0):
            patience.spend(0.9)
            assert patience.left_s == pytest.approx(0.1)
        assert patience.left_s == pytest.approx(0.9)
        with patience.at_most(3.0):
            assert patience.left_s == pytest.approx(0.9)
    assert patience.left_s == math.inf
