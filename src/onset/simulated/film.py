"""A film of the simulated sample becomes a recording at once: no devices, no pacing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from onset.experiment.records import Frame, FrameFlag
from onset.recording.layout import TRUTH
from onset.recording.session import Session
from onset.recording.write import Recorder
from onset.simulated.exposures import CameraClock, Timing
from onset.simulated.field import Surroundings
from onset.simulated.optics import View
from onset.simulated.preset import Preset
from onset.simulated.sample import Sample
from onset.simulated.sensors import MODELS, Chip
from onset.simulated.shot import Shot
from onset.simulated.taking import LATENCY_MS, READOUT_MS, START_NS, Taking, marks, session
from onset.simulated.world import World

CLEAN = "noise-free.tif"
FLAGS = FrameFlag.LIT | FrameFlag.CAMERA_TIME | FrameFlag.COUNTED


def take_film(
    folder: Path,
    preset: Preset,
    taking: Taking,
    tell: Callable[[int], None] = lambda _frames: None,
) -> Session:
    """Record a film into `folder` (new) with marks and truth; `tell` hears how many are done.

    Raises ValueError for a preset that does not fit into the field, RecordingFault where the folder
    cannot be written.
    """
    sample = Sample(preset, taking.shape, taking.seed, bright=taking.bright)
    with Recorder(folder, session(preset, taking)) as recorder:
        for mark in marks(preset, taking):
            recorder.ledger.write("mark", mark, mark.earliest_ns, sync=True)
        shot = _shot(folder, sample, taking)
        try:
            for frame in _frames(shot, taking):
                recorder.append(frame)
                tell(recorder.written)
        finally:
            shot.close()
        shot.write_truth(folder / TRUTH)
        return recorder.seal("complete", expected=taking.frames)


def _shot(folder: Path, sample: Sample, taking: Taking) -> Shot:
    height, width = taking.shape
    view, side = View(0, 0, height, width), max(taking.shape)
    return Shot(
        sample,
        _world(sample.preset, taking),
        Surroundings(taking.front, irradiance_uw_cm2=taking.irradiance_uw_cm2),
        view,
        Chip(MODELS[sample.preset.camera], view, side),
        taking.seed,
        sensor_px=side,
        clean_film=folder / CLEAN if taking.clean else None,
    )


def _world(preset: Preset, taking: Taking) -> World:
    """A plunger that moves from the injection on; no shutter, so light all the time."""
    there = World("film")
    if taking.injected_ns is not None:
        plunger = there.plunger("pump", taking.injects(preset), taking.ug_per_ml)
        plunger.start(taking.injected_ns, taking.rate_ul_min / 60.0)
    return there


def _frames(shot: Shot, taking: Taking) -> Iterator[Frame]:
    timing = Timing(taking.exposure_ms, taking.exposure_ms, READOUT_MS, LATENCY_MS, taking.seed)
    clock = CameraClock(START_NS, 0.0, 0.0)
    for exposure in timing.exposures(START_NS, range(taking.frames)):
        shot.anticipate(exposure)
        stamp_ns = clock.stamp_us(exposure.start_ns) * 1000
        image = shot.finish(exposure)
        yield Frame(exposure.number, image, stamp_ns, None, exposure.delivered_ns, FLAGS)
