"""A film of a bright front gives the lines of the rig's plumbing."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from onset.cli.app import app
from onset.errors import RecordingFault
from onset.experiment.rig import FlowSpec
from onset.models.flow import Front, transit
from onset.recording.front import curve_of, plumbing
from onset.recording.read import Recording
from onset.recording.write import Recorder

from .conftest import INTERVAL_NS, a_frame, a_mark

LAG_S = 0.6
INJECTED_S = 2.0


def a_film(folder, session, rate_ul_min, *, kind="taylor-aris", spots=False):
    """20 ul to the field, in a tube of 0.25 mm; the front begins to move `LAG_S` late."""
    front = Front(kind, 20.0, 0.25, 5e-4)
    rate_ul_s = rate_ul_min / 60
    parts = np.linspace(1e-4, 1 - 1e-4, 2000)
    at_s = [20.0 * transit(part, front, rate_ul_s) / rate_ul_s for part in parts]
    rng = np.random.default_rng(2)
    with Recorder(folder, session) as recorder:
        values = {"rate_ul_min": rate_ul_min, "volume_ul": 60.0}
        # a_mark: an interval of 10 ms that begins at the time given
        mark = a_mark("inject", INJECTED_S - 0.005, values=values, pump="dye")
        recorder.ledger.write("mark", mark, 0)
        for n in range(round((INJECTED_S + 3600 / rate_ul_min) * 1e9 / INTERVAL_NS)):
            since_s = (n + 0.5) * INTERVAL_NS / 1e9 - INJECTED_S - LAG_S
            frame = a_frame(n)
            bright = 200 + 100 * np.interp(since_s, at_s, parts, left=0.0)
            frame.image[:] = rng.poisson(200 if spots else bright, frame.image.shape)
            if spots:
                frame.image[10:13, 10:13] = rng.poisson(10 * bright - 1800, (3, 3))
            recorder.append(frame)
        recorder.seal("complete")
    return folder


def test_two_rates_give_dead_volume_and_lag(tmp_path, session):
    films = [a_film(tmp_path / str(rate), session, rate) for rate in (125.0, 250.0)]
    curves = [curve_of(Recording(film)) for film in films]
    flow = FlowSpec.model_validate({"dead_volume": "1 uL", "tubing_diameter": "0.25 mm"})
    found = plumbing(curves, flow)
    assert found.front == "taylor-aris"
    assert abs(found.dead_volume_ul - 20) < max(3 * found.dead_volume_sd_ul, 0.6)
    assert abs(found.startup_lag_s - LAG_S) < max(3 * found.startup_lag_sd_s, 0.2)
    assert found.diffusion_um2_s == pytest.approx(500, rel=0.25)
    assert 'startup_lag = "0.' in found.toml


def test_the_command_offers_lines_for_the_rig_file(tmp_path, session):
    film = a_film(tmp_path / "film", session, 125.0, kind="laminar")
    done = CliRunner().invoke(app, ["measure", "dead-volume", str(film)])
    assert 'front = "laminar"' in done.stdout
    shown = CliRunner().invoke(app, ["measure", "dead-volume", str(film), "--json"])
    found = json.loads(shown.stdout)
    # one film cannot tell the lag from volume
    assert found["dead_volume_ul"] == pytest.approx(20 + LAG_S * 125 / 60, rel=0.05)
    assert found["startup_lag_s"] is None


def test_a_film_without_an_injection_has_no_front(record, recorder):
    folder = record(range(20))
    recorder.seal("complete")
    with pytest.raises(RecordingFault, match="no injection"):
        curve_of(Recording(folder))


def test_spots_that_turn_on_are_no_front(tmp_path, session):
    film = a_film(tmp_path / "film", session, 125.0, spots=True)
    with Recording(film) as recording, pytest.raises(RecordingFault, match="comes from spots"):
        plumbing([curve_of(recording)], None)
