"""Driver and emulator over a pseudo terminal, in real time: wrong settings, and random faults.

The faults strike at random moments of an injection under light: five of each kind here, two hundred
in a soak. Whatever happens, the shutter is closed first and the pump stopped second.
"""

import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO

import pytest

from onset.errors import OnsetError, WireFault
from onset.experiment.clock import SystemClock
from onset.experiment.rig import PumpSpec, ShutterSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.hardware.shutter import open_shutter
from onset.simulated.devices import device
from onset.simulated.faults import ANSWER_FAULTS, KINDS, QUESTION_FAULTS
from onset.simulated.parameters import Parameters
from onset.simulated.servers import emulate
from onset.simulated.world import world

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")

RECOVERABLE = sorted(ANSWER_FAULTS | QUESTION_FAULTS)
FATAL = sorted(KINDS - ANSWER_FAULTS - QUESTION_FAULTS)
RATE_UL_MIN, VOLUME_UL = 600.0, 10.0
SHORT_UL = 1.0
"""As in a run: less than this is a matter of the pump's digits."""
LATE_S = 1.1
"""Latest of the late answers: the drivers give up after 1.3 s (harvard) and 1.6 s (new-era)."""
HANG_S = 2.0
PATIENCE_S = 0.6
"""What a loaded machine may add to it."""
FRESH = "diameter_mm=14.43&content_ul=8000&syringe_ul=10000"


class Terminal:
    """An emulator on a pseudo terminal, for a `with`."""

    def __init__(self, dialect, sample, query=""):
        self.said, self.stop = StringIO(), threading.Event()
        self.thread = threading.Thread(
            target=emulate,
            args=(dialect,),
            kwargs={
                "pty": True,
                "parameters": f"sample={sample}&{query}".rstrip("&"),
                "out": self.said,
                "stop": self.stop,
            },
        )

    def __enter__(self):
        self.thread.start()
        until = time.perf_counter() + 5
        while "\n" not in self.said.getvalue() and time.perf_counter() < until:
            time.sleep(0.002)
        return self.said.getvalue().split()[-1]

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def connect(port, dialect="new-era", **given):
    said = {
        "dialect": dialect,
        "port": port,
        "baud": 19200 if dialect == "new-era" else 115200,
        "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
        "holds": {"reagent": "TBAB"},
    }
    spec = PumpSpec.model_validate({**said, **given})
    return open_pump("TBAB", spec, SystemClock(), lambda *_: None)


@pytest.mark.parametrize(
    ("emulated", "query", "spec", "sentence"),
    [
        ("new-era", "", {"baud": 9600}, "no answer at 9600 baud, but one at 19200"),
        ("new-era", "", {"baud": 2400}, "no answer at 2400 baud, but one at 19200"),
        ("new-era", "address=4", {}, "no pump at address 0, but one at address 4"),
        ("harvard", "device_baud=19200", {}, "pump TBAB on .*(no answer|not of this dialect)"),
        ("uniblitz-d1", "device_baud=19200", {}, "no answer"),
    ],
    ids=["wrong baud", "wrong baud, slower", "wrong address", "wrong dialect", "mute"],
)
def test_a_wrong_setting_is_told_within_two_seconds(here, emulated, query, spec, sentence):
    with Terminal(emulated, here.name, query) as port:
        began = time.perf_counter()
        with pytest.raises(WireFault, match=sentence):
            connect(port, **spec)
        assert time.perf_counter() - began < HANG_S + PATIENCE_S


@dataclass(frozen=True)
class Outcome:
    kind: str
    seed: int
    fault: OnsetError | None
    delivered_ul: float
    rates: frozenset
    slowest_s: float
    slowest: str
    closed: bool
    stopped: bool

    @property
    def right(self):
        return self.fault is None and self.delivered_ul == pytest.approx(VOLUME_UL, abs=0.01)

    @property
    def harmless(self):
        """Never a wrong rate, a doubled dose, a hang; dark and at rest in the end."""
        return (
            self.rates <= {RATE_UL_MIN / 60}
            and self.delivered_ul < VOLUME_UL * 1.01
            and self.slowest_s < HANG_S + PATIENCE_S
            and self.closed
            and self.stopped
        )


class Trial:
    """One injection with one fault at a random moment."""

    def __init__(self, dialect, sample, kind, seed):
        self.dialect, self.sample, self.kind, self.seed = dialect, sample, kind, seed
        self.random = random.Random(f"{dialect}{kind}{seed}")
        self.fault, self.slowest = None, (0.0, "")

    def run(self):
        at_s, late_s = self.random.uniform(0.0, 1.8), self.random.uniform(0.2, LATE_S)
        query = f"faults={self.kind}@{at_s:.3f}s&seed={self.seed}&late_s={late_s:.3f}&{FRESH}"
        light = {"dialect": "thorlabs-sc10", "irradiance": "15 uW/cm^2", "opening": "12 ms"}
        light["port"] = f"sim://thorlabs-sc10?sample={self.sample}"
        shutter = open_shutter(ShutterSpec.model_validate(light), SystemClock(), lambda *_: None)
        with Terminal(self.dialect, self.sample, query) as port:
            shutter.open()
            pump = self.told(connect, port, self.dialect)
            if pump is not None:
                self.told(self.inject, pump)
            shutter.make_safe()
            if pump is not None:
                self.told(pump.make_safe)
                pump.close()
            shutter.close_port()
        return self.outcome()

    def inject(self, pump):
        pump.prepare(PumpJob("infuse", RATE_UL_MIN, VOLUME_UL))
        self.told(pump.start)
        while self.fault is None:
            status = self.told(pump.status)
            if status is None or status.state != "infusing":
                break
            time.sleep(0.05)
        if self.fault is None and status.state != "stopped":
            self.fault = OnsetError(f"{status.state}: {status.alarm}")
        elif self.fault is None and status.delivered_ul < VOLUME_UL - SHORT_UL:
            self.fault = OnsetError(f"stopped early: {status.delivered_ul} uL")

    def told(self, act, *given):
        began = time.perf_counter()
        try:
            return act(*given)
        except OnsetError as fault:
            self.fault = self.fault or fault
        finally:
            if act != self.inject:
                took_s = time.perf_counter() - began
                self.slowest = max(self.slowest, (took_s, act.__name__))

    def outcome(self):
        here = world(self.sample)
        later_ns = time.perf_counter_ns() + 10**11
        plunger = here.plunger("")
        return Outcome(
            self.kind,
            self.seed,
            self.fault,
            plunger.delivered_ul(later_ns),
            frozenset(segment.ul_per_s for segment in plunger.segments()),
            *self.slowest,
            closed=not here.light.is_open(later_ns),
            stopped=plunger.ul_per_s(later_ns) == 0,
        )


def trials(here, dialect, kinds, n, at_once=12):
    every = [
        Trial(dialect, f"{here.name}-{kind}-{seed}", kind, seed)
        for seed in range(n)
        for kind in kinds
    ]
    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(Trial.run, every))
    assert all(outcome.harmless for outcome in outcomes), [o for o in outcomes if not o.harmless]
    return outcomes


@pytest.mark.parametrize("dialect", ["new-era", "harvard"])
def test_bad_bytes_at_random_moments_are_recovered(here, dialect):
    outcomes = trials(here, dialect, RECOVERABLE, 5)
    wrong = [outcome for outcome in outcomes if not outcome.right]
    assert len(wrong) <= 0.05 * len(outcomes), wrong


@pytest.mark.parametrize("dialect", ["new-era", "harvard"])
def test_a_broken_device_at_a_random_moment_is_told(here, dialect):
    for outcome in trials(here, dialect, FATAL, 5):
        assert outcome.right or outcome.fault is not None


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", RECOVERABLE + FATAL)
@pytest.mark.parametrize("dialect", ["new-era", "harvard"])
def test_soak(here, dialect, kind):
    outcomes = trials(here, dialect, [kind], 200, at_once=6)
    right = sum(outcome.right for outcome in outcomes)
    told = Counter(type(outcome.fault).__name__ for outcome in outcomes if outcome.fault)
    slowest_s = max(outcome.slowest_s for outcome in outcomes)
    print(f"{dialect} {kind}: {right} of 200 right, told {dict(told)}, slowest {slowest_s:.2f} s")  # noqa: T201
    if kind in RECOVERABLE:
        wrong = [outcome for outcome in outcomes if not outcome.right]
        assert right >= 190, wrong
    assert all(outcome.right or outcome.fault is not None for outcome in outcomes)


@pytest.mark.parametrize("at_s", [1.1, 1.35])
def test_an_alarm_in_the_middle_is_told_by_its_name(here, at_s):
    with Terminal("new-era", here.name, FRESH) as port:
        pump = connect(port)
        pump.prepare(PumpJob("infuse", RATE_UL_MIN, 50.0))
        pump.start()
        time.sleep(at_s - 1)
        device(Parameters("new-era", {"sample": here.name})).raise_alarm(
            "S", time.perf_counter_ns()
        )
        status = pump.status()
        pump.close()
    assert (status.state, status.alarm) == ("alarm", "its motor stalled")
