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
    ],
)
def test_a_mistake_is_named(tmp_path, text, message):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(FileMistake, match=message):
        read_preset(file)
