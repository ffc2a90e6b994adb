"""Preset files: what is left out is as in the paper; mistakes are named."""

import pytest

from onset.errors import FileMistake
from onset.simulated.preset import Preset, read_preset


def test_a_file_changes_only_what_it_names(tmp_path):
    file = tmp_path / "few.toml"
    file.write_text("particles = 20\non_s = 1\n")
    assert read_preset(file) == Preset(particles=20, on_s=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("particels = 20", "did you mean 'particles'"),
        ("particles = 2.5", "particles: 2.5 is not a int"),
        ("particles", "cannot be read"),
        ("particles = -3", "particles must not be below 0"),
        ("psf_sigma_px = 0", "psf_sigma_px must be above 0"),
        ("electrons_per_s = nan", "electrons_per_s must be a number"),
        ("cluster_fraction = 2", "cluster_fraction is a part"),
        ("blinking = 'power-law'\nblink_exponent = 1", "blink_exponent must not be 1"),
        ("blink_most_s = 0.01", "blink_most_s must be above"),
        ("bright_nm = 380", "bright_nm must be above"),
        ("lowest_ug_per_ml = 0.5", "above the laws' pole at 0.7"),
        ("switching_a = 0\nswitching_c = 0", "it would take no time"),
        ("kinetics = 'nucleation'\nk0 = 0", "k0 must be above 0"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, message):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(FileMistake, match=message):
        read_preset(file)
