"""Rig files: every device with its wire, and no key ignored."""

import json
from pathlib import Path

import pytest

from onset.errors import FileMistake
from onset.experiment.protocol import Protocol, read_protocol
from onset.experiment.rig import Rig, parse_rig, read_rig
from onset.shipped import shipped

DEMO = shipped("devices", "demo.toml").read_text(encoding="utf-8")
MISTAKES = {
    "a misspelt device": ('dialect = "new-era"', 'dialect = "new-area"', "'new-area' is not one"),
    "a misspelt key of a syringe": ("diameter =", "diametre =", "did you mean 'diameter'"),
    "a bare pixel size": ('pixel_size = "0.13 um"', "pixel_size = 0.13", "has no unit"),
    "latency backwards": ('["0 ms", "5 ms"]', '["5 ms", "0 ms"]', "must not be larger"),
    "a pump without a port": ('port = "sim://new-era"  ', "", "port is missing"),
    "no camera": ("[camera]", "[camra]", "did you mean 'camera'"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told(right, wrong, said):
    assert right in DEMO
    with pytest.raises(FileMistake, match=said):
        parse_rig(DEMO.replace(right, wrong), Path("demo.toml"))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileMistake, match="no such file"):
        read_rig(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("kind", "read"), [("devices", read_rig), ("protocols", read_protocol)], ids=["rig", "protocol"]
)
def test_every_shipped_file_is_valid(kind, read):
    files = sorted(shipped("devices", "demo.toml").parents[1].glob(f"{kind}/*.toml"))
    assert len(files) >= 4
    for file in files:
        assert read(file).name


def test_only_a_rig_on_emulated_wires_may_run_faster():
    assert read_rig(shipped("devices", "demo.toml")).is_simulated
    assert not read_rig(shipped("devices", "mm-demo.toml")).is_simulated


@pytest.mark.parametrize("model", [Rig, Protocol])
def test_the_schema_says_that_quantities_are_text_with_a_unit(model):
    schema = json.dumps(model.model_json_schema(by_alias=True))
    assert '"examples": ["50 ms"]' in schema
    assert "exposure_ms" not in schema
