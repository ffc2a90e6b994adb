"""The simulated camera: when its frames come, what is on them, and what it tells afterwards."""

import json
import threading
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from pymmcore_plus.experimental.unicore import UniMMCore

from onset.experiment import clock as clocks
from onset.experiment.clock import NS, ScaledClock
from onset.simulated.camera import SimulatedCamera, warm_up

CONFIG = Path(__file__).parents[2] / "devices" / "demo.cfg"


@pytest.fixture
def camera(clock, here):
    """A camera of 128 x 128 px on a leaping clock; `take` gives n frames and their tags."""
    made = SimulatedCamera()
    for name, value in {
        "SampleName": here.name,
        "Seed": 5,
        "Sensor_px": 128,
        "Particles": 30,
        "DeadVolume_uL": 0,
    }.items():
        made.set_property_value(name, value)
    return made


def take(camera, n, before_delivery=lambda number: None):
    """Frames and tags; the hook is called when a frame is about to be asked for."""
    slots = []

    def slot(shape, dtype):
        slots.append(np.zeros(shape, dtype))
        return slots[-1]

    tags = []
    sequence = camera.start_sequence(n, slot)
    for number in range(n):
        before_delivery(number)
        tags += list(islice(sequence, 1))
    sequence.close()
    return np.array(slots), tags


def test_frames_count_and_carry_the_camera_clock(camera):
    camera.set_property_value("ClockDrift_ppm", "100")
    camera.set_exposure(20.0)
    _, tags = take(camera, 5)
    assert [tag["FrameCounter"] for tag in tags] == ["0", "1", "2", "3", "4"]
    times_us = [int(tag["CameraClock-us"]) for tag in tags]
    assert times_us[0] > 100e6
    assert np.diff(times_us) == pytest.approx(20002.0, abs=1)


def test_a_dropped_frame_is_counted_and_not_delivered(camera):
    camera.set_property_value("DropFrames", "1,3")
    _, tags = take(camera, 5)
    assert [tag["FrameCounter"] for tag in tags] == ["0", "2", "4"]


def test_frames_are_delivered_after_their_readout(camera, clock):
    late_ms = []
    camera.set_property_value("ClockOffset_s", 0)
    switched_on_ns = camera._switched_on_ns
    for tag in camera.start_sequence(20, np.empty):
        start_ns = switched_on_ns + int(tag["CameraClock-us"]) * 1000
        late_ms.append((clock.now_ns() - start_ns) / 1e6 - 50.0)
    assert 6.0 <= min(late_ms) <= max(late_ms) < 9.1


def test_without_a_shutter_the_light_is_on(camera):
    frames, _ = take(camera, 2)
    assert frames.mean() == pytest.approx(100 + 5 * 2, abs=0.1)


def test_the_field_is_dark_until_the_shutter_opens(camera, here, clock):
    here.light.fit_shutter()
    start_ns = clock.now_ns() + 10_000_000
    here.light.open(start_ns + round(1.5 * 50e6))
    frames, _ = take(camera, 4)
    levels = frames.mean(axis=(1, 2)) - 100
    assert levels == pytest.approx([0.0, 5.0, 10.0, 10.0], abs=0.15)


def test_a_shutter_that_moves_while_the_frame_is_rendered_is_seen(camera, here, clock):
    here.light.fit_shutter()

    def open_during_exposure(number):
        if number == 2:  # frame 2 has begun and is rendered as dark when its exposure begins
            here.light.open(0)

    frames, _ = take(camera, 4, open_during_exposure)
    assert frames.mean(axis=(1, 2)) - 100 == pytest.approx([0.0, 0.0, 10.0, 10.0], abs=0.15)


def test_a_command_between_exposure_and_delivery_counts(camera, here, clock, monkeypatch):
    here.light.fit_shutter()
    wait, opened = clock.wait_until, []

    def wait_and_open(t_ns, event=None):
        if len(opened) < 2:
            opened.append(t_ns)
        if len(opened) == 2:  # waiting for the delivery: the frame was rendered in the dark
            here.light.open(opened[0])
        return wait(t_ns, event)

    monkeypatch.setattr(clock, "wait_until", wait_and_open)
    frames, _ = take(camera, 1)
    assert frames[0].mean() - 100 == pytest.approx(10.0, abs=0.15)


def test_the_same_seed_gives_the_same_frames(camera):
    first, _ = take(camera, 3)
    again, _ = take(camera, 3)
    assert np.array_equal(first, again)
    camera.set_property_value("Seed", 6)
    assert not np.array_equal(first, take(camera, 3)[0])


def test_without_a_seed_one_is_drawn_and_told():
    assert SimulatedCamera().get_property_value("Seed") != SimulatedCamera().get_property_value(
        "Seed"
    )


def test_particles_turn_on_where_the_truth_says(camera, here, clock, tmp_path):
    here.plunger("TBAB", "TBAB", 10.0).start(clock.now_ns() + NS, 2.0)
    camera.set_exposure(200.0)
    frames, _ = take(camera, 60)
    camera.set_property_value("TruthFile", str(tmp_path / "truth.parquet"))
    truth = pq.read_table(tmp_path / "truth.parquet").to_pandas()
    assert list(truth.columns[:7]) == [
        "y_px",
        "x_px",
        "t0_s",
        "tau_s",
        "amplitude",
        "is_cluster",
        "turned_on",
    ]
    assert truth.turned_on.all()
    rise = frames[-20:].mean(axis=0) - frames[:5].mean(axis=0)
    places = rise[truth.y_px.round().astype(int), truth.x_px.round().astype(int)]
    assert (places > 50).all()
    assert truth.amplitude.median() == pytest.approx(4400 * 0.2, rel=0.2)


def test_the_truth_tells_what_the_devices_did(camera, here, clock, tmp_path):
    here.light.fit_shutter()
    here.light.open(clock.now_ns() + NS)
    here.plunger("TBAB", "TBAB", 2.0).start(clock.now_ns() + 2 * NS, 2.0)
    take(camera, 30)
    camera.set_property_value("TruthFile", str(tmp_path / "truth.parquet"))
    told = json.loads((tmp_path / "truth.json").read_text())
    (plunger,), (move,) = told["plungers"], told["shutter"]
    assert plunger["moves"][0]["ul_per_s"] == 2.0
    assert plunger["moves"][0]["t_s"] == pytest.approx(1.99, abs=0.001)
    assert move["t_ns"] - told["first_exposure_ns"] == pytest.approx(0.99 * NS, abs=1e6)
    assert told["seed"] == 5
    assert not pq.read_table(tmp_path / "truth.parquet").column("turned_on").to_numpy().any()


def test_truth_before_any_film_is_refused(camera, tmp_path):
    with pytest.raises(ValueError, match="no film yet"):
        camera.set_property_value("TruthFile", str(tmp_path / "truth.parquet"))


def test_a_region_and_binning_change_the_image(camera):
    camera.set_roi(10, 20, 40, 30)
    assert take(camera, 1)[0].shape == (1, 30, 40)
    camera.set_property_value("Binning", "2")
    frames, _ = take(camera, 1)
    assert frames.shape == (1, 64, 64)
    assert frames.mean() - 100 == pytest.approx(40.0, abs=0.5)


def test_the_view_in_the_truth_leads_from_the_sensor_to_the_image(camera, tmp_path):
    camera.set_property_value("StartState", "bright")
    camera.set_property_value("Binning", "2")
    camera.set_roi(8, 12, 48, 40)
    frames, _ = take(camera, 4)
    camera.set_property_value("TruthFile", str(tmp_path / "truth.parquet"))
    told = pq.read_table(tmp_path / "truth.parquet")
    view = json.loads((tmp_path / "truth.json").read_text())["view"]
    b = view["binning"]
    rows, columns = (
        np.rint((told.column(f"{axis}_px").to_numpy() - (b - 1) / 2) / b - view[axis]).astype(int)
        for axis in "yx"
    )
    inside = (rows >= 0) & (rows < 40) & (columns >= 0) & (columns < 48)
    image = frames.mean(axis=0)
    assert inside.sum() > 3
    assert np.median(image[rows[inside], columns[inside]]) > np.median(image) + 40


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("StartState", "grey"),
        ("Front", "steep"),
        ("Seed", "-1"),
        ("DropFrames", "one"),
        ("Exposure", "0"),
        ("Binning", "3"),
        ("CameraModel", "vidicon"),
        ("Latency_ms", "4,1"),
    ],
)
def test_a_bad_value_is_refused(camera, name, value):
    with pytest.raises(ValueError):
        camera.set_property_value(name, value)


def test_a_region_beyond_the_sensor_is_refused(camera):
    with pytest.raises(ValueError, match="not within 128 x 128"):
        camera.set_roi(100, 0, 40, 40)


@pytest.mark.parametrize("model", ["plain", "ccd", "scmos", "emccd"])
def test_a_film_repeats_bit_by_bit_with_every_camera(camera, here, clock, model):
    camera.set_property_value("CameraModel", model)
    here.plunger("TBAB", "TBAB", 10.0).start(clock.now_ns(), 2.0)
    start_ns = clock.now_ns()
    first, _ = take(camera, 30)
    here.reset()
    here.plunger("TBAB", "TBAB", 10.0).start(clock.now_ns(), 2.0)
    assert clock.now_ns() > start_ns
    assert first.std() > 0
    again, _ = take(camera, 30)
    assert np.array_equal(first[:5], again[:5])


def test_the_sample_file_chooses_sample_and_camera(camera):
    file = CONFIG.parent / "samples" / "emccd.toml"
    camera.set_property_value("SampleFile", str(file))
    assert take(camera, 1)[0].mean() == pytest.approx(200 + 5 * 300 / 12, rel=0.02)


def test_gain_and_latency_are_properties(camera, clock):
    camera.set_property_value("Gain", "2")
    frames, _ = take(camera, 2)
    assert frames.mean() - 100 == pytest.approx(20.0, abs=0.2)
    camera.set_property_value("Latency_ms", "30,40")
    camera.set_property_value("ClockOffset_s", 0)
    (tag,) = list(camera.start_sequence(1, np.empty))
    start_ns = camera._switched_on_ns + int(tag["CameraClock-us"]) * 1000
    assert 35.0 < (clock.now_ns() - start_ns) / 1e6 - 50.0 < 45.1


def test_the_noise_free_film_is_what_the_noise_is_made_from(camera, tmp_path):
    camera.set_property_value("StartState", "bright")
    camera.set_property_value("NoiseFreeFilm", str(tmp_path / "clean.tif"))
    frames, _ = take(camera, 40)
    clean = tifffile.imread(tmp_path / "clean.tif")
    assert clean.shape == frames.shape
    assert clean.dtype == np.float32
    noise = (frames - 100.0) * 0.5 - clean
    assert abs(noise.mean()) < 0.01
    assert noise.var() == pytest.approx(clean.mean() + 1.6**2, rel=0.02)


def test_a_rolling_shutter_shows_the_light_come_row_by_row(camera, here, clock):
    here.light.fit_shutter()
    camera.set_property_value("ElectronicShutter", "rolling")
    camera.set_property_value("Readout_ms", "40")
    here.light.open(clock.now_ns() + 10_000_000 + 50_000_000)
    frames, _ = take(camera, 2)
    rows = (frames[0] - 100.0).mean(axis=1)
    assert rows[0] == pytest.approx(0.0, abs=1.5)
    assert np.polyfit(np.arange(128), rows, 1)[0] * 128 == pytest.approx(8.0, abs=0.6)


def test_reagent_properties_reach_the_field(camera, here, clock, tmp_path):
    for name, value in {"Compliance_s": 0.5, "Backlash_uL": 1, "CellMixing_uL": 2}.items():
        camera.set_property_value(name, value)
    camera.set_property_value("Front", "auto")
    here.plunger("TBAB", "TBAB", 10.0).start(clock.now_ns(), 2.0)
    take(camera, 3)
    camera.set_property_value("TruthFile", str(tmp_path / "truth.parquet"))
    told = json.loads((tmp_path / "truth.json").read_text())
    levels = [content["ug_per_ml"]["TBAB"] for content in told["field"]]
    assert len(levels) == 64
    assert levels[-1] == pytest.approx(10.0)


@pytest.fixture
def core():
    before = clocks.installed()
    clocks.install(ScaledClock(1000.0))
    made = UniMMCore()
    made.loadSystemConfiguration(str(CONFIG))
    yield made
    made.unloadAllDevices()
    clocks.install(before)


def test_the_core_films_and_time_waits_for_the_frames(core, here):
    for name, value in {"SampleName": here.name, "Sensor_px": 64, "Particles": 5}.items():
        core.setProperty("Camera", name, value)
    core.setExposure(10.0)
    core.startSequenceAcquisition(50, 0, True)
    numbers = []
    while core.isSequenceRunning() or core.getRemainingImageCount():
        if core.getRemainingImageCount():
            image, tags = core.popNextImageAndMD()
            numbers.append(int(tags["FrameCounter"]))
            assert image.shape == (64, 64)
        else:
            time.sleep(0.0005)
    assert numbers == list(range(50))
    asked_ns = clocks.installed().now_ns()
    assert not clocks.installed().wait_until(asked_ns + NS)  # released: time goes on


def test_a_stopped_sequence_lets_time_go_on(core, here):
    core.setProperty("Camera", "SampleName", here.name)
    core.startSequenceAcquisition(10**6, 0, True)
    while not core.getRemainingImageCount():
        time.sleep(0.0005)
    core.stopSequenceAcquisition()
    done = threading.Event()
    clock = clocks.installed()
    later = threading.Thread(
        target=lambda: (clock.wait_until(clock.now_ns() + 60 * NS), done.set())
    )
    later.start()
    assert done.wait(30.0)
    later.join()


def test_a_frame_takes_little_time(clock):
    warm_up()
    camera = SimulatedCamera()
    best_s = []
    for _ in range(3):
        start = time.thread_time()  # not the clock on the wall: others may run meanwhile
        for _ in camera.start_sequence(40, np.empty):
            pass
        best_s.append((time.thread_time() - start) / 40)
    assert min(best_s) < 0.010  # 100 frames of 512 x 512 px per second on one core
