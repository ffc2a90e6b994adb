"""Driver and emulator over a pseudo terminal, in real time: wrong settings, and random faults."""

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest

from onset.errors import OnsetError, WireFault
from onset.experiment.clock import SystemClock
from onset.experiment.rig import PumpSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.simulated.servers import emulate
from onset.simulated.world import world

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")

RECOVERABLE = ["lost", "flipped", "truncated", "late", "doubled", "lost-question"]
FATAL = ["alarm", "power", "vanish"]
RATE_UL_MIN, VOLUME_UL = 600.0, 10.0


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


def spec_of(port, dialect="new-era", **given):
    return PumpSpec.model_validate(
        {
            "dialect": dialect,
            "port": port,
            "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
            "holds": {"reagent": "TBAB"},
            **given,
        }
    )


def connect(port, **given):
    return open_pump("TBAB", spec_of(port, **given), SystemClock(), lambda *_: None)


@pytest.mark.parametrize(
    ("emulated", "query", "spec", "sentence"),
    [
        ("new-era", "", {"baud": 9600}, "9600 baud.*baud rate"),
        ("new-era", "", {"baud": 2400}, "2400 baud.*baud rate"),
        ("new-era", "address=4", {}, "no answer.*address"),
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
        assert time.perf_counter() - began < 2.0


def inject(sample, kind, seed):
    """One injection with one fault at a random moment; whether it was right, and what was told."""
    at_s = random.Random(f"{kind}{seed}").uniform(0.0, 1.6)
    fault, slowest_s, pump = None, 0.0, None
    query = f"faults={kind}@{at_s:.3f}s&seed={seed}&diameter_mm=14.43"
    with Terminal("new-era", sample, query) as port:
        try:
            pump = connect(port)
            pump.prepare(PumpJob("infuse", RATE_UL_MIN, VOLUME_UL))
            pump.start()
            while (status := pump.status()).state == "infusing":
                time.sleep(0.05)
            if status.state == "alarm":
                fault = OnsetError(status.alarm)
        except OnsetError as told:
            fault = told
        if pump is not None:
            began = time.perf_counter()
            try:
                pump.make_safe()
            except OnsetError as told:
                fault = fault or told
            slowest_s = time.perf_counter() - began
            pump.close()
    plunger = world(sample).plunger("")
    later_ns = time.perf_counter_ns() + 10**11
    delivered_ul, rates = plunger.delivered_ul(later_ns), {s.ul_per_s for s in plunger.segments()}
    assert rates <= {RATE_UL_MIN / 60}
    assert delivered_ul < VOLUME_UL * 1.01
    assert plunger.ul_per_s(later_ns) == 0
    assert slowest_s < 2.5
    return fault is None and delivered_ul == pytest.approx(VOLUME_UL, abs=0.01), fault


def trials(here, kind, n):
    with ThreadPoolExecutor(5) as pool:
        return list(
            pool.map(lambda seed: inject(f"{here.name}-{kind}-{seed}", kind, seed), range(n))
        )


@pytest.mark.parametrize("kind", RECOVERABLE)
def test_bad_bytes_at_random_moments_are_recovered(here, kind):
    outcomes = trials(here, kind, 5)
    assert all(right for right, _ in outcomes), outcomes


@pytest.mark.parametrize("kind", FATAL)
def test_a_broken_device_at_a_random_moment_is_told(here, kind):
    for right, fault in trials(here, kind, 5):
        assert right or fault is not None


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", RECOVERABLE + FATAL)
def test_soak(here, kind):
    outcomes = trials(here, kind, 200)
    if kind in RECOVERABLE:
        assert sum(right for right, _ in outcomes) >= 190, outcomes
    assert all(right or fault is not None for right, fault in outcomes)
