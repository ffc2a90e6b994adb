"""A Harvard pump (11 Elite, PHD Ultra, KDS Legato) on a port, in poll mode.

Slow talking happens in `prepare`; `start` is one `irun` or `wrun`. Settings may be sent twice, run
commands never without asking first whether the pump is running. It has no watchdog: should the
program die, the pump goes on to its target volume, or for ever when it has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from onset.dialects.harvard import PROMPTS, Reply
from onset.dialects.harvard_numbers import (
    read_diameter_mm,
    read_limits_ul_min,
    read_rate_ul_min,
    read_volume_ul,
    sent_rate,
    sent_volume,
)
from onset.errors import DeviceFault, OnsetError, Refused, WireFault
from onset.experiment.clock import NS, Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.harvard_talk import RETRY_WITHIN_S, HarvardTalk
from onset.hardware.patience import Patience, bounded
from onset.hardware.port import Answer, Garbled, Port, Ports, Silent
from onset.hardware.semantic import Direction, OnBytes, PumpJob, PumpState, PumpStatus, Sent

STATES: dict[str, PumpState] = {
    ":": "stopped",
    ">": "infusing",
    "<": "withdrawing",
    "*": "alarm",
    "T*": "stopped",
    ">*": "alarm",
    "<*": "alarm",
}
MOVING = {">", "<"}
RUN: dict[Direction, str] = {"infuse": "irun", "withdraw": "wrun"}
RUNNING: dict[Direction, str] = {"infuse": ">", "withdraw": "<"}
LETTER: dict[Direction, str] = {"infuse": "i", "withdraw": "w"}

MOST_TRIES = 6
STOP_WITHIN_S = 1.1
"""Waited in vain for so long, shouting is left."""
SLACK_UL = 0.5
"""A volume that went on by this much more than rate and time allow is asked for again."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What the pump said of itself, and when it was asked."""

    asked_ns: int
    volume_ul: float
    prompt: str


class HarvardPump:
    """One pump, connected."""

    def __init__(
        self,
        name: str,
        *,
        port: Port,
        clock: Clock,
        diameter_mm: float,
        syringe_ul: float,
        address: int = 0,
        model: str | None = None,
    ) -> None:
        self.name = name
        self._port, self._clock = port, clock
        self._talk = HarvardTalk(name, port, address=address, model=model)
        self._diameter_mm, self._syringe_ul = diameter_mm, syringe_ul
        self._job: PumpJob | None = None
        self._fastest_ul_min = 0.0
        self._seen = _Look(0, 0.0, ":")
        self._version = self._connect()

    @property
    def patience(self) -> Patience:
        """What is left of it."""
        return self._port.patience

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._port.round_trip_ns

    def identify(self) -> str:
        """Model and firmware as the pump says it, for example `11 ELITE I/W Single 3.0.4`."""
        return self._version

    @property
    def watchdog_s(self) -> None:
        """It has none."""
        return None

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Stop it, correct what was left in its memory, set the job and read it back."""
        talk, way = self._talk, LETTER[job.direction]
        corrected = self._come_to_rest()
        talk.tell("load qs iw", may_refuse=True)
        corrected += self._correct("diameter", self._diameter_mm, "mm", read_diameter_mm)
        corrected += self._correct("svolume", self._syringe_ul, "uL", read_volume_ul)
        for target, clear in (("tvolume", "ctvolume"), ("ttime", "cttime")):
            corrected += self._clear_target(target, clear)
        for word in ("cvolume", "ctime"):
            talk.tell(word)
        self._check_limits(way, job.rate_ul_min)
        self._set_rate(way, job.rate_ul_min)
        if job.volume_ul is not None:
            text = f"tvolume {sent_volume(job.volume_ul)}"
            talk.set(text, "tvolume", job.volume_ul, read_volume_ul)
        self._job = job
        self._fastest_ul_min = job.rate_ul_min
        self._seen = _Look(self._clock.now_ns(), 0.0, ":")
        return tuple(corrected)

    @bounded
    def start(self) -> Sent:
        """One run command; when its answer is lost or odd, look before trying again.

        Rates are not stored in its memory, so a power failure since `prepare` would change them
        without a word: they are read once more before it.
        """
        job = self._prepared()
        first: Answer[Reply] | None = None
        refused: DeviceFault | None = None
        for _ in range(3):
            self._must_remember(job)
            asked_ns = self._clock.now_ns() if first is None else first.asked_ns
            answer = self._run_or_look(job)
            first, reply = first or answer, answer.message
            refused = self._talk.refused(RUN[job.direction], reply) if reply.error else None
            if reply.prompt != RUNNING[job.direction]:
                answer = self._talk.prompt_answer()
            prompt = answer.message.prompt
            if prompt == RUNNING[job.direction] or self._is_over(job, prompt):
                return self._talk.sent(RUN[job.direction], min(asked_ns, first.asked_ns), answer)
            if STATES[prompt] == "alarm":
                raise DeviceFault(f"pump {self.name}: {PROMPTS[prompt]}; clear it at its screen")
            if self._delivered_ul():
                raise DeviceFault(f"pump {self.name} ran and stopped before it said so")
        raise refused or DeviceFault(f"pump {self.name} did not start when it was told to")

    @bounded
    def stop(self) -> Sent:
        """`stp`, until the prompt says twice that it stands."""
        asked_ns = self._clock.now_ns()
        for _ in range(MOST_TRIES):
            answer = self._once_or_look("stp")
            if answer.message.prompt not in MOVING and self._talk.prompt() not in MOVING:
                return self._talk.sent("stp", asked_ns, answer)
        raise DeviceFault(f"pump {self.name} does not stop; switch it off at its mains switch")

    @bounded
    def change_rate(self, rate_ul_min: float) -> Sent:
        """Another rate while it runs; read back."""
        self._fastest_ul_min = max(self._fastest_ul_min, rate_ul_min)
        return self._set_rate(LETTER[self._prepared().direction], rate_ul_min)

    @bounded
    def status(self) -> PumpStatus:
        """The volume, and the prompt behind it; what is odd is asked again before it is told."""
        seen = self._look()
        for _ in range(MOST_TRIES):
            if self._is_usual(seen):
                break
            before, seen = seen, self._look()
            if seen.prompt == before.prompt and self._follows(before, seen):
                break
        else:
            raise Garbled(f"pump {self.name}: its answers change with every question")
        if seen.volume_ul < self._seen.volume_ul - SLACK_UL:
            counts = f"counts {seen.volume_ul:g} uL after {self._seen.volume_ul:g} uL"
            raise DeviceFault(f"pump {self.name} {counts}: was its power interrupted?")
        self._seen, state = seen, STATES[seen.prompt]
        alarm = PROMPTS[seen.prompt] if state == "alarm" else None
        return PumpStatus(state, seen.volume_ul, alarm)

    def feed(self) -> None:
        """There is no watchdog to feed."""

    @bounded
    def make_safe(self) -> None:
        """Stop; should it not answer, shout `stp` behind bare line ends and ask once more."""
        try:
            with self.patience.at_most(STOP_WITHIN_S):
                self.stop()
        except WireFault:
            for _ in range(2):
                self._port.write(b"\r" + self._talk.bytes_of("stp"))
                self._port.settle()
            self.stop()

    def shout(self) -> bool:
        """`stp` behind a bare line end, twice."""
        return self._port.shout(2 * (b"\r" + self._talk.bytes_of("stp")))

    def close(self) -> None:
        """Back to prompts without XON, as the next user's program may expect; then the port."""
        try:
            self._port.write(self._talk.bytes_of("poll off"))
        except WireFault:
            return  # a dead wire cannot be told
        finally:
            self._port.close()

    @bounded
    def _connect(self) -> str:
        talk = self._talk
        try:
            talk.once("poll on")
        except (Silent, Garbled):
            self._port.write(b"\r\n")  # after its screen was touched a pump wants a bare line end
            self._port.settle()
            talk.once("poll on", within_s=RETRY_WITHIN_S)
        self._port.settle(quiet_s=0.02)
        # Writing rates would wear the memory; some models know only `off`.
        if talk.tell("nvram none", may_refuse=True).message.error is not None:
            talk.tell("nvram off", may_refuse=True)
        try:
            return talk.read("ver", _version)
        except DeviceFault:  # it does not know the short word
            return talk.read("version", _version)

    def _come_to_rest(self) -> list[str]:
        prompt = self._talk.prompt()
        if prompt in MOVING:
            self.stop()
            return [f"pump {self.name} was {PROMPTS[prompt]}; it was stopped"]
        if prompt == ":" or (prompt == "T*" and self._job is not None):
            return []
        return [f"pump {self.name} was found: {PROMPTS[prompt]}"]

    def _correct(
        self, word: str, wanted: float, unit: str, value_of: Callable[[str], float]
    ) -> list[str]:
        found = self._talk.read(word, value_of)
        if math.isclose(found, wanted, rel_tol=1e-4):
            return []
        text = f"{wanted:.6g}" if unit == "mm" else sent_volume(wanted)
        self._talk.set(f"{word} {text}", word, wanted, value_of)
        had = f"pump {self.name} had a syringe of {found:g} {unit} in memory"
        return [f"{had}; set to {wanted:g} {unit}"]

    def _clear_target(self, target: str, clear: str) -> list[str]:
        found = self._talk.read(target, _target)
        for _ in range(2):
            self._talk.tell(clear)
            left = self._talk.read(target, _target)
            if left is None:
                break
        else:
            raise DeviceFault(f"pump {self.name} does not clear its {target} of {left}")
        if found is None or self._job is not None:  # then it is our own
            return []
        return [f"pump {self.name} had a {target} of {found} left, it would have stopped; cleared"]

    def _check_limits(self, way: str, rate_ul_min: float) -> None:
        for _ in range(2):  # a lost byte makes other limits
            low, high = self._talk.read(f"{way}rate lim", read_limits_ul_min)
            if low * 0.999 <= rate_ul_min <= high * 1.001:
                return
        raise Refused(
            f"pump {self.name} runs this syringe at {low:.4g} to {high:.4g} uL/min, "
            f"not at {rate_ul_min:g}"
        )

    def _must_remember(self, job: PumpJob) -> None:
        way = LETTER[job.direction]
        for _ in range(2):
            target = self._talk.read("tvolume", _target)
            rate_ul_min = self._talk.read(f"{way}rate", read_rate_ul_min)
            target_ul = 0.0 if target is None else read_volume_ul(target)
            keeps_rate = math.isclose(rate_ul_min, job.rate_ul_min, rel_tol=1e-3)
            if keeps_rate and math.isclose(target_ul, job.volume_ul or 0.0, rel_tol=1e-3):
                return
        raise DeviceFault(
            f"pump {self.name} has forgotten its job (rate {rate_ul_min:g} uL/min, target "
            f"{target or 'none'}); was its power interrupted?"
        )

    def _set_rate(self, way: str, rate_ul_min: float) -> Sent:
        text = f"{way}rate {sent_rate(rate_ul_min)}"
        return self._talk.set(text, f"{way}rate", rate_ul_min, read_rate_ul_min)

    def _run_or_look(self, job: PumpJob) -> Answer[Reply]:
        """An answer that is lost may be the word of a pump whose power failed just now."""
        try:
            return self._talk.once(RUN[job.direction])
        except (Silent, Garbled):
            self._talk.poll_again()
        answer = self._talk.prompt_answer()
        if answer.message.prompt == RUNNING[job.direction]:
            try:
                self._must_remember(job)
            except DeviceFault:
                self.stop()
                raise
        return answer

    def _once_or_look(self, text: str) -> Answer[Reply]:
        try:
            return self._talk.once(text)
        except (Silent, Garbled):
            self._talk.poll_again()
            return self._talk.prompt_answer()

    def _is_over(self, job: PumpJob, prompt: str) -> bool:
        """Whether a small volume was delivered before the answer came."""
        if prompt != "T*" or job.volume_ul is None:
            return False
        return math.isclose(self._delivered_ul(), job.volume_ul, rel_tol=0.02)

    def _delivered_ul(self) -> float:
        return self.status().delivered_ul

    def _look(self) -> _Look:
        way = "i" if self._job is None else LETTER[self._job.direction]
        asked_ns = self._clock.now_ns()
        return _Look(asked_ns, *self._talk.read_with_prompt(f"{way}volume", read_volume_ul))

    def _is_usual(self, seen: _Look) -> bool:
        """Whether the prompt is that of the job, and the volume follows on what was seen last."""
        if self._job is None or seen.prompt != RUNNING[self._job.direction]:
            return False
        return self._follows(self._seen, seen)

    def _follows(self, before: _Look, after: _Look) -> bool:
        """Whether the volume went on as rate and time allow."""
        passed_s = (self._clock.now_ns() - before.asked_ns) / NS
        most_ul = self._fastest_ul_min / 60.0 * passed_s + SLACK_UL
        return -SLACK_UL <= after.volume_ul - before.volume_ul <= most_ul

    def _prepared(self) -> PumpJob:
        if self._job is None:
            raise DeviceFault(f"pump {self.name} was not prepared")
        return self._job


def _version(line: str) -> str:
    """A line with a version number in it."""
    if not re.search(r"\d\.\d", line):
        raise ValueError(f"{line!r} is no version")
    return " ".join(line.split())


def _target(line: str) -> str | None:
    """The target in words, None where none is set."""
    if re.fullmatch(r"Target (?:volume|time) not set\.?", line):
        return None
    if not re.fullmatch(r"[\d.:]+(?: [a-zA-Z]+)?", line):
        raise ValueError(f"{line!r} is no target")
    return line


def open_harvard(
    name: str, spec: PumpSpec, clock: Clock, on_bytes: OnBytes, ports: Ports
) -> HarvardPump:
    """Open the port and connect; the port is given back when that fails."""
    assert spec.port is not None
    port = ports.open(spec.port, who=f"pump {name}", baud=spec.baud, clock=clock, on_bytes=on_bytes)
    try:
        return HarvardPump(
            name,
            port=port,
            clock=clock,
            diameter_mm=spec.diameter_mm,
            syringe_ul=spec.syringe_ul,
            address=spec.address,
            model=spec.model,
        )
    except OnsetError:
        port.close()
        raise
