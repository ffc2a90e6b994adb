"""Pumps chained on one wire: each hears its own, all are watched, no byte goes astray."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onset.errors import FileMistake, WireFault
from onset.experiment.clock import SystemClock
from onset.experiment.rig import parse_rig
from onset.hardware.addresses import pump_address
from onset.hardware.port import Ports
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.shipped import shipped

THREE = shipped("devices", "three-pumps.toml").read_text(encoding="utf-8")
NAMES = ("TBAB", "rinse", "TBAC")


def chained(port="sim://new-era", sample="chained"):
    """The three pumps on one port, at 0, 1 and 2."""
    head, *pumps = THREE.replace('"three-pumps"', f'"{sample}"').split('port = "sim://new-era"')
    return head + "".join(
        f'port = "{port}"\naddress = {place}{pump}' for place, pump in enumerate(pumps)
    )


def connect(rig, clock, wire):
    ports = Ports()
    contents_ul = {name: spec.content_ul for name, spec in rig.pumps.items()}
    return {
        name: open_pump(
            name,
            spec.model_copy(update={"port": pump_address(rig, name, {}, contents_ul)}),
            clock,
            wire,
            ports=ports,
        )
        for name, spec in rig.pumps.items()
    }


@pytest.fixture
def pumps(here, clock, wire):
    opened = connect(parse_rig(chained(sample=here.name), Path("chain.toml")), clock, wire)
    yield opened
    for pump in opened.values():
        pump.close()


def test_each_pump_does_its_own(pumps, here, clock):
    jobs = {"TBAB": PumpJob("infuse", 600, 20), "TBAC": PumpJob("withdraw", 300, 30)}
    for name, job in jobs.items():
        pumps[name].prepare(job)
    for name in jobs:
        pumps[name].start()
    clock.advance(1)
    states = {name: pump.status().state for name, pump in pumps.items()}
    assert states == {"TBAB": "infusing", "rinse": "stopped", "TBAC": "withdrawing"}
    for _ in range(3):
        clock.advance(2)
        seen = {name: pump.status() for name, pump in pumps.items()}
    assert {name: status.delivered_ul for name, status in seen.items()} == pytest.approx(
        {"TBAB": 20, "rinse": 0, "TBAC": 30}, abs=0.1
    )
    truth = {p.pump: p.delivered_ul(clock.now_ns()) for p in here.plungers()}
    assert truth == pytest.approx({"TBAB": 20, "rinse": 0, "TBAC": -30}, abs=0.1)


def test_they_talk_on_one_wire_and_every_byte_is_told_once(pumps, wire):
    assert len({id(pump._wire.port.wire.line) for pump in pumps.values()}) == 1
    wire.passed.clear()
    pumps["rinse"].status()
    assert wire.said("host") == [b"1DIS\r"]
    assert wire.said("device") == [b"\x0201SI0.000W0.000ML\x03"]


def test_the_wire_is_closed_by_the_last(here, clock, wire):
    opened = connect(parse_rig(chained(sample=here.name), Path("chain.toml")), clock, wire)
    opened["TBAB"].close()
    opened["TBAB"].close()
    assert opened["rinse"].status().state == "stopped"
    opened["rinse"].close()
    opened["TBAC"].close()
    assert not opened["TBAC"]._wire.port.wire.is_open


def test_a_pump_that_is_not_in_the_chain_is_told_by_its_name(here, clock, wire):
    ports = Ports()
    port = f"sim://new-era?sample={here.name}&chain=0,1"
    rig = parse_rig(chained(port), Path("chain.toml"))
    assert open_pump("TBAB", rig.pumps["TBAB"], clock, wire, ports=ports).identify()
    with pytest.raises(WireFault, match=r"pump TBAC on .*: no pump at address 2, but one at"):
        open_pump("TBAC", rig.pumps["TBAC"], clock, wire, ports=ports)


@pytest.mark.parametrize("way", ["tcp", "pty"])
def test_threads_take_turns_on_a_real_line(serve, here, way):
    port = serve("new-era", way, f"sample={here.name}&chain=0,1,2&content_ul=8000&syringe_ul=10000")
    pumps = connect(parse_rig(chained(port), Path("chain.toml")), SystemClock(), lambda *_: None)
    ready = threading.Barrier(3)

    def deliver(place):
        pump = pumps[NAMES[place]]
        pump.prepare(PumpJob("infuse", 600 + 60 * place, 10))
        ready.wait(20)
        pump.start()
        until = time.monotonic() + 20
        while (seen := pump.status()).state == "infusing" and time.monotonic() < until:
            pump.feed()
        return seen

    with ThreadPoolExecutor(3) as pool:
        seen = list(pool.map(deliver, range(3)))
    for pump in pumps.values():
        pump.close()
    assert [(status.state, round(status.delivered_ul)) for status in seen] == [("stopped", 10)] * 3
    rates = [{round(60 * s.ul_per_s) for s in plunger.segments()} for plunger in here.plungers()]
    assert rates == [{600}, {660}, {720}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("address = 1", "address = 0"), "each must have an address of its own"),
        (("address = 1", "address = 1\nbaud = 9600"), "same dialect and baud rate"),
        (("sim://uniblitz-d1", "COM3"), "pump 'TBAB' and the shutter are both on COM3"),
    ],
    ids=["one address twice", "two baud rates", "the shutter's port"],
)
def test_a_chain_that_cannot_be_is_told(change, said):
    text = chained("COM3")
    assert change[0] in text
    with pytest.raises(FileMistake, match=said):
        parse_rig(text.replace(*change), Path("chain.toml"))
