"""How a film is taken without devices; rig, protocol and marks that its recording then shows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from onset.experiment.clock import NS
from onset.experiment.records import Mark, Stamps
from onset.models.flow import Front
from onset.recording.session import CameraHeader, FileText, Session, new_session
from onset.simulated.field import USUAL_UW_CM2
from onset.simulated.preset import Preset

START_NS = 100 * NS
PIXEL_UM = 0.13
READOUT_MS, LATENCY_MS = 5.0, (0.0, 5.0)
ASKED_NS, LAG_NS = 8_000_000, 20_000_000  # an injection's interval around its true start
LIT_BEFORE_NS = 1 * NS


@dataclass(frozen=True, slots=True)
class Taking:
    """The light is on all the time; one injection at most."""

    frames: int = 3000
    shape: tuple[int, int] = (512, 512)
    """Height and width of the image, px."""
    exposure_ms: float = 50.0
    injected_at_s: float | None = 30.0
    """Since the first frame; None: nothing is injected."""
    reagent: str = ""
    """When empty, the preset's that turns on what is dark, or off what is bright."""
    ug_per_ml: float = 1.0
    rate_ul_min: float = 125.0
    front: Front = field(default_factory=Front)
    """Sharp and without dead volume: reagent is at the field when the plunger moves."""
    bright: bool = False
    """Crystals are exchanged at first, and are to turn off."""
    irradiance_uw_cm2: float = USUAL_UW_CM2
    clean: bool = False
    """Write the noise-free film beside it."""
    seed: int = 1

    def __post_init__(self) -> None:
        if self.frames < 1 or min(self.shape) < 1 or self.exposure_ms <= 0:
            raise ValueError("a film has at least one frame, one pixel, and an exposure above 0")

    @property
    def injected_ns(self) -> int | None:
        """True start of the plunger."""
        return None if self.injected_at_s is None else START_NS + round(self.injected_at_s * NS)

    @property
    def lasts_s(self) -> float:
        """From the first exposure to the end of the last."""
        return self.frames * self.exposure_ms / 1000.0

    def injects(self, preset: Preset) -> str:
        """Name of the reagent."""
        return self.reagent or (preset.back_reagent if self.bright else preset.forward_reagent)


def marks(preset: Preset, taking: Taking) -> list[Mark]:
    """Light from before the first frame on, and the injection within its bounds."""
    lit_ns = START_NS - LIT_BEFORE_NS
    done = [Mark("shutter-open", 0, Stamps(lit_ns, lit_ns, lit_ns), lit_ns, lit_ns + NS // 100)]
    if taking.injected_ns is not None and taking.injected_at_s is not None:
        true_ns = taking.injected_ns
        asked_ns = true_ns - ASKED_NS
        stamps = Stamps(asked_ns, asked_ns, asked_ns + NS // 1000, true_ns, true_ns)
        volume_ul = taking.rate_ul_min / 60.0 * max(taking.lasts_s - taking.injected_at_s, 1.0)
        values = {"rate_ul_min": taking.rate_ul_min, "volume_ul": volume_ul}
        name = taking.injects(preset)
        latest_ns = asked_ns + LAG_NS
        done.append(
            Mark("inject", 2, stamps, asked_ns, latest_ns, values, name, name, taking.ug_per_ml)
        )
    return done


def session(preset: Preset, taking: Taking) -> Session:
    """As if the film had been taken on a rig; the preset and the taking in full are with it."""
    latency_ms = (READOUT_MS + LATENCY_MS[0], READOUT_MS + LATENCY_MS[1])
    header = CameraHeader(
        shape=taking.shape,
        dtype="uint16",
        exposure_ms=taking.exposure_ms,
        pixel_size_um=PIXEL_UM,
        latency_ms=latency_ms,
        counter_tag="FrameCounter",
        clock_tag="CameraClock-us",
        stamps="exposure-start",
        properties={
            "sample": json.dumps(asdict(preset)),
            "taking": json.dumps(asdict(taking)),
        },
    )
    return new_session(
        header,
        start_ns=START_NS,
        rig=FileText(file="simulated-film.toml", text=_rig(preset, taking)),
        protocol=FileText(file="simulated-film-protocol.toml", text=_protocol(preset, taking)),
        rig_name="simulated film",
        protocol_name="simulated film",
        clock="simulated",
    )


def _rig(preset: Preset, taking: Taking) -> str:
    height, width = taking.shape
    reagent = json.dumps(taking.injects(preset))
    front = taking.front
    return f"""name = "simulated film"
description = "taken without devices"

[sample]
name = "film"
seed = {taking.seed}
start = "{"bright" if taking.bright else "dark"}"

[camera]
config = "demo.cfg"
exposure = "{taking.exposure_ms!r} ms"
pixel_size = "{PIXEL_UM} um"
sensor = [{width}, {height}]
readout = "{READOUT_MS} ms"
frame_counter = "FrameCounter"
clock = {{ tag = "CameraClock-us", unit = "us", stamps = "exposure-start" }}
latency = ["{LATENCY_MS[0]} ms", "{LATENCY_MS[1]} ms"]

[pumps.{reagent}]
dialect = "new-era"
port = "sim://new-era"
syringe = {{ diameter = "14.43 mm", volume = "10 mL" }}
holds = {{ reagent = {reagent}, concentration = "{taking.ug_per_ml!r} ug/mL" }}
motor_lag = "{LAG_NS / 1e6} ms"

[shutter]
dialect = "uniblitz-d1"
port = "sim://uniblitz-d1"
irradiance = "{taking.irradiance_uw_cm2!r} uW/cm^2"

[flow]
dead_volume = "{front.dead_volume_ul!r} uL"
tubing_diameter = "{front.tubing_mm!r} mm"
diffusion = "{1e6 * front.diffusivity_mm2_s!r} um^2/s"
front = "{front.kind}"
"""


def _protocol(preset: Preset, taking: Taking) -> str:
    before_s = taking.lasts_s if taking.injected_at_s is None else taking.injected_at_s
    text = f"""name = "simulated film"
description = "taken without devices"
direction = "{"off" if taking.bright else "on"}"

[[steps]]
do = "shutter-open"

[[steps]]
do = "expose"
duration = "{max(before_s, 1e-3):.6f} s"
"""
    if taking.injected_at_s is None:
        return text
    return f"""{text}
[[steps]]
do = "inject"
reagent = {json.dumps(taking.injects(preset))}
concentration = "{taking.ug_per_ml!r} ug/mL"
rate = "{taking.rate_ul_min!r} uL/min"

[[steps]]
do = "expose"
duration = "{max(taking.lasts_s - taking.injected_at_s, 1e-3):.6f} s"
"""
