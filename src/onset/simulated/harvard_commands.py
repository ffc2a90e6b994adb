"""What each pumping word does to a Harvard pump, and the lines it answers."""

from __future__ import annotations

from onset.dialects.harvard import Command
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
from onset.hardware.semantic import Direction
from onset.simulated.harvard_arguments import (
    Arguments,
    Handler,
    Lines,
    Understood,
    must_rest,
    read_time,
    shown_time,
)
from onset.simulated.harvard_models import Model
from onset.simulated.harvard_pump import PumpBody, Ramp, Rate, Refusal
from onset.simulated.harvard_system import SystemWords

WAYS: dict[str, Direction] = {"i": "infuse", "w": "withdraw"}
MOTION = {"run", "irun", "wrun", "rrun", "stp", "stop"}


class Commands:
    """One method per word; most words without arguments are questions."""

    def __init__(self, body: PumpBody, model: Model) -> None:
        self.body, self.model = body, model
        self.system = SystemWords(body, model)
        self._words: dict[str, Handler] = {
            **self.system.words,
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
            "status": self._status,
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
            with Understood(arguments):
                body.set_rate(way, Rate(read_rate_ul_min(asked), time_unit(asked)), t_ns)
            return ()

        return rate

    def _ramp(self, way: Direction) -> Handler:
        def ramp(arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG001
            if not arguments:
                now = self.body.ramps.get(way)
                return ("Ramp not set up." if now is None else _shown_ramp(now),)
            with Understood(arguments):
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
        doing = "Infusing" if self.body.direction == "infuse" else "Withdrawing"
        return (f"{doing} at {shown_rate(self.body.rate_ul_min(t_ns))}",)

    def _volume(self, way: Direction) -> Handler:
        return lambda _, t_ns: (shown_volume(self.body.counted(way, t_ns).ul),)

    def _time(self, way: Direction) -> Handler:
        return lambda _, t_ns: (shown_time(self.body.counted(way, t_ns).seconds),)

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
        must_rest(self.body, t_ns)
        with Understood(arguments):
            self.body.set_target_ul(read_volume_ul(" ".join(arguments)))
        return ()

    def _clear_target_volume(self, _: Arguments, t_ns: int) -> Lines:
        must_rest(self.body, t_ns)
        self.body.memory.target_ul = None
        self.body.clear_target()
        return ()

    def _target_time(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            target_s = self.body.memory.target_s
            return ("Target time not set" if target_s is None else shown_time(target_s),)
        must_rest(self.body, t_ns)
        with Understood(arguments):
            self.body.memory.target_s = read_time(arguments[0])
        return ()

    def _clear_target_time(self, _: Arguments, t_ns: int) -> Lines:
        must_rest(self.body, t_ns)
        self.body.memory.target_s = None
        self.body.ramps.clear()
        self.body.clear_target()
        return ()

    def _diameter(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (f"{self.body.memory.diameter_mm:.4f} mm",)
        must_rest(self.body, t_ns)
        with Understood(arguments):
            self.body.set_diameter(read_diameter_mm(" ".join(arguments)))
        self.body.memory.syringe_name = "Custom"
        return ()

    def _syringe_volume(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (shown_volume(self.body.memory.syringe_ul),)
        must_rest(self.body, t_ns)
        with Understood(arguments):
            self.body.memory.syringe_ul = read_volume_ul(" ".join(arguments))
        return ()

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


def _shown_ramp(ramp: Ramp) -> str:
    rates = f"{shown_rate(ramp.first_ul_min)} to {shown_rate(ramp.last_ul_min)}"
    return f"{rates} in {ramp.seconds:g} seconds"
