"""The words of a Harvard pump that move nothing: syringe list, memory, line, clock, version."""

from __future__ import annotations

from datetime import datetime, timedelta

from onset.dialects.harvard import BAUD_RATES
from onset.dialects.harvard_numbers import read_volume_ul, shown_volume
from onset.experiment.clock import NS
from onset.simulated.harvard_arguments import (
    Arguments,
    Handler,
    Lines,
    Understood,
    must_rest,
    whole,
)
from onset.simulated.harvard_models import SYRINGES, Model
from onset.simulated.harvard_pump import PumpBody, Refusal

MODES = {
    "i": "Quick Start - Infuse Only (qs i)",
    "w": "Quick Start - Withdraw Only (qs w)",
    "iw": "Quick Start - Infuse/Withdraw (qs iw)",
}
CLOCK_FORM = "%m/%d/%y %H:%M:%S"

CLOCK_FORM = "%m/%d/%y %H:%M:%S"


class SystemWords:
    """One method per word."""

    def __init__(self, body: PumpBody, model: Model) -> None:
        self.body, self.model = body, model
        self.polls = self.echoes = False
        self.baud: int | None = None
        """The baud rate that was asked for last, if any was."""
        self._brightness = 15
        self._set_clock = (datetime(2026, 1, 1), 0)
        self.words: dict[str, Handler] = {
            **dict.fromkeys(("", "cat", "input", "output", "footswitch", "ftswitch"), _nothing),
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
            "ver": lambda _a, _t: (self.model.ver,),
            "version": self._version,
            "metrics": lambda _a, _t: self.model.metrics,
        }

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
        must_rest(self.body, t_ns)
        asked = " ".join(arguments[1:])
        with Understood(arguments[1:]):
            diameter_mm = make.diameters_mm.get(round(read_volume_ul(asked) / 1e3), 0.0)
        if not diameter_mm:
            raise Refusal(f"Argument error: {arguments[1]}", "Unknown syringe")
        memory.diameter_mm, memory.syringe_ul = diameter_mm, read_volume_ul(asked)
        memory.syringe_name = make.label
        return ()

    def _force(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (f"{self.body.memory.force_percent}%",)
        self.body.memory.force_percent = whole(arguments, range(1, 101))
        return ()

    def _load(self, arguments: Arguments, t_ns: int) -> Lines:
        if not arguments:
            return (MODES[self.body.memory.mode],)
        mode = {"wi": "iw"}.get(arguments[-1], arguments[-1])
        if arguments[0] != "qs" or mode not in MODES:
            raise Refusal(f"Argument error: {arguments[-1]}", "Unknown method")
        must_rest(self.body, t_ns)
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
            self.body.memory.address = whole(arguments, range(100))
        return (f"Pump address {'set to' if arguments else 'is'} {self.body.memory.address}",)

    def _baud(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (str(self.baud or BAUD_RATES[0]),)
        self.baud = whole(arguments, BAUD_RATES)
        return ()

    def _dim(self, arguments: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        if not arguments:
            return (f"{self._brightness}%",)
        self._brightness = whole(arguments, range(101))
        return ()

    def _clock(self, arguments: Arguments, t_ns: int) -> Lines:
        if arguments:
            with Understood(arguments):
                now = datetime.strptime(" ".join(arguments), CLOCK_FORM)
            self._set_clock = (now, t_ns)
        set_to, at_ns = self._set_clock
        now = set_to + timedelta(seconds=(t_ns - at_ns) // NS)
        return (f"{now:%m/%d/%y} {now.hour % 12 or 12}:{now:%M:%S %p}",)

    def _version(self, _: Arguments, t_ns: int) -> Lines:  # noqa: ARG002
        return tuple(line.format(self.body.memory.address) for line in self.model.version)


def _nothing(_: Arguments, t_ns: int) -> Lines:  # noqa: ARG001
    return ()
