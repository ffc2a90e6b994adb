"""`onset check` and `onset schema` from the command line."""

import json

import jsonschema
import pytest

from onset.shipped import shipped

FORWARD = shipped("protocols", "tbab_forward.toml")
DEMO = shipped("devices", "demo.toml")


@pytest.fixture(autouse=True)
def fresh_syringes(monkeypatch, tmp_path):
    """No run of another test has used them up."""
    monkeypatch.setenv("ONSET_STATE", str(tmp_path))


def test_check_prints_timeline_and_totals(run_onset):
    done = run_onset("check", FORWARD, "--rig", DEMO)
    assert done.returncode == 0
    for word in ("275.0 s, 5500 frames", "7500 of 8000 uL left", "4.05 mJ/cm^2", "600 lit frames"):
        assert word in done.stdout


def test_check_as_json_is_one_document(run_onset):
    document = json.loads(run_onset("check", FORWARD, "--rig", DEMO, "--json").stdout)
    assert document["frames"] == 5500
    assert document["refusals"] == []


def test_the_schemas_are_valid_json_schema(run_onset):
    for kind in ("rig", "protocol"):
        schema = json.loads(run_onset("schema", kind).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
