"""`onset pump` and `onset shutter`: one device of a rig by hand, at the bench."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from onset.acquisition.signals import interrupts
from onset.cli.console import ABORTED, FAILED, confirmed, print_json, say_error, stderr, stdout
from onset.cli.planned import AsJson
from onset.cli.syringe import RigArgument, Yes
from onset.dialects.limits import rate_limits_ul_min
from onset.errors import DeviceFault, OnsetError, Refused
from onset.experiment.clock import Clock, SystemClock
from onset.experiment.quantities import RATE_UL_MIN, VOLUME_UL, Kind, parse
from onset.experiment.rig import Rig, read_rig
from onset.experiment.syringes import SyringeAccount
from onset.hardware.alone import one_pump, pump_named, the_shutter
from onset.hardware.semantic import Pump, PumpJob, PumpStatus

LOOK_S = 0.5
"""Seconds between two looks at a pump that runs; they also feed its watchdog."""


class PumpAct(StrEnum):
    """What can be done with a pump."""

    status = "status"
    prime = "prime"
    run = "run"
    stop = "stop"


class ShutterAct(StrEnum):
    """What can be done with a shutter."""

    open = "open"
    close = "close"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("pump")(pump_command)
    app.command("shutter")(shutter_command)


def pump_command(
    rig: RigArgument,
    act: Annotated[PumpAct, typer.Argument(help="What to do.")],
    *,
    pump: Annotated[
        str | None, typer.Option("--pump", help="Its name; needed where there are several.")
    ] = None,
    rate: Annotated[str | None, typer.Option(help="'7.5 mL/h'; for prime and run.")] = None,
    volume: Annotated[
        str | None, typer.Option(help="'0.2 mL'; `run` goes on until Ctrl-C without.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Draw in instead.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Ask a pump how it is, prime the tubing, run it or stop it. Ctrl-C stops it."""
    bench = read_rig(rig)
    name = pump_named(bench, pump)
    clock = SystemClock()
    if act in (PumpAct.prime, PumpAct.run):
        job = _job(act, rate, volume, withdraw=withdraw)
        _must_be_wanted(bench, name, job, yes=yes)
        with one_pump(bench, name, clock, _unheard) as opened:
            _deliver(opened, job, clock, as_json=as_json)
        return
    with one_pump(bench, name, clock, _unheard) as opened:
        if act is PumpAct.stop:
            opened.make_safe()
        _show(bench, opened, opened.status(), as_json=as_json)


def shutter_command(
    rig: RigArgument,
    act: Annotated[ShutterAct, typer.Argument(help="What to do.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Open or close the shutter of a rig; it stays so."""
    bench = read_rig(rig)
    with the_shutter(bench, SystemClock(), _unheard) as shutter:
        sent = shutter.open() if act is ShutterAct.open else shutter.close()
        state, confirms = shutter.state, shutter.confirmed
    took_ms = (sent.latest_ns - sent.asked_ns) / 1e6
    if as_json:
        print_json({"state": state, "confirmed": confirms, "within_ms": round(took_ms, 3)})
        return
    how = "it says so itself" if confirms else "it was told so; this shutter cannot confirm it"
    stdout.print(f"shutter {state} within {took_ms:.0f} ms ({how})")


def _job(act: PumpAct, rate: str | None, volume: str | None, *, withdraw: bool) -> PumpJob:
    if rate is None or (act is PumpAct.prime and volume is None):
        needs = "--rate and --volume" if act is PumpAct.prime else "--rate"
        raise Refused(
            f"pump {act}: {needs} missing, for example --rate '60 mL/h' --volume '0.2 mL'"
        )
    return PumpJob(
        "withdraw" if withdraw else "infuse",
        _quantity("--rate", rate, RATE_UL_MIN),
        None if volume is None else _quantity("--volume", volume, VOLUME_UL),
    )


def _quantity(option: str, text: str, kind: Kind) -> float:
    try:
        value = parse(text, kind)
    except ValueError as mistake:
        raise Refused(f"{option}: {mistake}") from None
    if value <= 0:
        raise Refused(f"{option}: '{text}' must be above 0")
    return value


def _must_be_wanted(rig: Rig, name: str, job: PumpJob, *, yes: bool) -> None:
    spec = rig.pumps[name]
    bounds = rate_limits_ul_min(spec.dialect, spec.model, spec.diameter_mm)
    if bounds is not None and not bounds[0] <= job.rate_ul_min <= bounds[1]:
        raise Refused(
            f"--rate: {job.rate_ul_min:g} uL/min is outside what pump {name} can do with its "
            f"syringe ({bounds[0]:.3g} to {bounds[1]:.4g} uL/min)"
        )
    what = "until Ctrl-C" if job.volume_ul is None else f"{job.volume_ul:g} uL"
    left_ul = SyringeAccount(rig).content(name).left_ul
    question = (
        f"pump {name} will {job.direction} {what} at {job.rate_ul_min:g} uL/min "
        f"({spec.reagent}, {left_ul:g} uL left by account). Is the outlet where it should be?"
    )
    if not confirmed(question, yes=yes):
        raise typer.Exit(ABORTED)


def _deliver(pump: Pump, job: PumpJob, clock: Clock, *, as_json: bool) -> None:
    with _ended_by_ctrl_c() as ended:
        try:
            for sentence in pump.prepare(job):
                stderr.print(f"note: {sentence}")
            pump.start()
            seen = _watched(pump, clock, ended, quiet=as_json)
        except OnsetError as fault:
            say_error(str(fault))
            pump.make_safe()
            raise typer.Exit(FAILED) from fault
        pump.make_safe()
    _tell(pump, seen, as_json=as_json)
    if ended:
        raise typer.Exit(ABORTED)


def _watched(pump: Pump, clock: Clock, ended: list[int], *, quiet: bool) -> PumpStatus:
    while (seen := pump.status()).state in {"infusing", "withdrawing"}:
        if ended:
            pump.stop()
            return pump.status()
        if not quiet:
            stderr.print(f"{pump.name} {seen.state}: {seen.delivered_ul:.5g} uL")
        clock.wait_until(clock.now_ns() + round(LOOK_S * 1e9))
    if seen.state == "alarm":
        raise DeviceFault(f"pump '{pump.name}' alarm: {seen.alarm}; {seen.delivered_ul:.4g} uL")
    return seen


@contextmanager
def _ended_by_ctrl_c() -> Iterator[list[int]]:
    """A list that is no longer empty once somebody wants an end."""
    ended: list[int] = []
    with interrupts(lambda: ended.append(signal.SIGINT), lambda: ended.append(signal.SIGTERM)):
        yield ended


def _show(rig: Rig, pump: Pump, seen: PumpStatus, *, as_json: bool) -> None:
    if not as_json:
        stdout.print(
            f"{pump.name}: {pump.identify()} on {rig.pumps[pump.name].port or 'Micro-Manager'}"
        )
        left_ul = SyringeAccount(rig).content(pump.name).left_ul
        stdout.print(f"{left_ul:g} uL in its syringe by account")
    _tell(pump, seen, as_json=as_json)


def _tell(pump: Pump, seen: PumpStatus, *, as_json: bool) -> None:
    trip_ms = None if pump.round_trip_ns is None else round(pump.round_trip_ns / 1e6, 3)
    if as_json:
        print_json(
            {
                "pump": pump.name,
                "identity": pump.identify(),
                "state": seen.state,
                "alarm": seen.alarm,
                "delivered_ul": seen.delivered_ul,
                "round_trip_ms": trip_ms,
            }
        )
        return
    alarm = f" ({seen.alarm})" if seen.alarm else ""
    stdout.print(f"{seen.state}{alarm}, {seen.delivered_ul:.5g} uL; it answers within {trip_ms} ms")


def _unheard(*_: object) -> None:
    """Bench commands keep no ledger."""
