"""What goes wrong on a wire, and when: `lost@3,alarm@2.5s` is the third question, then 2.5 s."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from onset.experiment.clock import NS
from onset.simulated.line import Reply

ANSWER_FAULTS = {"lost", "flipped", "truncated", "late", "doubled", "silent"}
"""Of the device's next answer: a byte, a bit, its end, a second too late, twice, not at all."""
QUESTION_FAULTS = {"lost-question", "flipped-question"}
"""Of what the host says: a byte, a bit."""
DEVICE_FAULTS = {"alarm", "power", "keypad"}
"""The motor stalls; the power fails for a moment; somebody is at the keypad for some seconds."""
PORT_FAULTS = {"vanish"}
"""The cable is pulled; it works again when it is opened again."""
KINDS = ANSWER_FAULTS | QUESTION_FAULTS | DEVICE_FAULTS | PORT_FAULTS


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, at the n-th question from 1, or at the first one after a time."""

    kind: str
    question: int | None = None
    after_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """`KIND@N` or `KIND@Ts`; ValueError for anything else."""
        match = re.fullmatch(r"([a-z-]+)@(\d+|(\d+\.?\d*)s)", text)
        if match is None or match[1] not in KINDS:
            raise ValueError(
                f"fault {text!r}: expected KIND@N or KIND@SECONDSs, "
                f"KIND one of {', '.join(sorted(KINDS))}"
            )
        if match[3] is not None:
            return cls(match[1], after_s=float(match[3]))
        return cls(match[1], question=int(match[2]))


class Faults:
    """The faults of one device, each happens once; what is hit is drawn from the seed."""

    def __init__(
        self, faults: list[Fault], *, seed: int = 0, late_s: float = 1.2, keypad_s: float = 3.0
    ) -> None:
        self.keypad_ns = round(keypad_s * NS)
        self._faults = faults
        self._random = random.Random(seed)
        self._late_ns = round(late_s * NS)
        self._questions = 0
        self._began_ns: int | None = None

    @classmethod
    def parse(
        cls, text: str, *, seed: int = 0, late_s: float = 1.2, keypad_s: float = 3.0
    ) -> Faults:
        """Faults separated by commas."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return cls(
            [Fault.parse(part) for part in parts], seed=seed, late_s=late_s, keypad_s=keypad_s
        )

    def at_question(self, t_ns: int) -> list[str]:
        """The host says something at `t_ns`: the kinds that happen now."""
        self._questions += 1
        self._began_ns = t_ns if self._began_ns is None else self._began_ns
        since_s = (t_ns - self._began_ns) / NS
        now = [fault for fault in self._faults if self._is_due(fault, since_s)]
        self._faults = [fault for fault in self._faults if fault not in now]
        return [fault.kind for fault in now]

    def garble(self, kind: str, data: bytes) -> bytes:
        """The bytes after a `lost`, `flipped` or `truncated`."""
        if not data:
            return data
        at = self._random.randrange(len(data))
        if kind == "lost":
            return data[:at] + data[at + 1 :]
        if kind == "truncated":
            return data[:at]
        flipped = data[at] ^ (1 << self._random.randrange(7))
        return data[:at] + bytes([flipped]) + data[at + 1 :]

    def spoil(self, kind: str, reply: Reply) -> list[Reply]:
        """What arrives in place of an answer."""
        if kind == "silent":
            return []
        if kind == "late":
            return [Reply(reply.at_ns + self._late_ns, reply.data)]
        if kind == "doubled":
            return [reply, reply]
        return [Reply(reply.at_ns, self.garble(kind, reply.data))]

    def _is_due(self, fault: Fault, since_s: float) -> bool:
        if fault.question is not None:
            return fault.question == self._questions
        return fault.after_s is not None and since_s >= fault.after_s
