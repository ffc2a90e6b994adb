"""One file tells what happened, without the film."""

import zipfile

import pytest

from onset.errors import RecordingFault
from onset.recording.bug_report import report_bug
from onset.recording.layout import LEDGER, SESSION


def test_without_a_recording_there_is_nothing_to_pack(tmp_path):
    with pytest.raises(RecordingFault, match="no recording here"):
        report_bug(tmp_path, tmp_path / "out.zip")


def test_of_a_run_that_was_killed_before_its_first_frame(tmp_path):
    (tmp_path / SESSION).write_text("{}")
    (tmp_path / LEDGER).write_text("x")
    names = report_bug(tmp_path, tmp_path.parent / "out.zip")
    assert {SESSION, LEDGER, "versions.txt", "files.txt"} == set(names)
    with zipfile.ZipFile(tmp_path.parent / "out.zip") as packed:
        assert "numpy" in packed.read("versions.txt").decode()
