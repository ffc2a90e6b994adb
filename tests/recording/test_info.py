"""`info` and `frames` say what the contract promises."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from onset.cli.info_view import MOST_GAPS
from onset.experiment.records import FrameFlag
from onset.experiment.rig import FlowSpec
from onset.recording.arrive import arrived
from onset.recording.info import frames_table, gaps, info
from onset.recording.marks import PlacedMark
from onset.recording.read import Recording
from onset.recording.session import FileText, Session
from onset.recording.write import Recorder

from .conftest import HOST_NS, a_frame, a_mark

Record = Callable[[Iterable[int]], Path]


@pytest.fixture
def recording(recorder: Recorder, record: Record) -> Recording:
    marks = [
        a_mark("shutter-open", 1.0),
        a_mark("inject", 2.0, values={"rate_ul_min": 125.0}, pump="A", reagent="TBAB"),
        a_mark("shutter-close", 3.0),
        a_mark("shutter-open", 4.0),
    ]
    for mark in marks:
        recorder.ledger.write("mark", mark, mark.latest_ns)
    folder = record(n for n in range(100) if n not in (7, 8, 50))
    recorder.seal("complete", expected=100, lost={"camera": 3}, achieved_speed=19.5)
    return Recording(folder)


def test_info_has_what_the_contract_names(recording: Recording) -> None:
    said = json.loads(json.dumps(info(recording)))
    assert said["status"] == "complete"
    assert said["reason"] is None
    assert said["frames"] == {
        "expected": 100,
        "written": 97,
        "dropped": 3,
        "cut": 0,
        "first": 0,
        "last": 99,
        "gaps": [[7, 8], [50, 50]],
        "lost": {"camera": 3},
        "shape": [24, 32],
        "dtype": "uint16",
    }
    assert said["clock"]["source"] == "camera clock"
    assert said["clock"]["offset_s"] == pytest.approx(HOST_NS / 1e9, abs=0.1)
    assert (said["speed"], said["rig"], said["protocol"]) == (19.5, "demo", "tbab")
    inject = said["marks"][1]
    assert set(inject) == {
        *("what", "step", "asked_s", "done_s", "t_s", "t_halfwidth_s", "frame"),
        *("frame_halfwidth", "values", "arrival", "pump", "reagent"),
    }
    assert inject["reagent"] == {"name": "TBAB", "ug_per_ml": None}
    assert abs(inject["frame"] - 40.1) <= inject["frame_halfwidth"]
    assert inject["done_s"] - inject["asked_s"] == pytest.approx(0.002)


def test_the_dose_counts_open_time_to_the_end_of_the_film(recording: Recording) -> None:
    dose = info(recording)["dose"]
    assert dose == {"open_s": pytest.approx(2.0 + 1.0, abs=0.02), "mj_per_cm2": None}


def test_one_row_per_frame(recording: Recording) -> None:
    rows = list(frames_table(recording))
    assert len(rows) == 97
    assert rows[7].number == 9
    assert rows[7].t_s == pytest.approx(0.45, abs=1e-6)
    assert rows[7].shutter_open
    assert rows[7].since_injection_s == pytest.approx(0.45 - 2.005, abs=0.005)
    assert rows[7].camera_s == pytest.approx(0.45 + 123_457e-9)


def test_unknown_is_none(recorder: Recorder) -> None:
    recorder.append(a_frame(0, flags=FrameFlag(0)))
    recording = Recording(recorder.folder)
    (row,) = frames_table(recording)
    assert (row.camera_s, row.since_injection_s, row.shutter_open) == (None, None, False)
    frames = info(recording)["frames"]
    assert isinstance(frames, dict)
    assert frames["dropped"] is None


def test_an_empty_recording_has_an_info(recorder: Recorder) -> None:
    mark = a_mark("shutter-close", 0)
    recorder.ledger.write("mark", mark, 0)
    said = info(Recording(recorder.folder))
    assert "NaN" not in json.dumps(said)
    assert said["status"] == "running"


def test_the_page_for_people_of_a_recording_without_frames(recorder, type_onset) -> None:
    recorder.ledger.write("mark", a_mark("note", 0, values={"text": "hm"}), 0)
    said = type_onset("info", recorder.folder)
    assert said.returncode == 0
    assert "none  hm" in said.stdout


def test_a_film_with_a_thousand_gaps_does_not_fill_the_screen(record, type_onset) -> None:
    said = type_onset("info", record(range(0, 100, 2)))
    assert said.stdout.count("is missing") == MOST_GAPS
    assert f"and {49 - MOST_GAPS} more" in said.stdout


def test_a_table_that_cannot_be_written_is_told_in_a_sentence(record, type_onset) -> None:
    table = record(range(3)) / "nowhere" / "frames.csv"
    said = type_onset("frames", table.parents[1], "--csv", table)
    assert (said.returncode, said.stderr) == (1, f"onset: {table}: No such file or directory\n")


def test_gaps_of_a_count_that_began_again(recorder: Recorder, record: Record) -> None:
    assert gaps(Recording(record([5, 6, 9, 0, 1, 3]))) == [(7, 8), (2, 2)]
    assert recorder.missing == 3


FLOW = FlowSpec.model_validate(
    {"dead_volume": "100 uL", "dead_volume_sd": "10 uL", "front": "sharp", "startup_lag": "1 s"}
)


def inject(volume_ul: float) -> PlacedMark:
    values = {"rate_ul_min": 600.0, "volume_ul": volume_ul}
    return PlacedMark("inject", 0, 5, 5, 5.0, 0.0, 100, 0.2, values)


def test_the_front_arrives_after_the_dead_volume() -> None:
    front = arrived(inject(500), FLOW)
    assert front is not None
    assert (front.t10_s, front.t50_s, front.t90_s) == (16.0, 16.0, 16.0)
    assert front.sd_s == pytest.approx(1.0)


def test_errors_of_volume_lag_and_mark_add_up() -> None:
    flow = FLOW.model_copy(update={"startup_lag_sd_s": 2.0})
    mark = replace(inject(500), t_halfwidth_s=2 * 3**0.5)
    front = arrived(mark, flow)
    assert front is not None
    assert front.sd_s == pytest.approx(3.0)


def test_a_delivery_that_was_stopped_arrives_only_with_what_went_in(recorder, record) -> None:
    values = {"rate_ul_min": 600.0, "volume_ul": 500.0}
    for pump, stopped_s in (("A", 12.0), ("B", 8.0), ("C", 60.0)):
        start = a_mark("inject", 1.0, values=values, pump=pump)
        stop = a_mark("pump-stop", stopped_s, values={"delivered_ul": 10 * stopped_s}, pump=pump)
        for mark in (start, stop):
            recorder.ledger.write("mark", mark, 0)
    marks = [mark for mark in Recording(record(range(20))).marks if mark.what == "inject"]
    assert [mark.values.get("delivered_ul") for mark in marks] == [120.0, 80.0, None]
    assert [arrived(mark, FLOW) is not None for mark in marks] == [True, False, True]


def test_a_volume_too_small_does_not_arrive() -> None:
    assert arrived(inject(50), FLOW) is None
    assert arrived(inject(500), None) is None


def test_a_run_that_was_cut_short_tells_what_was_planned(
    recorder: Recorder, record: Record, session: Session
) -> None:
    folder = record(range(60))
    recorder.seal("aborted", "Ctrl-C", expected=60)
    text = '[[steps]]\ndo = "expose"\nduration = "5 s"\n'
    planned = FileText(file="p.toml", text=f'name = "p"\n{text}')
    with Recording(folder) as recording:
        recording.session = recording.session.model_copy(update={"protocol": planned})
        frames = info(recording)["frames"]
    assert isinstance(frames, dict)
    assert (frames["expected"], frames["written"], frames["cut"]) == (100, 60, 40)
