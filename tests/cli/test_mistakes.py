"""A bad file gives one sentence and exit code 2, and nothing is recorded."""

import json

import pytest

from onset.shipped import shipped

PROTOCOL = shipped("protocols", "tbab_forward.toml").read_text(encoding="utf-8")
RIG = shipped("devices", "demo.toml").read_text(encoding="utf-8")
IN_PROTOCOL = {
    "not TOML": ('do = "inject"', "do = inject", "not valid TOML"),
    "a rig": (PROTOCOL, RIG, "is a rig, not a protocol"),
    "no steps": (PROTOCOL, 'name = "p"\nsteps = []\n', "steps: is empty"),
    "misspelt key": ("rate =", "rte =", "did you mean 'rate'"),
    "misspelt step": ('"shutter-open"', '"shutter-opn"', "did you mean 'shutter-open'"),
    "bare number": ('"7.5 mL/h"', "7.5", "has no unit"),
    "wrong dimension": ('"7.5 mL/h"', '"7.5 mL"', "is not a rate"),
    "rate beyond the pump": ('"7.5 mL/h"', '"7.5 L/h"', "outside what pump"),
    "volume beyond the syringe": ('"0.5 mL"', '"50 mL"', "its syringe holds"),
    "reagent that no pump holds": ('"TBAB"', '"TBAI"', "no pump on the rig"),
}
IN_RIG = {
    "no shutter": (RIG[RIG.index("[shutter]") : RIG.index("[flow]")], "", "has no shutter"),
    "unknown dialect": ('"new-era"', '"new-error"', "is not one of"),
    "unknown key": ("exposure =", "exposuer =", "did you mean 'exposure'"),
    "no configuration": ("demo.cfg", "none.cfg", "no such Micro-Manager configuration"),
    "a protocol": (RIG, PROTOCOL, "is a protocol, not a rig"),
    "no such emulator": ("sim://new-era", "sim://old-era", "sim://old-era: not known"),
    "no such model": ('"NE-1000"', '"NE-9"', "no model NE-9"),
}


@pytest.mark.parametrize(
    ("protocol", "rig", "said"),
    [(PROTOCOL.replace(a, b, 1), RIG, said) for a, b, said in IN_PROTOCOL.values()]
    + [(PROTOCOL, RIG.replace(a, b, 1), said) for a, b, said in IN_RIG.values()],
    ids=[*IN_PROTOCOL, *IN_RIG],
)
def test_a_bad_file_gives_one_sentence_and_exit_2(run_onset, tmp_path, protocol, rig, said):
    (tmp_path / "p.toml").write_text(protocol)
    (tmp_path / "r.toml").write_text(rig)
    cfg = shipped("devices", "demo.cfg")
    (tmp_path / "demo.cfg").write_text(cfg.read_text())
    words = ("run", tmp_path / "p.toml", "--rig", tmp_path / "r.toml", "--out", tmp_path / "rec")
    done = run_onset(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("onset: ")]) == 1
    assert not (tmp_path / "rec").exists()


@pytest.mark.parametrize("mistake", ["no configuration", "no such emulator", "no such model"])
def test_check_refuses_a_rig_that_cannot_be_opened(type_onset, tmp_path, mistake):
    right, wrong, said = IN_RIG[mistake]
    (tmp_path / "r.toml").write_text(RIG.replace(right, wrong, 1))
    (tmp_path / "demo.cfg").write_text(shipped("devices", "demo.cfg").read_text())
    done = type_onset(
        "check", shipped("protocols", "tbab_forward.toml"), "--rig", tmp_path / "r.toml"
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_a_folder_that_is_not_empty_is_refused(run_onset, tmp_path):
    (tmp_path / "precious.txt").write_text("data")
    done = run_onset("demo", "--no-view", "--out", tmp_path)
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_speed_is_refused_on_real_devices(run_onset):
    words = (shipped("protocols", "tbab_forward.toml"), "--rig", shipped("devices", "mm-demo.toml"))
    done = run_onset("run", *words, "--speed", "2")
    assert done.returncode == 2
    assert "fully simulated rig" in done.stderr


def test_an_unknown_command_is_exit_2(run_onset):
    assert run_onset("demmo").returncode == 2


def test_no_recording_is_told(run_onset, tmp_path):
    done = run_onset("info", tmp_path)
    assert done.returncode == 1
    assert "no recording here" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demmo",), "there is no command demmo (did you mean demo?): onset --help"),
        (("run",), "run: PROTOCOL is missing (Protocol file"),
        (("run", "p.toml"), "run: --rig is missing (Rig file"),
        (("run", "p.toml", "--rig"), "run: --rig needs a value"),
        (("info", "--jsn", "x"), "info: there is no option --jsn (did you mean --json?)"),
        (("simulate", "paper", "--out", "x", "--frames", "0"), "--frames should be greater"),
        (("model", "--concentration", "x"), "--concentration should be a valid number"),
        (("model", "--concentration", "-1"), "model: needs at least two different"),
        (("measure", "foo", "x"), "measure: WHAT: 'foo' is not one of 'dead-volume'"),
        (("check", "a", "b", "c", "--rig", "r"), "check: b c is too much"),
        (("emulate", "new-era"), "emulate: say where: --tcp 127.0.0.1:0"),
    ],
)
def test_what_is_typed_wrongly_is_told_in_one_sentence(type_onset, words, said):
    done = type_onset(*words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("onset: ")
    assert said in line


@pytest.mark.parametrize(
    ("words", "code"),
    [(("info", "nowhere"), 1), (("check", "no.toml", "--rig", "no.toml"), 2), (("info",), 2)],
)
def test_a_program_gets_the_error_as_a_document(type_onset, words, code):
    done = type_onset(*words, "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == error["exit_code"] == code
    assert done.stderr == f"onset: {error['message']}\n"


def test_a_plan_that_cannot_work_shows_no_totals(type_onset, tmp_path):
    (tmp_path / "p.toml").write_text(PROTOCOL.replace('"0.5 mL"', '"50 mL"'))
    done = type_onset("check", tmp_path / "p.toml", "--rig", shipped("devices", "demo.toml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "its syringe holds" in done.stderr
