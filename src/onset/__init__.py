"""onset runs single-particle turn-on experiments at a fluorescence microscope."""

from importlib.metadata import version

from onset.acquisition.client import Instrument
from onset.recording.read import Recording

__version__ = version("onset")
__all__ = ["Instrument", "Recording", "open"]

open = Recording  # noqa: A001 - `onset.open(path)` reads like the built-in
