"""A Harvard pump (11 Elite, PHD Ultra, KDS Legato) on a port, in poll mode.

Slow talking happens in `prepare`; `start` is one `irun` or `wrun`. Settings may be sent twice, run
commands never without asking first whether the pump is running. It has no watchdog: should the
program die, the pump goes on to its target volume, or for ever when it has none.
"""

from __future__ import annotations

import math
import re

from onset.dialects.harvard import PROMPTS, Reply, encode_command
from onset.dialects.harvard_numbers import (
    read_diameter_mm,
    read_limits_ul_min,
    read_rate_ul_min,
    read_volume_ul,
    sent_rate,
    sent_volume,
)
from onset.dialects.harvard_readers import ReplyReader
from onset.dialects.reading import BadBytes, NeedMore
from onset.errors import DeviceFault, OnsetError, Refused, WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import PumpSpec
from onset.hardware.port import REPLY_WITHIN_S, RETRY_WITHIN_S, Answer, Garbled, Port, Silent
from onset.hardware.semantic import OnBytes, PumpJob, PumpState, PumpStatus, Sent

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
RUN = {"infuse": "irun", "withdraw": "wrun"}
RUNNING = {"infuse": ">", "withdraw": "<"}
LETTER = {"infuse": "i", "withdraw": "w"}

AMOUNT = r"\s*[\d.]+ *[a-zA-Z]+\s*"
RATE = r"\s*[\d.]+ *[a-zA-Z]+/[a-zA-Z]+\s*"
NOT_SET = r"Target (?:volume|time) not set\.?"
MOST_TRIES = 6


class PolledReader:
    """Replies that XON ends; a prompt without it was said unasked, before poll mode."""

    def __init__(self) -> None:
        self._reader = ReplyReader()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._reader.feed(data)

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._reader.clear()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply that was asked for."""
        while isinstance(found := self._reader.next(), Reply) and not found.xon:
            continue
        return found


class HarvardPump:
    """One pump at one address; with address 0 it is alone on its wire and spoken to without."""

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
        self._diameter_mm, self._syringe_ul, self._address = diameter_mm, syringe_ul, address
        # The PHD Ultra manual alone wants a colon between address and word.
        self._colon = ":" if address and "phd" in (model or "").lower() else ""
        self._job: PumpJob | None = None
        self._version = self._connect()

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._port.round_trip_ns

    def identify(self) -> str:
        """Model and firmware as the pump says it, for example `11 ELITE I/W Single 3.0.4`."""
        return self._version

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Stop it, correct what was left in its memory, set the job and read it back."""
        corrected = self._come_to_rest()
        self._tell("load qs iw", may_refuse=True)
        corrected += self._correct_diameter()
        corrected += self._correct_syringe()
        for target, clear in (("tvolume", "ctvolume"), ("ttime", "cttime")):
            corrected += self._clear_target(target, clear)
        for word in ("cvolume", "ctime"):
            self._tell(word)
        self._check_limits(job)
        self._set_rate(job, job.rate_ul_min)
        if job.volume_ul is not None:
            self._set_target(job.volume_ul)
        self._job = job
        return tuple(corrected)

    def start(self) -> Sent:
        """One run command; when its answer is lost, look before trying again."""
        job = self._prepared()
        first: Answer[Reply] | None = None
        asked_ns = self._clock.now_ns()
        for _ in range(3):
            try:
                answer = self._once(RUN[job.direction])
            except (Silent, Garbled):
                self._port.settle()
                answer = self._exchange("")
            first = first or answer
            reply = answer.message
            if reply.error is not None:
                raise self._refused(RUN[job.direction], reply)
            if reply.prompt == RUNNING[job.direction] or self._is_over(job, reply.prompt):
                return self._sent(RUN[job.direction], min(asked_ns, first.asked_ns), answer)
            if STATES[reply.prompt] == "alarm":
                raise self._alarmed(reply.prompt)
            if self._delivered_ul():
                raise DeviceFault(f"pump {self.name} ran and stopped before it said so")
        raise DeviceFault(f"pump {self.name} did not start when it was told to")

    def stop(self) -> Sent:
        """`stp`, until the prompt says that it stands."""
        asked_ns = self._clock.now_ns()
        for _ in range(MOST_TRIES):
            try:
                answer = self._once("stp")
            except (Silent, Garbled):
                self._port.settle()
                answer = self._exchange("")
            if answer.message.prompt not in MOVING:
                return self._sent("stp", asked_ns, answer)
        raise DeviceFault(f"pump {self.name} does not stop; switch it off at its mains switch")

    def change_rate(self, rate_ul_min: float) -> Sent:
        """Another rate while it runs; read back."""
        return self._set_rate(self._prepared(), rate_ul_min)

    def status(self) -> PumpStatus:
        """One question for the volume; the prompt behind it says what the pump does."""
        way = "i" if self._job is None else LETTER[self._job.direction]
        reply = self._exchange(f"{way}volume", AMOUNT).message
        state = STATES[reply.prompt]
        return PumpStatus(
            state,
            self._volume_in(reply),
            PROMPTS[reply.prompt] if state == "alarm" else None,
        )

    def feed(self) -> None:
        """There is no watchdog to feed."""

    def make_safe(self) -> None:
        """Stop; should it not answer, shout `stp` behind bare line ends and ask once more."""
        try:
            self.stop()
        except WireFault:
            for _ in range(2):
                self._port.write(b"\r" + self._bytes("stp"))
                self._port.settle()
            self.stop()

    def close(self) -> None:
        """Back to prompts without XON, as the next user's program may expect; then the port."""
        try:
            self._port.write(self._bytes("poll off"))
        except WireFault:
            return  # a dead wire cannot be told
        finally:
            self._port.close()

    def _connect(self) -> str:
        try:
            self._ask_for_polling()
        except (Silent, Garbled):
            self._port.write(b"\r\n")  # after its screen was touched a pump wants a bare line end
            self._port.settle()
            self._ask_for_polling()
        self._port.settle(quiet_s=0.02)
        # Writing rates would wear the memory; some models know only `off`.
        if self._tell("nvram none", may_refuse=True).error is not None:
            self._tell("nvram off", may_refuse=True)
        reply = self._tell("ver", may_refuse=True)
        if reply.error is not None or not reply.lines:
            reply = self._tell("version")
        version = ", ".join(" ".join(line.split()) for line in reply.lines)
        if not re.search(r"\d\.\d", version):
            raise Garbled(f"pump {self.name}: {version!r} is no version; check the rig's dialect")
        return version

    def _ask_for_polling(self) -> None:
        reply = self._once("poll on", within_s=RETRY_WITHIN_S).message
        if reply.error is not None:
            raise self._refused("poll on", reply)

    def _come_to_rest(self) -> list[str]:
        prompt = self._exchange("").message.prompt
        if prompt in MOVING:
            self.stop()
            return [f"pump {self.name} was {PROMPTS[prompt]}; it was stopped"]
        return [] if prompt == ":" else [f"pump {self.name} was found: {PROMPTS[prompt]}"]

    def _correct_diameter(self) -> list[str]:
        found = self._diameter()
        if math.isclose(found, self._diameter_mm, abs_tol=1e-3):
            return []
        self._tell(f"diameter {self._diameter_mm:.6g}")
        if not math.isclose(self._diameter(), self._diameter_mm, abs_tol=1e-3):
            raise DeviceFault(f"pump {self.name} does not keep the diameter {self._diameter_mm} mm")
        wanted = f"{self._diameter_mm:g} mm"
        return [f"pump {self.name} had a syringe of {found:g} mm in memory; set to {wanted}"]

    def _diameter(self) -> float:
        return read_diameter_mm(self._exchange("diameter", AMOUNT).message.lines[0])

    def _correct_syringe(self) -> list[str]:
        found = self._syringe()
        if math.isclose(found, self._syringe_ul, rel_tol=1e-3):
            return []
        self._tell(f"svolume {sent_volume(self._syringe_ul)}")
        if not math.isclose(self._syringe(), self._syringe_ul, rel_tol=1e-3):
            raise DeviceFault(f"pump {self.name} does not keep the syringe {self._syringe_ul:g} uL")
        wanted = f"{self._syringe_ul:g} uL"
        return [f"pump {self.name} had a syringe of {found:g} uL in memory; set to {wanted}"]

    def _syringe(self) -> float:
        return self._volume_in(self._exchange("svolume", AMOUNT).message)

    def _clear_target(self, target: str, clear: str) -> list[str]:
        found = " ".join(self._exchange(target, r".+").message.lines)
        self._tell(clear)
        if re.fullmatch(NOT_SET, found):
            return []
        left = " ".join(self._exchange(target, r".+").message.lines)
        if not re.fullmatch(NOT_SET, left):
            raise DeviceFault(f"pump {self.name} does not clear its {target} of {left}")
        return [f"pump {self.name} had a {target} of {found} left, it would have stopped; cleared"]

    def _check_limits(self, job: PumpJob) -> None:
        text = self._exchange(f"{LETTER[job.direction]}rate lim", rf"{RATE} to {RATE}").message
        low, high = read_limits_ul_min(text.lines[0])
        if not low * 0.999 <= job.rate_ul_min <= high * 1.001:
            raise Refused(
                f"pump {self.name} runs this syringe at {low:.4g} to {high:.4g} uL/min, "
                f"not at {job.rate_ul_min:g}"
            )

    def _set_rate(self, job: PumpJob, rate_ul_min: float) -> Sent:
        word = f"{LETTER[job.direction]}rate"
        text = f"{word} {sent_rate(rate_ul_min)}"
        answer = self._exchange(text)
        if answer.message.error is not None:
            raise self._refused(text, answer.message)
        now = read_rate_ul_min(self._exchange(word, RATE).message.lines[0])
        if not math.isclose(now, rate_ul_min, rel_tol=1e-3):
            raise DeviceFault(f"pump {self.name}: asked for {rate_ul_min:g} uL/min, has {now:g}")
        return self._sent(text, answer.asked_ns, answer)

    def _set_target(self, volume_ul: float) -> None:
        self._tell(f"tvolume {sent_volume(volume_ul)}")
        now = self._volume_in(self._exchange("tvolume", AMOUNT).message)
        if not math.isclose(now, volume_ul, rel_tol=1e-3):
            raise DeviceFault(f"pump {self.name}: asked for {volume_ul:g} uL, has {now:g}")

    def _is_over(self, job: PumpJob, prompt: str) -> bool:
        """Whether a small volume was delivered before the answer came."""
        if prompt != "T*" or job.volume_ul is None:
            return False
        return math.isclose(self._delivered_ul(), job.volume_ul, rel_tol=0.02)

    def _delivered_ul(self) -> float:
        return self.status().delivered_ul

    def _volume_in(self, reply: Reply) -> float:
        return read_volume_ul(reply.lines[0])

    def _tell(self, text: str, *, may_refuse: bool = False) -> Reply:
        reply = self._exchange(text).message
        if reply.error is not None and not may_refuse:
            raise self._refused(text, reply)
        return reply

    def _exchange(self, text: str, shape: str | None = None) -> Answer[Reply]:
        """Ask, and once more when the answer is lost or garbled; not for run commands."""
        try:
            return self._once(text, shape)
        except (Silent, Garbled):
            self._port.settle()
            answer = self._once(text, shape, within_s=RETRY_WITHIN_S)
            self._port.settle()  # the first answer may come late, behind the second
            return answer

    def _once(
        self, text: str, shape: str | None = None, within_s: float = REPLY_WITHIN_S
    ) -> Answer[Reply]:
        answer = self._port.ask(self._bytes(text), PolledReader(), within_s=within_s)
        reply = answer.message
        if (reply.address or 0) != self._address:
            raise Garbled(f"pump {self.name}: pump {reply.address} answers for {self._address}")
        if shape is None and reply.error is None and not _fits_a_command(text, reply):
            raise Garbled(f"pump {self.name}: {reply.lines} is no answer to {text}")
        if shape is not None and not any(re.fullmatch(shape, line) for line in reply.lines[:1]):
            if reply.error is not None:
                raise self._refused(text, reply)
            raise Garbled(f"pump {self.name}: {reply.lines} is no answer to {text}")
        return answer

    def _bytes(self, text: str) -> bytes:
        address = self._address or None
        return encode_command(self._colon + text, address=address, quiet=bool(text))

    def _sent(self, text: str, asked_ns: int, answer: Answer[Reply]) -> Sent:
        return Sent(
            asked_ns=asked_ns,
            sent_ns=answer.sent_ns,
            replied_ns=answer.replied_ns,
            confirmed_ns=answer.replied_ns,
            earliest_ns=asked_ns + self._port.wire_ns(self._bytes(text)[:-1]),
            latest_ns=answer.replied_ns - self._port.byte_ns,
        )

    def _prepared(self) -> PumpJob:
        if self._job is None:
            raise DeviceFault(f"pump {self.name} was not prepared")
        return self._job

    def _alarmed(self, prompt: str) -> DeviceFault:
        return DeviceFault(f"pump {self.name}: {PROMPTS[prompt]}; clear it at its screen")

    def _refused(self, text: str, reply: Reply) -> DeviceFault:
        return DeviceFault(
            f"pump {self.name} ({PROMPTS[reply.prompt]}) refused {text}: {reply.error}"
        )


def _fits_a_command(text: str, reply: Reply) -> bool:
    """Whether the lines may answer a command that is not a question: most have none."""
    speaks = text.startswith(("ver", "poll", "nvram", "load", "svolume", "diameter"))
    return speaks or not reply.lines


def open_harvard(name: str, spec: PumpSpec, clock: Clock, on_bytes: OnBytes) -> HarvardPump:
    """Open the port and connect; the port is given back when that fails."""
    assert spec.port is not None
    port = Port(spec.port, who=f"pump {name}", baud=spec.baud, clock=clock, on_bytes=on_bytes)
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
