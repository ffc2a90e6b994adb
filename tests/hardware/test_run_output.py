"""A wired run output dates the start of a pump, tighter than command and motor lag can."""

import queue
import time

import pytest

from onset.acquisition.hands import Done, Fault, Told
from onset.acquisition.pump_hand import Delivery, PumpHand
from onset.errors import WireFault
from onset.experiment import clock as clocks
from onset.experiment.clock import SystemClock
from onset.experiment.rig import PumpSpec, RunOutputSpec
from onset.hardware.pump import open_pump
from onset.hardware.run_output import RunOutput, open_run_output
from onset.hardware.semantic import PumpJob
from onset.simulated.world import world

LAG_MS = 600.0
SAMPLE = "run-output"


@pytest.fixture
def pump():
    clocks.install(SystemClock())
    world(SAMPLE).reset()
    rig = {
        "dialect": "new-era",
        "port": f"sim://new-era?sample={SAMPLE}&pump=P&motor_lag_ms={LAG_MS:g}&diameter_mm=14.43",
        "syringe": {"diameter": "14.43 mm", "volume": "10 mL"},
        "holds": {"reagent": "TBAB"},
        "motor_lag": f"{LAG_MS:g} ms",
    }
    opened = open_pump("P", PumpSpec.model_validate(rig), SystemClock(), lambda *_: None)
    opened.make_safe()
    yield opened
    opened.make_safe()
    opened.close()


def moves():
    now_ns = time.perf_counter_ns()
    changes = [c for p in world(SAMPLE).plungers() for c in p.changes() if c.t_ns <= now_ns]
    return bool(changes) and changes[-1].ul_per_s != 0


def started(pump, read, **spec):
    """The mark and the sentences of a hand that starts the pump once."""
    told = queue.Queue()
    output = RunOutput(read, RunOutputSpec.model_validate({"port": "COM9", **spec}), SystemClock())
    job = Delivery(0, "inject", PumpJob("infuse", 125.0, 50.0))
    hand = PumpHand(
        pump, [job], SystemClock(), told.put,
        motor_lag_ms=LAG_MS, reagent="TBAB", left_ul=lambda: None, ug_per_ml=1.0, run_output=output,
    )  # fmt: skip
    hand.start()
    hand.prepare_next()
    hand.start_delivery(0, 0)
    hand.finish(5)
    reports = list(told.queue)
    assert not [report for report in reports if isinstance(report, Fault)], reports
    (mark,) = [report.mark for report in reports if isinstance(report, Done)]
    return mark, [report.text for report in reports if isinstance(report, Told)]


def true_start_ns():
    return next(c.t_ns for c in world(SAMPLE).plungers()[0].changes() if c.ul_per_s > 0)


@pytest.mark.parametrize(("active", "read"), [("high", moves), ("low", lambda: not moves())])
def test_the_line_replaces_command_and_lag(pump, active, read):
    mark, _ = started(pump, read, active=active, latency="2 ms")
    assert mark.earliest_ns <= true_start_ns() <= mark.latest_ns
    assert mark.latest_ns - mark.earliest_ns < 0.25 * LAG_MS * 1e6
    assert mark.values["dated_by"] == "CTS of COM9"


@pytest.mark.parametrize("stuck", [True, False])
def test_a_line_that_never_changes_is_told_and_the_estimate_stays(pump, stuck):
    mark, sentences = started(pump, lambda: stuck)
    assert any("told no start" in sentence for sentence in sentences)
    assert mark.earliest_ns <= true_start_ns() <= mark.latest_ns
    assert "dated_by" not in mark.values


def test_any_port_with_status_lines_will_do():
    spec = RunOutputSpec.model_validate({"port": "loop://"})
    output, port = open_run_output(spec, SystemClock())
    with port:
        port.rts = False
        with output.watch() as watch:
            asked_ns = time.perf_counter_ns()
            port.rts = True  # a loop's RTS is its CTS
            edge = watch.edge(30.0)
    assert edge.earliest_ns <= asked_ns <= edge.latest_ns


def test_a_line_that_runs_before_the_command_is_mute():
    spec = RunOutputSpec.model_validate({"port": "COM9"})
    with RunOutput(lambda: True, spec, SystemClock()).watch() as watch:
        assert watch.edge(30.0) is None


def test_a_port_that_is_not_there_is_named():
    spec = RunOutputSpec.model_validate({"port": "/dev/not-there", "line": "dsr"})
    with pytest.raises(WireFault, match="DSR of /dev/not-there"):
        open_run_output(spec, SystemClock())


def test_a_line_that_fails_is_a_fault():
    def read():
        raise OSError("unplugged")

    spec = RunOutputSpec.model_validate({"port": "COM9"})
    with (
        RunOutput(read, spec, SystemClock()).watch() as watch,
        pytest.raises(WireFault, match="unplugged"),
    ):
        watch.edge(1.0)
