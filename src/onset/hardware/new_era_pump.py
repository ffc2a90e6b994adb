"""A New Era pump (NE-1000 family, WPI Aladdin, Landgraf): what a pump can be asked, in its words.

Slow talking happens in `prepare`; `start` is one RUN. Settings may be sent twice, RUN never
without asking first whether the pump is running.
"""

from __future__ import annotations

import math
import re

from onset.dialects.new_era import ALARMS, Reply
from onset.dialects.new_era_numbers import (
    RATE_UNITS,
    VOLUME_UNITS,
    model_of,
    read_number,
    sent_number,
)
from onset.errors import DeviceFault, OnsetError, WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.new_era_settings import NUMBER, RATE, NewEraSettings, in_ul
from onset.hardware.new_era_wire import (
    LONGEST_WATCHDOG_S,
    STATES,
    NewEraWire,
    close_quietly,
)
from onset.hardware.patience import Patience, bounded
from onset.hardware.port import Answer, Garbled, Gone, Port, Ports, Silent
from onset.hardware.semantic import OnBytes, PumpJob, PumpStatus, Sent

MOVING = {"I", "W", "X"}
DIRECTIONS = {"infuse": "INF", "withdraw": "WDR"}
DISPENSED = rf"I({NUMBER})W({NUMBER})(UL|ML)"
MOST_TRIES = 6
SAFE_PATIENCE_S = 0.4
"""How long each answer is waited for when it is about safety: then something else is tried."""
STOP_WITHIN_S = 1.0
"""Waited in vain for so long, shouting is left."""


class NewEraPump:
    """One pump at one address."""

    def __init__(
        self,
        name: str,
        *,
        port: Port,
        clock: Clock,
        diameter_mm: float,
        address: int = 0,
        model: str | None = None,
        watchdog_s: float | None = None,
    ) -> None:
        self.name = name
        self._wire = NewEraWire(name, port, address)
        self._settings = NewEraSettings(self._wire)
        self._clock, self._diameter_mm = clock, diameter_mm
        # the watchdog counts real seconds, whatever the speed of a rehearsal
        self._watchdog_s = None if watchdog_s is None else watchdog_s * max(1.0, clock.speed)
        self._job: PumpJob | None = None
        self._rate_units = "MH"
        self._version = self._connect(model)

    @property
    def patience(self) -> Patience:
        """What is left of it."""
        return self._wire.port.patience

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._wire.port.round_trip_ns

    def identify(self) -> str:
        """Model and firmware as the pump says it, for example `NE1000V3.928`."""
        return self._version

    @property
    def watchdog_s(self) -> float | None:
        """None where its firmware knows no Safe mode."""
        return self._watchdog_s

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Stop it, correct what was left in its memory, set the job, read it back."""
        told = []
        if self._wire.alarm is not None:
            told.append(f"pump {self.name} had an alarm: {ALARMS[self._wire.alarm]}")
            self._wire.alarm = None
        told += self._check_bytes()
        if (prompt := self._wire.command("").prompt) != "S":
            told.append(f"pump {self.name} was {STATES[prompt]}; it was stopped")
            self.stop()
            self._check_bytes()
        told += self._settings.correct(self._diameter_mm)
        self._rate_units = self._settings.set_rate(job.rate_ul_min)
        told += self._settings.set_volume(job.volume_ul or 0.0)
        self._settings.set_value("DIR", DIRECTIONS[job.direction])
        for word in ("CLDINF", "CLDWDR"):
            self._wire.command(word)
        self._disarm()
        self._job = job
        return tuple(told)

    @bounded
    def start(self) -> Sent:
        """RUN; when its answer is lost, or is the alarm of a watchdog, look before trying again."""
        if self._job is None:
            raise DeviceFault(f"pump {self.name} was not prepared")
        moving = "I" if self._job.direction == "infuse" else "W"
        if self._watchdog_s is not None and not self._wire.enter_safe_mode(self._watchdog_s):
            raise WireFault(f"pump {self.name} did not arm its watchdog; it was not started")
        asked_ns = self._clock.now_ns()
        for _ in range(3):
            answer = self._once_or_look("RUN")
            if answer.message.prompt != moving and answer.message.alarm is None:
                self._must_not_refuse(answer.message)
                answer = self._wire.look()  # that may have been the answer to another question
            reply = answer.message
            if reply.prompt == moving:
                return self._sent("RUN", asked_ns, answer)
            if reply.alarm not in (None, "T"):
                self._wire.alarm = reply.alarm
                raise self._wire.alarmed(reply.alarm)
            if self._dispensed(self._wire.command("DIS", DISPENSED)):
                raise DeviceFault(f"pump {self.name} ran and stopped before it said so")
        raise DeviceFault(f"pump {self.name} did not start when it was told to")

    @bounded
    def stop(self) -> Sent:
        """STP pauses, a second one stops; a pump in alarm has stopped already."""
        sent = self._stop()
        self._disarm()
        return sent

    @bounded
    def change_rate(self, rate_ul_min: float) -> Sent:
        """A number without units while it runs; read back."""
        number = sent_number(rate_ul_min / RATE_UNITS[self._rate_units])
        said = float(number) * RATE_UNITS[self._rate_units]
        if not math.isclose(said, rate_ul_min, rel_tol=2e-3):
            raise DeviceFault(
                f"pump {self.name} cannot change to {rate_ul_min:g} uL/min without a stop: "
                f"it runs in {self._rate_units} and takes four digits"
            )
        asked_ns = self._clock.now_ns()
        for _ in range(3):
            answer = self._wire.exchange(f"RAT{number}")
            self._must_run(f"RAT{number}", answer.message)
            if math.isclose(self._rate_ul_min(), said, rel_tol=1e-3):
                return self._sent(f"RAT{number}", asked_ns, answer)
        raise DeviceFault(f"pump {self.name} does not take the rate {rate_ul_min:g} uL/min")

    @bounded
    def status(self) -> PumpStatus:
        """One DIS; an alarm is remembered until the next `prepare`."""
        for _ in range(MOST_TRIES):  # an alarm comes unasked, and again as the first answer
            reply = self._wire.exchange("DIS", DISPENSED).message
            if reply.alarm is None:
                break
            self._wire.alarm = reply.alarm
        if reply.prompt == "S":
            self._disarm()
        delivered_ul = self._dispensed(reply)
        if self._wire.alarm is not None:
            return PumpStatus("alarm", delivered_ul, ALARMS[self._wire.alarm])
        return PumpStatus(STATES[reply.prompt], delivered_ul)

    @bounded
    def feed(self) -> None:
        """One empty question, when there is a watchdog to feed."""
        if self._wire.mode == "safe":
            reply = self._wire.exchange("").message
            self._wire.alarm = reply.alarm or self._wire.alarm

    @bounded
    def make_safe(self) -> None:
        """Stop, impatiently; when that gets no answer, shout STP in both framings and look."""
        try:
            with self.patience.at_most(STOP_WITHIN_S):
                self._stop(SAFE_PATIENCE_S)
        except Gone:
            raise
        except WireFault:
            self._shout()
        else:
            self._disarm()

    def shout(self) -> bool:
        """STP in both framings, twice each: the first may only pause."""
        words = [self._wire.as_bytes("STP", mode) for mode in ("basic", "safe")]
        return self._wire.port.shout(b"".join(words * 2))

    @bounded
    def close(self) -> None:
        """Disarm the watchdog and give the port back."""
        close_quietly(self._wire)

    @bounded
    def _connect(self, model: str | None) -> str:
        self._wire.greet()
        version = self._wire.command("VER", r"[A-Z]{2}\d+.*V\d.*").data
        found = model_of(version)
        if model is not None and found is not None and found[3:] != model[3:]:
            raise DeviceFault(f"pump {self.name} is a {found}, the rig says {model}")
        return version

    def _check_bytes(self) -> list[str]:
        """Safe mode without a watchdog worth the name: for its checksums."""
        if self._watchdog_s is None or self._wire.enter_safe_mode(LONGEST_WATCHDOG_S):
            return []
        self._watchdog_s = None
        return [f"pump {self.name} knows no Safe mode: its bytes are not checked, no watchdog"]

    def _disarm(self) -> None:
        if self._wire.mode == "safe":
            self._wire.leave_safe_mode()

    def _once_or_look(self, text: str, patience_s: float = 1.0) -> Answer[Reply]:
        """For words that must not be repeated: a lost answer is followed by an empty question."""
        try:
            return self._wire.once(text, within_s=patience_s)
        except (Silent, Garbled):
            return self._wire.look(within_s=min(patience_s, 0.7))

    def _must_not_refuse(self, reply: Reply) -> None:
        if reply.error:
            raise self._wire.refused("RUN", reply)

    def _stop(self, patience_s: float = 1.0) -> Sent:
        asked_ns = self._clock.now_ns()
        stood: Answer[Reply] | None = None
        for _ in range(MOST_TRIES):
            answer = self._once_or_look("STP", patience_s)
            reply = answer.message
            self._wire.alarm = reply.alarm or self._wire.alarm
            stands = reply.alarm is not None or reply.prompt not in MOVING
            stood = (stood or answer) if stands else None
            if stood is not None and self._is_stopped():
                return self._sent("STP", asked_ns, stood)
        raise DeviceFault(f"pump {self.name} does not stop; switch it off at its mains switch")

    def _is_stopped(self) -> bool:
        reply = self._wire.exchange("").message
        self._wire.alarm = reply.alarm or self._wire.alarm
        return reply.alarm is None and reply.prompt == "S"

    def _shout(self) -> None:
        for mode in ("safe", "basic"):
            for _ in range(2):
                self._wire.port.write(self._wire.as_bytes("STP", mode))
                self._wire.port.settle(quiet_s=0.05)
        reply = self._wire.look(within_s=SAFE_PATIENCE_S).message
        if reply.prompt in MOVING:
            raise DeviceFault(f"pump {self.name} does not stop; switch it off at its mains switch")

    def _rate_ul_min(self) -> float:
        reply = self._wire.exchange("RAT", RATE).message
        self._must_run("RAT", reply)
        return in_ul(reply.data, RATE_UNITS)

    def _must_run(self, text: str, reply: Reply) -> None:
        if reply.alarm is not None:
            self._wire.alarm = reply.alarm
            raise self._wire.alarmed(reply.alarm)
        if reply.error is not None:
            raise self._wire.refused(text, reply)
        if reply.prompt not in MOVING:
            raise DeviceFault(f"pump {self.name} is {STATES[reply.prompt]}, not running")

    def _dispensed(self, reply: Reply) -> float:
        match = re.fullmatch(DISPENSED, reply.data)
        if match is None:
            raise Garbled(f"pump {self.name}: {reply.data!r} is not a dispensed volume")
        inwards = self._job is not None and self._job.direction == "withdraw"
        return read_number(match[2 if inwards else 1]) * VOLUME_UNITS[match[3]]

    def _sent(self, text: str, asked_ns: int, answer: Answer[Reply]) -> Sent:
        port = self._wire.port
        return Sent(
            asked_ns=asked_ns,
            sent_ns=answer.sent_ns,
            replied_ns=answer.replied_ns,
            confirmed_ns=answer.replied_ns,
            earliest_ns=asked_ns + port.wire_ns(self._wire.as_bytes(text)),
            latest_ns=answer.replied_ns - port.byte_ns,
        )


def open_new_era(
    name: str, spec: PumpSpec, clock: Clock, on_bytes: OnBytes, ports: Ports
) -> NewEraPump:
    """Open the port and connect; the port is given back when that fails."""
    assert spec.port is not None
    port = ports.open(spec.port, who=f"pump {name}", baud=spec.baud, clock=clock, on_bytes=on_bytes)
    try:
        return NewEraPump(
            name,
            port=port,
            clock=clock,
            diameter_mm=spec.diameter_mm,
            address=spec.address,
            model=spec.model,
            watchdog_s=spec.watchdog_s,
        )
    except OnsetError:
        port.close()
        raise
