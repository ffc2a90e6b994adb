"""One run on an open bench, from the protocol's text to the sealed recording."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onset.acquisition.dose import DoseLimits, DoseMeter
from onset.acquisition.emergency import Emergency
from onset.acquisition.filming import Exposure
from onset.acquisition.messages import Ended, OpenRig, StartRun
from onset.acquisition.rigs import wires_of
from onset.acquisition.run import Run
from onset.acquisition.run_link import Link
from onset.acquisition.runlog import logged, say
from onset.acquisition.settings import Settings
from onset.acquisition.wakefulness import kept_awake
from onset.acquisition.wires import WireLog
from onset.errors import OnsetError, Refused
from onset.experiment.clock import Clock
from onset.experiment.doses import DoseAccount
from onset.experiment.protocol import Protocol, parse_protocol
from onset.experiment.rig import Rig
from onset.experiment.syringes import SyringeAccount
from onset.hardware.bench import Bench
from onset.hardware.core import properties
from onset.planning.check import check
from onset.planning.resolve import Load, loads
from onset.recording.layout import CALIBRATION
from onset.recording.session import CameraHeader, FileText, Session, new_session
from onset.recording.write import Recorder


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The verdict, and whose threads did not end."""

    ended: Ended
    hung: frozenset[str] = frozenset()


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


def carry_out_run(
    order: StartRun,
    opened: OpenRig,
    rig: Rig,
    bench: Bench,
    clock: Clock,
    settings: Settings,
    link: Link,
    emergency: Emergency,
    wires: WireLog,
    *,
    field: str,
    begun: Callable[[], None],
) -> RunEnd:
    """Refuse, or call `begun` and run to the end; `FileMistake` and `Refused` say why not.

    `field` names the field of view where the protocol does not.
    """
    protocol = parse_protocol(order.protocol_text, order.protocol_file)
    refuse_what_cannot_work(rig, protocol, opened.speed)
    if order.folder.exists() and (not order.folder.is_dir() or any(order.folder.iterdir())):
        raise Refused(f"{order.folder} is not empty: a recording needs a new folder")
    held = loads(protocol, rig)
    bench.fill({name: load.ug_per_ml for name, load in held.items()})
    settings.apply(bench.camera, protocol.camera)
    with Recorder(order.folder, _session(order, opened, bench, protocol, clock)) as recorder:
        if rig.camera.calibration is not None:
            shutil.copyfile(rig.file.parent / rig.camera.calibration, recorder.folder / CALIBRATION)
        begun()
        wires.attach(recorder.ledger)
        field = protocol.field or field
        try:
            with logged(order.folder), kept_awake(wires_of(rig)) as sleepy:
                say(f"{protocol.name} on {rig.name}", device="run", cause=link.who)
                if sleepy is not None:
                    recorder.ledger.write("note", {"text": sleepy}, clock.now_ns())
                    say(sleepy, device="computer", level=logging.WARNING)
                return _recorded(
                    bench, protocol, held, recorder, clock, link, emergency, wires, field
                )
        finally:
            wires.detach()


def _recorded(
    bench: Bench,
    protocol: Protocol,
    held: Mapping[str, Load],
    recorder: Recorder,
    clock: Clock,
    link: Link,
    emergency: Emergency,
    wires: WireLog,
    field: str,
) -> RunEnd:
    recorder.ledger.write("start", {"speed": clock.speed}, clock.now_ns(), sync=True)
    devices = {"identities": bench.identities(), "round_trips_ms": bench.round_trips_ms()}
    recorder.ledger.write("wires", devices, clock.now_ns())
    account = DoseAccount(bench.rig)
    meter = _meter(bench.rig, protocol, account, field)
    run = Run(bench, protocol, held, recorder, clock, link, emergency, _exposure(bench), meter)
    verdict = run.carry_out()
    account.add(field, run.open_s)
    status, reason, lost = verdict.status, verdict.reason, run.lost
    try:
        trips_ms = bench.round_trips_ms()
        end = {"status": status, "reason": reason, "lost": lost, "round_trips_ms": trips_ms}
        recorder.ledger.write("end", end, clock.now_ns(), sync=True)
        if not run.hung:
            _ask_for_truth(bench, recorder)
    except OnsetError as fault:
        status, reason = "failed", "; ".join(filter(None, (reason, str(fault))))
    wires.detach()
    recorder.seal(
        status, reason, expected=run.expected, lost=lost, achieved_speed=run.achieved_speed
    )
    return RunEnd(Ended(status, reason, recorder.folder), run.hung)


def _meter(rig: Rig, protocol: Protocol, account: DoseAccount, field: str) -> DoseMeter:
    shutter = rig.shutter
    limits = DoseLimits(
        protocol.dose_limit_mj_cm2, shutter.dose_limit_mj_cm2 if shutter is not None else None
    )
    irradiance = shutter.irradiance_uw_cm2 if shutter is not None else 0.0
    return DoseMeter(irradiance, limits, field, account.open_s(field))


def _exposure(bench: Bench) -> Exposure:
    rig = bench.rig.camera
    low, high = (round((rig.readout_ms + latency) * 1e6) for latency in rig.latency_ms)
    return Exposure(round(bench.camera.exposure_ms * 1e6), (low, high))


def _session(
    order: StartRun, opened: OpenRig, bench: Bench, protocol: Protocol, clock: Clock
) -> Session:
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
        rig=FileText(file=str(rig.file), text=rig.text),
        protocol=FileText(file=str(order.protocol_file), text=order.protocol_text),
        rig_name=rig.name,
        protocol_name=protocol.name,
        speed=opened.speed,
        clock="system monotonic" if opened.speed == 1.0 else f"scaled, {opened.speed:g} x",
    )


def _ask_for_truth(bench: Bench, recorder: Recorder) -> None:
    """A simulated camera writes down what is true of its sample."""
    if bench.rig.sample is not None and bench.camera.has("TruthFile"):
        bench.camera.set("TruthFile", str(recorder.folder / "truth.parquet"))
