"""A New Era pump (NE-1000 family, WPI Aladdin, Landgraf) on a port.

Slow talking happens in `prepare`; `start` is one RUN. Settings may be sent twice, RUN never
without asking first whether the pump is running.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from onset.dialects.new_era import (
    ALARMS,
    ERRORS,
    Mode,
    Reply,
    encode_command,
    packet,
)
from onset.dialects.new_era_numbers import (
    RATE_UNITS,
    VOLUME_UNITS,
    model_of,
    rate_words,
    read_number,
    sent_number,
    volume_words,
)
from onset.dialects.new_era_readers import ReplyReader
from onset.errors import DeviceFault, OnsetError, WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.port import RETRY_WITHIN_S, Answer, Garbled, Port, Silent
from onset.hardware.semantic import OnBytes, PumpJob, PumpState, PumpStatus, Sent

STATES: dict[str, PumpState] = {
    "I": "infusing",
    "W": "withdrawing",
    "S": "stopped",
    "P": "paused",
    "T": "waiting",
    "U": "waiting",
    "X": "purging",
}
MOVING = {"I", "W", "X"}
DIRECTIONS = {"infuse": "INF", "withdraw": "WDR"}
WANTED_FLAGS = {
    "PF": ("0", "it would pump on by itself after a power failure"),
    "TRG": ("OF", "a floating trigger input could start it"),
}
"""Settings that must not be as a former user may have left them, and why."""

NUMBER = r"\d*\.?\d*"
_RATE = rf"{NUMBER}(?:UM|MM|UH|MH)"
_VOLUME = rf"{NUMBER}(?:UL|ML)"
_UNITED = {"RAT": _RATE, "VOL": _VOLUME}
_DISPENSED = rf"I({NUMBER})W({NUMBER})(UL|ML)"
MOST_TRIES = 6


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
        self._port, self._clock = port, clock
        self._diameter_mm, self._address, self._model = diameter_mm, address, model
        self._watchdog_s = watchdog_s
        self._mode: Mode = "basic"
        self._job: PumpJob | None = None
        self._rate_units = "MH"
        self._alarm: str | None = None
        self._version = self._connect()

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._port.round_trip_ns

    def identify(self) -> str:
        """Model and firmware as the pump says it, for example `NE1000V3.928`."""
        return self._version

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Stop it, correct what was left in its memory, set the job, read it back."""
        corrected = []
        if self._alarm is not None:
            corrected.append(f"pump {self.name} had an alarm: {ALARMS[self._alarm]}")
        self._alarm = None
        if (prompt := self._command("").prompt) != "S":
            corrected.append(f"pump {self.name} was {STATES[prompt]}; it was stopped")
            self.stop()
        corrected += [s for word in WANTED_FLAGS if (s := self._correct_flag(word))]
        corrected += self._correct_diameter()
        corrected += self._correct_program()
        self._set_rate(job.rate_ul_min)
        corrected += self._set_volume(job.volume_ul or 0.0)
        self._set("DIR", DIRECTIONS[job.direction])
        for word in ("CLDINF", "CLDWDR"):
            self._command(word)
        self._job = job
        return tuple(corrected)

    def start(self) -> Sent:
        """RUN; when its answer is lost or is the alarm of a watchdog, look before trying again."""
        job = self._prepared()
        moving = "I" if job.direction == "infuse" else "W"
        self._arm_watchdog()
        asked_ns = self._clock.now_ns()
        for _ in range(3):
            try:
                answer = self._once("RUN")
            except (Silent, Garbled):
                self._port.settle()
                answer = self._exchange("")
            reply = answer.message
            if reply.prompt == moving and reply.error in (None, "NA"):
                return self._sent("RUN", asked_ns, answer)
            if reply.alarm not in (None, "T"):
                self._alarm = reply.alarm
                raise self._alarmed(reply.alarm)
            if reply.alarm is None and reply.error is not None:
                raise self._refused("RUN", reply)
            if self._moved_ul():
                raise DeviceFault(f"pump {self.name} ran and stopped before it said so")
        raise DeviceFault(f"pump {self.name} did not start when it was told to")

    def stop(self) -> Sent:
        """STP pauses, a second one stops; a pump in alarm has stopped already."""
        asked_ns, stood = self._clock.now_ns(), None
        for _ in range(MOST_TRIES):
            try:
                answer = self._once("STP")
            except (Silent, Garbled):
                self._port.settle()
                answer = self._exchange("")
            reply = answer.message
            self._alarm = reply.alarm or self._alarm
            stands = reply.alarm is not None or reply.prompt not in MOVING
            stood = (stood or answer) if stands else None
            if stood is not None and self._stands_for_good():
                self._disarm_watchdog()
                return self._sent("STP", asked_ns, stood)
        raise DeviceFault(f"pump {self.name} does not stop; switch it off at its mains switch")

    def change_rate(self, rate_ul_min: float) -> Sent:
        """A number without units while it runs; read back."""
        number = sent_number(rate_ul_min / RATE_UNITS[self._rate_units])
        said = float(number) * RATE_UNITS[self._rate_units]
        if not math.isclose(said, rate_ul_min, rel_tol=2e-3):
            raise DeviceFault(
                f"pump {self.name} cannot change to {rate_ul_min:g} uL/min without a stop: "
                f"it runs in {self._rate_units} and takes four digits"
            )
        text = f"RAT{number}"
        answer = self._exchange(text)
        if answer.message.alarm is not None:
            self._alarm = answer.message.alarm
            raise self._alarmed(answer.message.alarm)
        if answer.message.error is not None:
            raise self._refused(text, answer.message)
        if answer.message.prompt not in MOVING:
            raise DeviceFault(f"pump {self.name} is {STATES[answer.message.prompt]}, not running")
        now = self._number_of("RAT", RATE_UNITS)
        if not math.isclose(now, rate_ul_min, rel_tol=2e-3):
            raise DeviceFault(f"pump {self.name}: asked for {rate_ul_min:g} uL/min, runs {now:g}")
        return self._sent(text, answer.asked_ns, answer)

    def status(self) -> PumpStatus:
        """One DIS; an alarm is remembered until the next `prepare`."""
        reply = self._exchange("DIS", _DISPENSED).message
        if reply.alarm is not None:
            self._alarm = reply.alarm
            reply = self._exchange("DIS", _DISPENSED).message
        if reply.prompt == "S":
            self._disarm_watchdog()
        delivered_ul = self._dispensed(reply)
        if self._alarm is not None:
            return PumpStatus("alarm", delivered_ul, ALARMS[self._alarm])
        return PumpStatus(STATES[reply.prompt], delivered_ul)

    def feed(self) -> None:
        """One empty question, when there is a watchdog to feed."""
        if self._mode == "safe":
            reply = self._exchange("").message
            self._alarm = reply.alarm or self._alarm

    def make_safe(self) -> None:
        """Stop; should it not answer, shout STP in both framings and ask once more."""
        try:
            self.stop()
        except WireFault:
            for mode in ("safe", "basic"):
                for _ in range(2):
                    self._port.write(self._bytes("STP", mode))
                    self._port.settle()
            self.stop()

    def close(self) -> None:
        """Back to Basic mode, so that the next user's program is understood; then the port."""
        try:
            self._disarm_watchdog()
        except WireFault:
            return  # a dead wire cannot be disarmed; the watchdog stops the pump
        finally:
            self._port.close()

    def _connect(self) -> str:
        self._leave_safe_mode()
        version = self._command("VER", r"[A-Z]{2}\d+.*V\d.*").data
        found = model_of(version)
        if self._model is not None and found is not None and found[3:] != self._model[3:]:
            raise DeviceFault(f"pump {self.name} is a {found}, the rig says {self._model}")
        return version

    def _leave_safe_mode(self) -> None:
        self._mode = "basic"
        escape = packet(f"{self._address or ''}SAF0".encode())
        try:
            reply = self._port.ask(escape, ReplyReader()).message
        except (Silent, Garbled):
            self._port.settle()
            reply = self._port.ask(escape, ReplyReader(), within_s=RETRY_WITHIN_S).message
        if reply.alarm not in (None, "R"):
            self._alarm = reply.alarm

    def _arm_watchdog(self) -> None:
        if self._watchdog_s is None or self._mode == "safe":
            return
        seconds = min(255, math.ceil(self._watchdog_s * max(1.0, self._clock.speed)))
        reply = self._port.ask(self._bytes(f"SAF{seconds}", "safe"), ReplyReader("safe")).message
        if reply.error is not None:
            raise self._refused(f"SAF{seconds}", reply)
        self._mode = "safe"

    def _disarm_watchdog(self) -> None:
        if self._mode == "safe":
            self._leave_safe_mode()

    def _correct_flag(self, word: str) -> str | None:
        wanted, danger = WANTED_FLAGS[word]
        reply = self._command(word, may_refuse=True)
        if reply.error is not None:
            return f"pump {self.name} does not know {word}: {danger}"
        if reply.data == wanted:
            return None
        self._set(word, wanted)
        return f"pump {self.name} had {word} {reply.data} ({danger}); set to {wanted}"

    def _correct_diameter(self) -> list[str]:
        wanted = read_number(sent_number(self._diameter_mm))
        found = self._number_of("DIA")
        if math.isclose(found, wanted, abs_tol=1e-3):
            return []
        self._command(f"DIA{sent_number(self._diameter_mm)}")
        if not math.isclose(self._number_of("DIA"), wanted, abs_tol=1e-3):
            raise DeviceFault(f"pump {self.name} does not keep the syringe diameter {wanted} mm")
        return [f"pump {self.name} had a syringe of {found:g} mm in memory; set to {wanted:g} mm"]

    def _correct_program(self) -> list[str]:
        corrected = []
        for phase, function in ((2, "STP"), (1, "RAT")):
            self._command(f"PHN{phase}")
            found = self._command("FUN").data
            if found != function:
                self._set("FUN", function)
                corrected.append(
                    f"pump {self.name} had {found} in phase {phase} of its program; "
                    f"set to {function}"
                )
        return corrected

    def _set_rate(self, rate_ul_min: float) -> None:
        number, self._rate_units = rate_words(rate_ul_min)
        wanted = float(number) * RATE_UNITS[self._rate_units]
        reply = self._command("RAT", _RATE)
        if self._in_ul(reply.data, RATE_UNITS) != wanted or reply.data[-2:] != self._rate_units:
            self._command(f"RAT{number}{self._rate_units}")
        if not math.isclose(self._number_of("RAT", RATE_UNITS), wanted, rel_tol=1e-3):
            raise DeviceFault(f"pump {self.name} does not keep the rate {rate_ul_min:g} uL/min")

    def _set_volume(self, volume_ul: float) -> list[str]:
        corrected = []
        reply = self._command("VOL", _VOLUME)
        units = reply.data[-2:]
        number = self._volume_number(volume_ul, units)
        if number is None:
            number, wanted_units = volume_words(volume_ul)
            self._command(f"VOL{wanted_units}")
            corrected.append(
                f"pump {self.name} counts in {wanted_units} from now on, not in {units}: "
                f"{volume_ul:g} uL needs the digits"
            )
        self._command(f"VOL{number}")
        if not math.isclose(self._number_of("VOL", VOLUME_UNITS), volume_ul, rel_tol=2e-3):
            raise DeviceFault(f"pump {self.name} does not keep the volume {volume_ul:g} uL")
        return corrected

    @staticmethod
    def _volume_number(volume_ul: float, units: str) -> str | None:
        """The volume in these units, None if it loses more than a thousandth."""
        try:
            number = sent_number(volume_ul / VOLUME_UNITS[units])
        except ValueError:
            return None
        said_ul = float(number) * VOLUME_UNITS[units]
        return number if math.isclose(said_ul, volume_ul, rel_tol=1e-3) else None

    def _set(self, word: str, value: str) -> None:
        if self._command(word).data != value:
            self._command(word + value)
            if (now := self._command(word).data) != value:
                raise DeviceFault(f"pump {self.name} was told {word} {value} and says {now}")

    def _number_of(self, word: str, units: dict[str, float] | None = None) -> float:
        if units is None:
            return read_number(self._command(word, NUMBER).data)
        return self._in_ul(self._command(word, _UNITED[word]).data, units)

    @staticmethod
    def _in_ul(data: str, units: dict[str, float]) -> float:
        return read_number(data[:-2]) * units[data[-2:]]

    def _moved_ul(self) -> float:
        return self._dispensed(self._command("DIS", _DISPENSED))

    def _dispensed(self, reply: Reply) -> float:
        match = re.fullmatch(_DISPENSED, reply.data)
        if match is None:
            raise Garbled(f"pump {self.name}: {reply.data!r} is not a dispensed volume")
        inwards = self._job is not None and self._job.direction == "withdraw"
        return read_number(match[2 if inwards else 1]) * VOLUME_UNITS[match[3]]

    def _stands_for_good(self) -> bool:
        reply = self._exchange("").message
        self._alarm = reply.alarm or self._alarm
        return reply.alarm is None and reply.prompt == "S"

    def _command(self, text: str, shape: str | None = None, *, may_refuse: bool = False) -> Reply:
        """Carried out for sure; the first command after an alarm is not, so it is sent again."""
        for _ in range(3):
            reply = self._exchange(text, shape).message
            if reply.alarm is None:
                if reply.error is not None and not may_refuse:
                    raise self._refused(text, reply)
                return reply
            if reply.alarm not in (None, "R", "T"):
                self._alarm = reply.alarm
        raise self._alarmed(self._alarm or "R")

    def _exchange(self, text: str, shape: str | None = None) -> Answer[Reply]:
        """Ask, and once more when the answer is lost or garbled; not for RUN."""
        try:
            return self._once(text, shape)
        except (Silent, Garbled):
            self._port.settle()
            answer = self._once(text, shape, within_s=RETRY_WITHIN_S)
            self._port.settle()  # the first answer may come late, behind the second
            return answer

    def _once(self, text: str, shape: str | None = None, within_s: float = 1.0) -> Answer[Reply]:
        answer = self._port.ask(
            self._bytes(text, self._mode), ReplyReader(self._mode), within_s=within_s
        )
        reply = answer.message
        if reply.address != self._address:
            raise Garbled(f"pump {self.name}: pump {reply.address} answers for {self._address}")
        plain = reply.alarm is None and reply.error is None
        if plain and shape is not None and not re.fullmatch(shape, reply.data):
            raise Garbled(f"pump {self.name}: {reply.data!r} is no answer to {text}")
        return answer

    def _bytes(self, text: str, mode: Literal["basic", "safe"]) -> bytes:
        return encode_command(text, address=self._address, mode=mode)

    def _sent(self, text: str, asked_ns: int, answer: Answer[Reply]) -> Sent:
        return Sent(
            asked_ns=asked_ns,
            sent_ns=answer.sent_ns,
            replied_ns=answer.replied_ns,
            confirmed_ns=answer.replied_ns,
            earliest_ns=asked_ns + self._port.wire_ns(self._bytes(text, self._mode)),
            latest_ns=answer.replied_ns - self._port.byte_ns,
        )

    def _prepared(self) -> PumpJob:
        if self._job is None:
            raise DeviceFault(f"pump {self.name} was not prepared")
        return self._job

    def _alarmed(self, alarm: str) -> DeviceFault:
        return DeviceFault(f"pump {self.name} raised an alarm: {ALARMS[alarm]}")

    def _refused(self, text: str, reply: Reply) -> DeviceFault:
        why = ERRORS[reply.error or ""]
        return DeviceFault(f"pump {self.name} ({STATES[reply.prompt]}) refused {text}: {why}")


def open_new_era(name: str, spec: PumpSpec, clock: Clock, on_bytes: OnBytes) -> NewEraPump:
    """Open the port and connect; the port is given back when that fails."""
    assert spec.port is not None
    port = Port(spec.port, who=f"pump {name}", baud=spec.baud, clock=clock, on_bytes=on_bytes)
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
