"""A dye injected at two rates tells dead volume and start-up lag of the simulated plumbing."""

import re

import pytest

import onset
from onset.recording.front import curve_of, plumbing
from onset.shipped import shipped

LAG_S = 0.6
DYE = {
    "seed = 1 ": 'file = "samples/dye.toml"\nseed = 1 ',
    'buffer = "256 MB"': f"properties = {{ Compliance_s = {LAG_S} }}",
    'tubing_diameter = "0.5 mm"': 'tubing_diameter = "0.15 mm"\ndiffusion = "500 um^2/s"',
    'front = "sharp" ': 'front = "taylor-aris" ',
}


def filmed(carry, folder, rate):
    protocol = shipped("protocols", "dead_volume.toml").read_text(encoding="utf-8")
    protocol = re.sub('rate = ".*?"', f'rate = "{rate}"', protocol.replace("10 s", "1 s"))
    small = 'on_orphan = "abort"\n[camera]\nroi = [0, 0, 64, 64]'
    protocol = protocol.replace('on_orphan = "abort"', small)
    ended = carry(protocol, speed=40.0, **DYE)
    assert (ended.status, ended.reason) == ("complete", None)
    return (folder / "rec").rename(folder / rate.split()[0])


def test_two_films_of_a_dye_give_the_lines_for_the_rig(carry, tmp_path):
    films = [filmed(carry, tmp_path, rate) for rate in ("7.5 mL/h", "15 mL/h")]
    recordings = [onset.open(film) for film in films]
    found = plumbing([curve_of(recording) for recording in recordings], recordings[0].rig.flow)
    assert found.front == "taylor-aris"
    assert found.dead_volume_ul == pytest.approx(20, abs=max(4 * found.dead_volume_sd_ul, 0.2))
    assert found.startup_lag_s == pytest.approx(LAG_S, abs=max(4 * found.startup_lag_sd_s, 0.06))
    assert found.diffusion_um2_s == pytest.approx(500, rel=0.1)
