"""The file of the default preset says what the defaults are."""

from onset.shipped import shipped
from onset.simulated.preset import Preset, read_preset


def test_the_file_of_the_default_preset_is_the_default():
    assert read_preset(shipped("devices", "samples/paper.toml")) == Preset()
