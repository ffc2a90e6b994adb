"""What is set in a New Era pump: read first, written only where it differs, read again."""

from __future__ import annotations

import math

from onset.dialects.new_era_numbers import (
    RATE_UNITS,
    VOLUME_UNITS,
    rate_words,
    read_number,
    sent_number,
    volume_words,
)
from onset.errors import DeviceFault
from onset.hardware.new_era_wire import NewEraWire

WANTED_FLAGS = {
    "PF": ("0", "it would pump on by itself after a power failure"),
    "TRG": ("OF", "a floating trigger input could start it"),
}
"""Settings that must not be as a former user may have left them, and why."""

NUMBER = r"\d*\.?\d*"
RATE = rf"{NUMBER}(?:UM|MM|UH|MH)"
VOLUME = rf"{NUMBER}(?:UL|ML)"
TRIES = 3


class NewEraSettings:
    """Every write is followed by a look; what does not stay after three tries is a fault."""

    def __init__(self, wire: NewEraWire) -> None:
        self._wire, self._name = wire, wire.name

    def correct(self, diameter_mm: float) -> list[str]:
        """Undo what a former user may have left; a sentence for each."""
        told = [sentence for word in WANTED_FLAGS for sentence in self._correct_flag(word)]
        return told + self._correct_diameter(diameter_mm) + self._correct_program()

    def _correct_flag(self, word: str) -> list[str]:
        wanted, danger = WANTED_FLAGS[word]
        reply = self._wire.command(word, may_refuse=True)
        if reply.error is not None:
            return [f"pump {self._name} does not know {word}: {danger}"]
        if reply.data == wanted:
            return []
        self.set_value(word, wanted)
        return [f"pump {self._name} had {word} {reply.data} ({danger}); set to {wanted}"]

    def _correct_diameter(self, diameter_mm: float) -> list[str]:
        text = sent_number(diameter_mm)
        wanted, found = read_number(text), self._diameter_in_memory()
        for _ in range(TRIES):
            if math.isclose(self._diameter_in_memory(), wanted, abs_tol=1e-3):
                break
            self._wire.command(f"DIA{text}")
        else:
            raise DeviceFault(f"pump {self._name} does not keep the syringe diameter {text} mm")
        if math.isclose(found, wanted, abs_tol=1e-3):
            return []
        return [f"pump {self._name} had a syringe of {found:g} mm in memory; set to {wanted:g} mm"]

    def _correct_program(self) -> list[str]:
        told = []
        for phase, function in ((2, "STP"), (1, "RAT")):
            self.set_value("PHN", str(phase))
            found = self._wire.command("FUN").data
            if found != function:
                self.set_value("FUN", function)
                told.append(
                    f"pump {self._name} had {found} in phase {phase} of its program; "
                    f"set to {function}"
                )
        return told

    def set_rate(self, rate_ul_min: float) -> str:
        """The rate, and the units that it is said in."""
        number, units = rate_words(rate_ul_min)
        wanted = float(number) * RATE_UNITS[units]
        for _ in range(TRIES):
            data = self._wire.command("RAT", RATE).data
            if data[-2:] == units and math.isclose(in_ul(data, RATE_UNITS), wanted, rel_tol=1e-6):
                return units
            self._wire.command(f"RAT{number}{units}")
        raise DeviceFault(f"pump {self._name} does not keep the rate {rate_ul_min:g} uL/min")

    def set_volume(self, volume_ul: float) -> list[str]:
        """The volume, 0 for without end; a sentence when its units had to change."""
        units = self._wire.command("VOL", VOLUME).data[-2:]
        number, wanted_units = _volume_words(volume_ul, units)
        wanted = float(number) * VOLUME_UNITS[wanted_units]
        for _ in range(TRIES):
            data = self._wire.command("VOL", VOLUME).data
            if data[-2:] != wanted_units:
                self._wire.command(f"VOL{wanted_units}")
            elif math.isclose(in_ul(data, VOLUME_UNITS), wanted, rel_tol=1e-6, abs_tol=1e-6):
                break
            self._wire.command(f"VOL{number}")
        else:
            raise DeviceFault(f"pump {self._name} does not keep the volume {volume_ul:g} uL")
        if units == wanted_units:
            return []
        counts = f"pump {self._name} counts in {wanted_units} from now on, not in {units}"
        return [f"{counts}: {volume_ul:g} uL needs the digits"]

    def set_value(self, word: str, value: str) -> None:
        """A word or a whole number."""
        for _ in range(TRIES):
            data = self._wire.command(word).data
            if data == value or (data.isdigit() and value.isdigit() and int(data) == int(value)):
                return
            self._wire.command(word + value)
        raise DeviceFault(f"pump {self._name} was told {word} {value} and says {data}")

    def _diameter_in_memory(self) -> float:
        return read_number(self._wire.command("DIA", NUMBER).data)


def in_ul(data: str, units: dict[str, float]) -> float:
    """`7.500MH` in uL/min, `0.500ML` in uL."""
    return read_number(data[:-2]) * units[data[-2:]]


def _volume_words(volume_ul: float, units: str) -> tuple[str, str]:
    """The volume in the units in force, or in others if it would lose more than a thousandth."""
    try:
        number = sent_number(volume_ul / VOLUME_UNITS[units])
    except ValueError:
        return volume_words(volume_ul)
    said_ul = float(number) * VOLUME_UNITS[units]
    if math.isclose(said_ul, volume_ul, rel_tol=1e-3):
        return number, units
    return volume_words(volume_ul)
