"""What each word does to a New Era pump, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from onset.dialects.new_era import BAUD_RATES, Command
from onset.dialects.new_era_numbers import RATE_UNITS, read_number, shown_number
from onset.simulated.new_era_pump import PHASES, Memory, PumpBody, Refusal

FUNCTIONS = re.compile(
    r"(RAT|FIL|INC|DEC|STP|LPS|LPE|EVS|EVR|CLD|BEP|PRI)|(PAS|LOP|JMP|IF|EVN|TRG|OUT|PRL)\d+"
)
TRIGGERS = ("FT", "FH", "F2", "LE", "ST", "T2", "SP", "P2", "RL", "RH", "SL", "SH", "OF")
FLAG_CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("AL", "BP", "LN", "PF", "DIN", "ROM"), ("0", "1")),
    "LOC": ("0", "1", "P0", "P1"),
    "TRG": TRIGGERS,
}


class Commands:
    """One method per word; a word without argument is a question, except the words of action."""

    def __init__(self, body: PumpBody, version: str) -> None:
        self.body = body
        self.baud: int | None = None
        """The baud rate that was asked for last, if any was."""
        self._version = version
        self._words: dict[str, Callable[[str, int], str]] = {
            **dict.fromkeys(("", "BUZ", "OUT"), _nothing),
            **{word: self._flag(word) for word in FLAG_CHOICES},
            "DIA": self._diameter,
            "RAT": self._rate,
            "VOL": self._volume,
            "DIR": self._direction,
            "PHN": self._phase,
            "FUN": self._function,
            "RUN": self._run,
            "RUNE": self._run,
            "STP": self._stop,
            "PUR": self._purge,
            "DIS": self._dispensed,
            "CLD": self._clear,
            "VER": self._firmware,
            "SAF": self._safe_mode,
            "ADR": self._address,
            "RESET": self._reset,
            "IN": self._input,
        }

    def obey(self, command: Command, t_ns: int) -> str:
        """Carry it out at `t_ns`; the data of the answer. Raises Refusal."""
        return self._words[command.word](command.argument, t_ns)

    def _firmware(self, argument: str, t_ns: int) -> str:  # noqa: ARG002
        _only("", argument)
        return self._version

    def _input(self, argument: str, t_ns: int) -> str:  # noqa: ARG002
        return "1"

    def _diameter(self, argument: str, t_ns: int) -> str:
        if not argument:
            return shown_number(self.body.memory.diameter_mm)
        self.body.set_diameter(_number(argument), t_ns)
        return ""

    def _rate(self, argument: str, t_ns: int) -> str:
        phase = self.body.selected
        if not argument:
            now = self.body.rate_now
            return shown_number(phase.rate if now is None else now) + phase.units
        match = re.fullmatch(r"[CI]?([\d.]+)([A-Z]{2})?", argument, re.ASCII)
        if match is None or (match[2] or "MM") not in RATE_UNITS:
            raise Refusal("")
        self.body.set_rate(_number(match[1]), match[2], t_ns)
        return ""

    def _volume(self, argument: str, t_ns: int) -> str:
        body = self.body
        if not argument:
            return shown_number(body.selected.volume) + body.volume_units
        body.must_rest(t_ns)
        if argument in {"UL", "ML"}:
            body.volume_units, body.units_forced = argument, True
        else:
            body.write(replace(body.selected, volume=_number(argument)))
        return ""

    def _direction(self, argument: str, t_ns: int) -> str:
        phase = self.body.selected
        if not argument:
            return phase.direction
        other = "WDR" if phase.direction == "INF" else "INF"
        meant = {"INF": "INF", "WDR": "WDR", "REV": other}.get(argument)
        if meant is None:
            raise Refusal("")
        self.body.must_rest(t_ns)
        self.body.write(replace(self.body.selected, direction=meant))
        return ""

    def _phase(self, argument: str, t_ns: int) -> str:
        if not argument:
            return str(self.body.phase + 1)
        self.body.must_rest(t_ns)
        if not argument.isdigit() or not 1 <= int(argument) <= PHASES:
            raise Refusal("OOR")
        self.body.phase = int(argument) - 1
        return ""

    def _function(self, argument: str, t_ns: int) -> str:
        if not argument:
            return self.body.selected.function
        self.body.must_rest(t_ns)
        if not FUNCTIONS.fullmatch(argument):
            raise Refusal("")
        self.body.write(replace(self.body.selected, function=argument))
        return ""

    def _run(self, argument: str, t_ns: int) -> str:
        if argument and not (argument.isdigit() and 1 <= int(argument) <= PHASES):
            raise Refusal("OOR")
        self.body.run(t_ns, int(argument) - 1 if argument else None)
        return ""

    def _stop(self, argument: str, t_ns: int) -> str:
        _only("", argument)
        self.body.stop(t_ns)
        return ""

    def _purge(self, argument: str, t_ns: int) -> str:
        _only("", argument)
        self.body.purge(t_ns)
        return ""

    def _dispensed(self, argument: str, t_ns: int) -> str:
        _only("", argument)
        unit_ul = self.body.unit_ul
        infused, withdrawn = (ul / unit_ul % 10000 for ul in self.body.dispensed_ul(t_ns))
        return f"I{shown_number(infused)}W{shown_number(withdrawn)}{self.body.volume_units}"

    def _clear(self, argument: str, t_ns: int) -> str:
        if argument not in {"INF", "WDR"}:
            raise Refusal("")
        self.body.clear_dispensed(argument, t_ns)
        return ""

    def _flag(self, word: str) -> Callable[[str, int], str]:
        def flag(argument: str, t_ns: int) -> str:  # noqa: ARG001
            if not argument:
                return self.body.memory.flags[word]
            if argument not in FLAG_CHOICES[word]:
                raise Refusal("OOR")
            self.body.memory.flags[word] = argument
            return ""

        return flag

    def _safe_mode(self, argument: str, t_ns: int) -> str:  # noqa: ARG002
        if not argument:
            return str(self.body.memory.safe_s)
        if not argument.isdigit() or int(argument) > 255:
            raise Refusal("OOR")
        self.body.memory.safe_s = int(argument)
        return ""

    def _address(self, argument: str, t_ns: int) -> str:  # noqa: ARG002
        match = re.fullmatch(r"(\d{1,2})?(?:B(\d+))?", argument, re.ASCII)
        if match is None or (match[2] and int(match[2]) not in BAUD_RATES):
            raise Refusal("OOR")
        if match[1]:
            self.body.memory.address = int(match[1])
        if match[2]:
            self.baud = int(match[2])
        return "" if argument else str(self.body.memory.address)

    def _reset(self, argument: str, t_ns: int) -> str:
        _only("", argument)
        self.body.must_rest(t_ns)
        self.body.memory.phases[:] = Memory().phases
        self.body.memory.address = self.body.memory.safe_s = 0
        self.body.units_forced = False
        return ""


def _nothing(argument: str, t_ns: int) -> str:  # noqa: ARG001
    return ""


def _number(text: str) -> float:
    try:
        value = read_number(text)
    except ValueError:
        raise Refusal("") from None
    if len(text.replace(".", "")) > 4 or value > 9999:
        raise Refusal("OOR")
    return value


def _only(expected: str, argument: str) -> str:
    if argument != expected:
        raise Refusal("")
    return ""
