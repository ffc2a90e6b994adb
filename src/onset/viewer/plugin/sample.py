"""napari's sample data: a small simulated recording, made the first time it is asked for."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from onset.acquisition.live import spots_of
from onset.experiment.places import state_folder
from onset.recording.layout import LIVE_SPOTS
from onset.recording.read import Recording
from onset.simulated.film import take_film
from onset.simulated.preset import Preset
from onset.simulated.taking import Taking
from onset.viewer.plugin.layers import LayerData, layers_of

PRESET = Preset(particles=40)
TAKING = Taking(frames=600, shape=(160, 160), injected_at_s=16.0, ug_per_ml=10.0, seed=3)


def turning_on() -> list[LayerData]:
    """Layers of the simulated recording."""
    return layers_of(sample_recording(state_folder() / "sample"))


def sample_recording(folder: Path) -> Path:
    """The recording in `folder`, simulated and searched for spots where it is not there yet."""
    if folder.is_dir():
        return folder
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    take_film(draft, PRESET, TAKING)
    with Recording(draft) as recording, (draft / LIVE_SPOTS).open("w", encoding="utf-8") as out:
        for spot in spots_of(recording):
            out.write(json.dumps(asdict(spot)) + "\n")
    draft.replace(folder)
    return folder
