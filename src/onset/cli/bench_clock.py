"""`onset bench clock`: how well an injection is known on this machine, and what the fit costs."""

from __future__ import annotations

import time

import numpy as np

from onset.cli.bench_processes import bench_processes, quantiles
from onset.experiment.clock import SystemClock, install
from onset.experiment.rig import HoldsSpec, PumpSpec, SyringeSpec
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.simulated.world import world
from onset.timing import frame_times

MOTOR_LAG_MS = 20.0
INTERVAL_MS = 50.0
FRAMES = 36_000
MOST_IN_RUNS = 10


def bench_clock(injections: int) -> dict[str, object]:
    """The document: starts of an emulated New Era pump in real time, and the fit of a long film."""
    return {
        "injection": bench_injections(injections),
        "injection_in_runs": bench_processes(min(injections, MOST_IN_RUNS)),
        "fit": _fit(),
    }


def bench_injections(n: int) -> dict[str, object]:
    """Each start against the emulated plunger's true one; 19,200 baud, 20 ms of motor lag."""
    clock = SystemClock()
    install(clock)
    sample = "bench-clock"
    port = f"sim://new-era?sample={sample}&pump=P&diameter_mm=14.43&syringe_ul=9000&model=NE-1000"
    spec = PumpSpec.model_construct(
        dialect="new-era",
        model="NE-1000",
        port=f"{port}&motor_lag_ms={MOTOR_LAG_MS:g}",
        baud=19200,
        address=0,
        syringe=SyringeSpec.model_construct(diameter_mm=14.43, volume_ul=1e4, filled_ul=None),
        holds=HoldsSpec.model_construct(reagent="TBAB", ug_per_ml=1.0),
        motor_lag_ms=MOTOR_LAG_MS,
        watchdog_s=5.0,
    )
    pump = open_pump("P", spec, clock, lambda *_: None)
    late, widths, inside = [], [], 0
    try:
        pump.make_safe()
        for _ in range(n):
            pump.prepare(PumpJob("infuse", 100.0, 50.0))
            due_ns = clock.now_ns()
            sent = pump.start()
            time.sleep(2 * MOTOR_LAG_MS / 1000)
            pump.stop()
            latest_ns = sent.latest_ns + round(MOTOR_LAG_MS * 1e6)
            moves = [move for move in world(sample).plungers()[0].changes() if move.ul_per_s > 0]
            inside += sent.earliest_ns <= moves[-1].t_ns <= latest_ns
            late.append((sent.earliest_ns - due_ns) / 1e6)
            widths.append((latest_ns - sent.earliest_ns) / 2e6)
    finally:
        pump.make_safe()
        pump.close()
    return {
        "starts": n,
        "true_start_inside_the_bound": round(inside / n, 4),
        "due_to_earliest_ms": quantiles(late),
        "halfwidth_ms": quantiles(widths),
        "halfwidth_frames_at_20_fps": quantiles([width / INTERVAL_MS for width in widths]),
    }


def _fit() -> dict[str, object]:
    """Half an hour at 20 fps, fitted at once, as `info` does."""
    rng = np.random.default_rng(0)
    numbers = np.arange(FRAMES, dtype=np.int64)
    camera_ns = numbers * round(INTERVAL_MS * 1e6)
    host_ns = camera_ns + 10**12 + rng.exponential(6e6, FRAMES).astype(np.int64)
    none = np.full(FRAMES, -(2**63))
    costs = []
    for _ in range(5):
        began_s = time.perf_counter()
        times = frame_times(
            numbers, camera_ns, none, host_ns, exposure_ns=5e7, latency_ns=(0.0, 5e6)
        )
        costs.append(1e3 * (time.perf_counter() - began_s))
    return {
        "frames": FRAMES,
        "fit_ms": round(float(np.median(costs)), 2),
        "residual_ms": round(times.fit.residual_ms, 3),
    }
