"""How the models of the Harvard family differ in what they say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """One model's texts and habits; marked where nobody has recorded them."""

    ver: str
    version: tuple[str, ...]
    metrics: tuple[str, ...] = ()
    poll_answer: str | None = None
    """Elite: a sentence with {} for ON or OFF; None: nothing, as recorded from a Legato."""
    status_time_per_s: float = 1e3
    """Legato ms, Elite 1/56 MHz, PHD Ultra s."""
    has_target_flag: bool = True
    takes_nvram_none: bool = True


_ELITE_METRICS = (
    "Pump type          Pump 11",
    "Pump type string   11 ELITE I/W Single",
    "Display type       Sharp",
    "Steps per rev      400",
    "Gear ratio         1:1",
    "Pulley ratio       2.4:1",
    "Lead screw         24 threads per inch",
    "Microstepping      16 microsteps per step",
    "Low speed limit    27 seconds",
    "High speed limit   26 microseconds",
    "Motor polarity     Reverse",
    "Min syringe size   0.1 mm",
    "Max syringe size   33 mm",
    "Min raw force %    20%",
    "Max raw force %    80%",
    "Encoder            100 lines",
    "Direction          Infuse/withdraw",
)

MODELS: dict[str, Model] = {
    "legato": Model(
        ver="Legato 100 3.0.6",
        version=("Firmware:      v3.0.6", "Pump address:  {}", "Serial number: D101754"),
    ),
    "elite": Model(
        ver="11 ELITE I/W Single 3.0.4",
        version=("Firmware:      v3.0.4", "Pump address:  {}", "Serial number: C101218"),
        metrics=_ELITE_METRICS,
        poll_answer="Polling mode is {}",
        status_time_per_s=56e6,
    ),
    "phd ultra": Model(
        ver="PHD ULTRA I/W 2.0.0",
        version=("Firmware:      v2.0.0", "Pump address:  {}", "Serial number: A100000"),
        status_time_per_s=1.0,
        has_target_flag=False,
        takes_nvram_none=False,
    ),
}
"""Recorded: all of legato but `ver`; elite `ver` and `metrics`. The rest is inferred."""


def model_named(name: str) -> Model:
    """The model whose name is part of `name`; a Legato 100 for an empty one."""
    key = next((key for key in MODELS if key in name.lower()), "legato")
    return MODELS[key]


@dataclass(frozen=True, slots=True)
class KnownSyringe:
    """One make in the pump's list; inside diameters (mm) by volume (ml), as far as known here."""

    label: str
    volumes_ml: tuple[int, ...]
    diameters_mm: dict[int, float]


SYRINGES: dict[str, KnownSyringe] = {
    "hos": KnownSyringe("Hoshi", (1, 2, 3, 5, 10, 20, 30, 50, 100), {20: 20.45}),
    "bdp": KnownSyringe(
        "Becton Dickinson Plasti-pak",
        (1, 5, 10, 20, 60),
        {1: 4.699, 5: 11.99, 10: 14.43, 20: 19.05, 60: 26.59},
    ),
}
"""By the code that `syrmanu` takes; all of Hoshi is recorded."""
