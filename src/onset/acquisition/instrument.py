"""The instrument: a process without a window that owns the bench, the engine and the recorder."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from multiprocessing.connection import Connection

from onset.acquisition.filming import Exposure
from onset.acquisition.hands import as_fault
from onset.acquisition.messages import Abort, Command, Ended, RunOrder, Status
from onset.acquisition.run import Run, Verdict
from onset.acquisition.wires import WireLog
from onset.errors import FileMistake, OnsetError, Refused
from onset.experiment import clock as clocks
from onset.experiment.clock import Clock, ScaledClock, SystemClock
from onset.experiment.protocol import Protocol, parse_protocol
from onset.experiment.rig import Rig, parse_rig
from onset.experiment.syringes import SyringeAccount
from onset.hardware.bench import Bench
from onset.hardware.core import properties
from onset.planning.check import check
from onset.planning.resolve import Load, loads
from onset.recording.session import CameraHeader, FileText, Session, new_session
from onset.recording.write import Recorder


class PipeLink:
    """The pipe to the supervisor; when its other end is gone, the instrument is an orphan."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._gone = False
        self._asked_to_end = threading.Event()

    def commands(self) -> list[Command]:
        """Commands that have come since the last call."""
        found: list[Command] = []
        try:
            while not self._gone and self._pipe.poll():
                found.append(self._pipe.recv())
        except (EOFError, OSError):
            self._gone = True
        if self._asked_to_end.is_set():
            self._asked_to_end.clear()
            found.append(Abort("the operating system asked the instrument to end"))
        return found

    def tell(self, status: Status | Ended) -> None:
        """Show how the run stands, if anybody is there."""
        try:
            if not self._gone:
                self._pipe.send(status)
        except (BrokenPipeError, OSError):
            self._gone = True

    def end_soon(self) -> None:
        """The operating system wants the process to end."""
        self._asked_to_end.set()

    @property
    def is_orphan(self) -> bool:
        """Is nobody there any more?"""
        return self._gone


def main(pipe: Connection, order: RunOrder) -> None:
    """Body of the child process: one run, its verdict sent through the pipe."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, which tells us
    link = PipeLink(pipe)
    signal.signal(signal.SIGTERM, lambda *_: link.end_soon())
    link.tell(carry_out(order, link))
    pipe.close()


def carry_out(order: RunOrder, link: PipeLink) -> Ended:
    """One run from the files to the sealed recording."""
    try:
        rig = parse_rig(order.rig_text, order.rig_file)
        protocol = parse_protocol(order.protocol_text, order.protocol_file)
        refuse_what_cannot_work(rig, protocol, order.speed)
    except (FileMistake, Refused) as mistake:
        return Ended("failed", str(mistake), order.folder, refused=True)
    clock: Clock = SystemClock() if order.speed == 1.0 else ScaledClock(order.speed)
    clocks.install(clock)
    try:
        verdict = _on_a_bench(order, rig, protocol, clock, link)
    except (FileMistake, Refused) as mistake:
        return Ended("failed", str(mistake), order.folder, refused=True)
    except Exception as fault:  # the last word must be sent
        if os.environ.get("ONSET_DEBUG"):
            raise
        return Ended("failed", as_fault("the instrument", fault), order.folder)
    return Ended(verdict.status, verdict.reason, order.folder)


def refuse_what_cannot_work(rig: Rig, protocol: Protocol, speed: float) -> None:
    """Raise `Refused` with the reasons of `check`."""
    if speed != 1.0 and not rig.is_simulated:
        raise Refused(f"--speed needs a fully simulated rig; '{rig.name}' has real devices")
    account = SyringeAccount(rig)
    plan = check(protocol, rig, contents=account.contents())
    if plan.refusals:
        raise Refused("; ".join(plan.refusals))
    for use in plan.syringes:
        if use.refilled:
            account.fill(use.pump)


def _on_a_bench(
    order: RunOrder, rig: Rig, protocol: Protocol, clock: Clock, link: PipeLink
) -> Verdict:
    wires = WireLog()
    held = loads(protocol, rig)
    link.tell(Status(phase="opening", message=f"opening the rig '{rig.name}'"))
    strengths = {name: load.ug_per_ml for name, load in held.items()}
    with Bench(rig, clock, wires.of, strengths) as bench:
        exposure = _set_camera(bench, protocol)
        with Recorder(order.folder, _session(order, bench, protocol, clock)) as recorder:
            try:
                return _recorded(bench, protocol, held, recorder, clock, link, exposure, wires)
            finally:
                wires.detach()


def _recorded(
    bench: Bench,
    protocol: Protocol,
    held: dict[str, Load],
    recorder: Recorder,
    clock: Clock,
    link: PipeLink,
    exposure: Exposure,
    wires: WireLog,
) -> Verdict:
    wires.attach(recorder.ledger)
    recorder.ledger.write("start", {"speed": clock.speed}, clock.now_ns(), sync=True)
    devices = {"identities": bench.identities(), "round_trips_ms": bench.round_trips_ms()}
    recorder.ledger.write("wires", devices, clock.now_ns())
    run = Run(bench, protocol, held, recorder, clock, link, exposure)
    verdict = run.carry_out()
    lost = run.lost
    trips_ms = bench.round_trips_ms()
    end = {
        "status": verdict.status,
        "reason": verdict.reason,
        "lost": lost,
        "round_trips_ms": trips_ms,
    }
    try:
        recorder.ledger.write("end", end, clock.now_ns(), sync=True)
        _ask_for_truth(bench, recorder)
    except OnsetError as fault:
        verdict = Verdict("failed", "; ".join(filter(None, (verdict.reason, str(fault)))))
    wires.detach()
    recorder.seal(
        verdict.status,
        verdict.reason,
        expected=run.expected,
        lost=lost,
        achieved_speed=run.achieved_speed,
    )
    return verdict


def _set_camera(bench: Bench, protocol: Protocol) -> Exposure:
    """The protocol's settings over the rig's; what the camera made of them."""
    camera, rig, wanted = bench.camera, bench.rig.camera, protocol.camera
    for name, value in wanted.properties.items():
        camera.set(name, value)
    if wanted.binning is not None:
        camera.set_binning(wanted.binning)
    if wanted.roi is not None:
        camera.set_roi(*wanted.roi)
    camera.set_exposure(wanted.exposure_ms or rig.exposure_ms)
    camera.prepare()
    low, high = (round((rig.readout_ms + latency) * 1e6) for latency in rig.latency_ms)
    return Exposure(round(camera.exposure_ms * 1e6), (low, high))


def _session(order: RunOrder, bench: Bench, protocol: Protocol, clock: Clock) -> Session:
    rig, camera = bench.rig, bench.camera
    low, high = rig.camera.latency_ms
    header = CameraHeader(
        shape=camera.shape,
        dtype=str(camera.dtype),
        exposure_ms=camera.exposure_ms,
        pixel_size_um=rig.camera.pixel_size_um,
        latency_ms=(rig.camera.readout_ms + low, rig.camera.readout_ms + high),
        counter_tag=rig.camera.frame_counter,
        clock_tag=rig.camera.clock.tag if rig.camera.clock else None,
        stamps=rig.camera.clock.stamps if rig.camera.clock else None,
        properties=dict(properties(bench.core)),
    )
    return new_session(
        header,
        start_ns=clock.now_ns(),
        rig=FileText(file=str(order.rig_file), text=order.rig_text),
        protocol=FileText(file=str(order.protocol_file), text=order.protocol_text),
        rig_name=rig.name,
        protocol_name=protocol.name,
        speed=order.speed,
        clock="system monotonic" if order.speed == 1.0 else f"scaled, {order.speed:g} x",
    )


def _ask_for_truth(bench: Bench, recorder: Recorder) -> None:
    """A simulated camera writes down what is true of its sample."""
    if bench.rig.sample is not None and bench.camera.has("TruthFile"):
        bench.camera.set("TruthFile", str(recorder.folder / "truth.parquet"))
