"""What each word does to a Harvard pump, and the lines it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from onset.dialects.harvard import BAUD_RATES, Command
from onset.dialects.harvard_numbers import (
    FL_PER_UL,
    Status,
    read_diameter_mm,
    read_rate_ul_min,
    read_volume_ul,
    shown_rate,
    shown_status,
    shown_volume,
    time_unit,
)
from onset.experiment.clock import NS
from onset.hardware.semantic import Direction
from onset.simulated.harvard_models import SYRINGES, Model
from onset.simulated.harvard_pump import PumpBody, Ramp, Rate, Refusal

Lines: TypeAlias = tuple[str, ...]
Arguments: TypeAlias = tuple[str, ...]
Handler: TypeAlias = Callable[[Arguments, int], Lines]

WAYS: dict[str, Direction] = {"i": "infuse", "w": "withdraw"}
MODES = {
    "i": "Quick Start - Infuse Only (qs i)",
    "w": "Quick Start - Withdraw Only (qs w)",
    "iw": "Quick Start - Infuse/Withdraw (qs iw)",
}
CLOCK_FORM = "%m/%d/%y %H:%M:%S"

MOTION = {"run", "irun", "wrun", "rrun", "stp", "stop"}


class Commands:
    """One method per word; most words without arguments are questions."""

    def __init__(self, body: PumpBody, model: Model) -> None:
        self.body, self.model = body, model
        self.polls = self.echoes = False
        self.baud: int | None = None
        """The baud rate that was asked for last, if any was."""
        self._brightness = 15
        self._set_clock = (datetime(2026, 1, 1), 0)
        self._words: dict[str, Handler] = {
            **dict.fromkeys(("", "cat", "input", "output", "footswitch", "ftswitch"), _nothing),
            **{f"{letter}rate": self._rate(way) for letter, way in WAYS.items()},
            **{f"{letter}ramp": self._ramp(way) for letter, way in WAYS.items()},
            **{f"{letter}run": self._run(way) for letter, way in WAYS.items()},
            **{f"{letter}volume": self._volume(way) for letter, way in WAYS.items()},
            **{f"{letter}time": self._time(way) for letter, way in WAYS.items()},
            **{f"c{letter}volume": self._clear_ul(way) for letter, way in WAYS.items()},
            **{f"c{letter}time": self._clear_s(way) for letter, way in WAYS.items()},
            "cvolume": self._clear_ul("infuse", "withdraw"),
            "ctime": self._clear_s("infuse", "withdraw"),
            "run": self._run_again,
            "rrun": self._run_back,
            "stp": self._stop,
            "stop": self._stop,
            "crate": self._rate_now,
            "tvolume": self._target_volume,
            "ctvolume": self._clear_target_volume,
            "ttime": self._target_time,
            "cttime": self._clear_target_time,
            "diameter": self._diameter,
            "svolume": self._syringe_volume,
            "syrmanu": self._syringe,
            "force": self._force,
            "load": self._load,
            "nvram": self._nvram,
            "poll": self._poll,
            "echo": self._echo,
            "address": self._address,
            "baud": self._baud,
            "dim": self._dim,
            "time": self._clock,
            "status": self._status,
            "ver": lambda _a, _t: (self.model.ver,),
            "version": self._version,
            "metrics": lambda _a, _t: self.model.metrics,
        }

    def obey(self, command: Command, t_ns: int) -> Lines:
        """Carry it out at `t_ns`; the lines of the answer. Raises Refusal."""
        return self._words[command.word](command.arguments, t_ns)

    def _rate(self, way: Direction) -> Handler:
        def rate(arguments: Arguments, t_ns: int) -> Lines:
            body, asked = self.body, " ".join(arguments)
            low, high = body.limits_ul_min()
            if not arguments:
                now = body.memory.rates[way]
                return (shown_rate(now.ul_min, now.time),)
            if asked == "lim":
                return (f"{shown_rate(low)} to {shown_rate(high)}",)
            if asked in {"min", "max"}:
                body.set_rate(way, Rate(low if asked == "min" else high), t_ns)
                return ()
            with _Arguments(arguments):
                body.set_rate(way, Rate(read_rate_ul_min(asked), time_unit(asked)), t_ns)
            return ()

        return rate

    def _ramp(self, way: Direction) -> Handler:
        def ramp(arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG001
            if not arguments:
                now = self.body.ramps.get(way)
                return ("Ramp not set up." if now is None else _shown_ramp(now),)
            with _Arguments(arguments):
                if len(arguments) != 5:
                    raise ValueError("Wrong number of arguments")
                self.body.ramps[way] = Ramp(
                    read_rate_ul_min(" ".join(arguments[:2])),
                    read_rate_ul_min(" ".join(arguments[2:4])),
                    float(arguments[4]),
                )
            return ()

        return ramp

    def _run(self, way: Direction) -> Handler:
        def run(_: Arguments, t_ns: int) -> Lines:
            if way[0] not in self.body.memory.mode:
                raise Refusal("Command error:", "Unknown command")
            self.body.run(way, t_ns)
            return ()

        return run

    def _run_again(self, arguments: Arguments, t_ns: int) -> Lines:
        return self._run(self.body.direction)(arguments, t_ns)

    def _run_back(self, arguments: Arguments, t_ns: int) -> Lines:
        back: Direction = "withdraw" if self.body.direction == "infuse" else "infuse"
        return self._run(back)(arguments, t_ns)

    def _stop(self, _: Arguments, t_ns: int) -> Lines:
        self.body.stop(t_ns)
        return ()

    def _rate_now(self, _: Arguments, t_ns: int) -> Lines:
        if not self.body.running:
            raise Refusal("Command error:", "Pump is not running")
        return (shown_rate(self.body.rate_ul_min(t_ns)),)

    def _volume(self, way: Direction) -> Handler:
        return lambda _, t_ns: (shown_volume(self.body.counted(way, t_ns).ul),)

    def _time(self, way: Direction) -> Handler:
        return lambda _, t_ns: (_shown_time(self.body.counted(way, t_ns).seconds),)

    def _clear_ul(self, *ways: Direction) -> Handler:
        def clear(_: Arguments, t_ns: int) -> Lines:
            for way in ways:
                self.body.clear_ul(way, t_ns)
            return ()

        return clear

    def _clear_s(self, *ways: Direction) -> Handler:
        def clear(_: Arguments, t_ns: int) -> Lines:
            for way in ways:
                self.body.clear_seconds(way, t_ns)
            return ()

        return clear

    def _target_volume(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            target_ul = self.body.memory.target_ul
            return ("Target volume not set" if target_ul is None else shown_volume(target_ul),)
        self._must_rest(t_ns)
        with _Arguments(arguments):
            self.body.set_target_ul(read_volume_ul(" ".join(arguments)))
        return ()

    def _clear_target_volume(self, _: Arguments, t_ns: int) -> Lines:
        self._must_rest(t_ns)
        self.body.memory.target_ul = None
        self.body.clear_target()
        return ()

    def _target_time(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            target_s = self.body.memory.target_s
            return ("Target time not set" if target_s is None else _shown_time(target_s),)
        self._must_rest(t_ns)
        with _Arguments(arguments):
            self.body.memory.target_s = _read_time(arguments[0])
        return ()

    def _clear_target_time(self, _: Arguments, t_ns: int) -> Lines:
        self._must_rest(t_ns)
        self.body.memory.target_s = None
        self.body.ramps.clear()
        self.body.clear_target()
        return ()

    def _diameter(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (f"{self.body.memory.diameter_mm:.4f} mm",)
        self._must_rest(t_ns)
        with _Arguments(arguments):
            self.body.set_diameter(read_diameter_mm(" ".join(arguments)))
        self.body.memory.syringe_name = "Custom"
        return ()

    def _syringe_volume(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (shown_volume(self.body.memory.syringe_ul),)
        self._must_rest(t_ns)
        with _Arguments(arguments):
            self.body.memory.syringe_ul = read_volume_ul(" ".join(arguments))
        return ()

    def _syringe(self, arguments: Arguments, t_ns: int) -> Lines:
        memory = self.body.memory
        if not arguments:
            syringe, diameter_mm = shown_volume(memory.syringe_ul), memory.diameter_mm
            return (f"{memory.syringe_name}, {syringe}, {diameter_mm:g} mm",)
        make = SYRINGES.get(arguments[0][:3].lower())
        if make is None:
            raise Refusal(f"Argument error: {arguments[0]}", "Unknown syringe")
        if arguments[1:] == ("?",):
            return tuple(f"{volume_ml} ml" for volume_ml in make.volumes_ml)
        self._must_rest(t_ns)
        asked = " ".join(arguments[1:])
        with _Arguments(arguments[1:]):
            diameter_mm = make.diameters_mm.get(round(read_volume_ul(asked) / 1e3), 0.0)
        if not diameter_mm:
            raise Refusal(f"Argument error: {arguments[1]}", "Unknown syringe")
        memory.diameter_mm, memory.syringe_ul = diameter_mm, read_volume_ul(asked)
        memory.syringe_name = make.label
        return ()

    def _force(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (f"{self.body.memory.force_percent}%",)
        self.body.memory.force_percent = _whole(arguments, range(1, 101))
        return ()

    def _load(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (MODES[self.body.memory.mode],)
        mode = {"wi": "iw"}.get(arguments[-1], arguments[-1])
        if arguments[0] != "qs" or mode not in MODES:
            raise Refusal(f"Argument error: {arguments[-1]}", "Unknown method")
        self._must_rest(t_ns)
        self.body.memory.mode = mode
        return ()

    def _nvram(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (self.body.memory.nvram.upper(),)
        known = ("on", "off", "none") if self.model.takes_nvram_none else ("on", "off")
        if arguments[0] not in known:
            raise Refusal(f"Argument error: {arguments[0]}", "Invalid argument")
        self.body.memory.nvram = arguments[0]
        return ()

    def _poll(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if arguments:
            if arguments[0] not in {"on", "off", "remote"}:
                raise Refusal(f"Argument error: {arguments[0]}", "Invalid argument")
            self.polls = arguments[0] != "off"
        said = "ON" if self.polls else "OFF"
        if self.model.poll_answer is not None:
            return (self.model.poll_answer.format(said),)
        return () if arguments else (said,)

    def _echo(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return ("ON" if self.echoes else "OFF",)
        self.echoes = arguments[0] == "on"
        return ()

    def _address(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if arguments:
            self.body.memory.address = _whole(arguments, range(100))
        return (f"Pump address {'set to' if arguments else 'is'} {self.body.memory.address}",)

    def _baud(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (str(self.baud or BAUD_RATES[0]),)
        self.baud = _whole(arguments, BAUD_RATES)
        return ()

    def _dim(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (f"{self._brightness}%",)
        self._brightness = _whole(arguments, range(101))
        return ()

    def _clock(self, arguments: Arguments, t_ns: int) -> Lines:
        if arguments:
            with _Arguments(arguments):
                now = datetime.strptime(" ".join(arguments), CLOCK_FORM)
            self._set_clock = (now, t_ns)
        set_to, at_ns = self._set_clock
        now = set_to + timedelta(seconds=(t_ns - at_ns) // NS)
        return (f"{now:%m/%d/%y} {now.hour % 12 or 12}:{now:%M:%S %p}",)

    def _version(self, _: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        return tuple(line.format(self.body.memory.address) for line in self.model.version)

    def _status(self, _: Arguments, t_ns: int) -> Lines:
        body = self.body
        prompt, counter = body.prompt(t_ns), body.counted(body.direction, t_ns)
        status = Status(
            rate_fl_s=round(body.rate_ul_min(t_ns) / 60.0 * FL_PER_UL),
            time=int(counter.seconds * self.model.status_time_per_s),
            volume_fl=round(counter.ul * FL_PER_UL),
            direction=body.direction,
            running=body.running and self.model.has_target_flag,
            stalled=prompt == "*",
            pin=body.direction,
            target_reached=prompt == "T*" if self.model.has_target_flag else None,
        )
        return (shown_status(status),)

    def _must_rest(self, t_ns: int) -> None:
        self.body.settle(t_ns)
        if self.body.running:
            raise Refusal("Command error:", "Not allowed while the pump is running")


class _Arguments:
    """A ValueError about arguments is the pump's refusal."""

    def __init__(self, arguments: Arguments) -> None:
        self._first = arguments[0] if arguments else ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, why: object, _: object) -> None:
        if kind is not None and issubclass(kind, ValueError):
            said = str(why)
            second = said if re.fullmatch(r"[A-Z][a-z ]+", said) else "Invalid argument"
            raise Refusal(f"Argument error: {self._first}", second) from None


def _whole(arguments: Arguments, known: range | tuple[int, ...]) -> int:
    text = arguments[0]
    if not re.fullmatch(r"\d{1,7}", text, re.ASCII) or int(text) not in known:
        raise Refusal(f"Argument error: {text}", "Out of range")
    return int(text)


def _read_time(text: str) -> float:
    if ":" not in text:
        return float(text)
    parts = [int(part) for part in text.split(":")]
    return float(sum(part * 60**place for place, part in enumerate(reversed(parts))))


def _shown_time(seconds: float) -> str:
    """Up to a minute in seconds, then as a clock."""
    if seconds < 60:
        return f"{seconds:g} seconds"
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    clock = f"{minutes:02d}:{whole % 60:02d}"
    return f"{hours:02d}:{clock}" if hours else clock


def _shown_ramp(ramp: Ramp) -> str:
    rates = f"{shown_rate(ramp.first_ul_min)} to {shown_rate(ramp.last_ul_min)}"
    return f"{rates} in {ramp.seconds:g} seconds"


def _nothing(_: Arguments, t_ns: int) -> Lines:  # noqa: ARG001
    return ()
