"""python-syringe-pump, written by others for real Legato 100 pumps, drives the emulated one."""

import asyncio
import io
import sys
import threading
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import aioserial
import pytest
import syringe_pump
from syringe_pump import exceptions

from onset.simulated.servers import emulate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")

Quantity = syringe_pump.Quantity


@pytest.fixture
def address(here):
    said, stop = io.StringIO(), threading.Event()
    query = f"sample={here.name}&pump=P&diameter_mm=14.43&query_ms=1&set_ms=2"
    thread = threading.Thread(
        target=emulate,
        args=("harvard",),
        kwargs={"pty": True, "parameters": query, "out": said, "stop": stop},
    )
    thread.start()
    until = time.perf_counter() + 5
    while "\n" not in said.getvalue() and time.perf_counter() < until:
        time.sleep(0.002)
    yield said.getvalue().splitlines()[0].split()[-1]
    stop.set()
    thread.join(5)


@asynccontextmanager
async def connected(address):
    serial = aioserial.AioSerial(address, baudrate=115200, timeout=2)
    try:
        async with syringe_pump.Pump(serial=serial) as pump:
            yield pump
    finally:
        serial.close()


def test_it_connects_and_reads_what_the_pump_is(address):
    async def session():
        async with connected(address) as pump:
            version = await pump.version()
            assert (version.firmware, version.address) == ("v3.0.6", 0)
            assert await pump.get_mode() == "Quick Start - Infuse/Withdraw (qs iw)"
            assert await pump.set_address(2) == 2
            assert (await pump.version()).address == 2
            assert await pump.set_address(0) == 0

    asyncio.run(session())


def test_it_sets_and_reads_back_everything_it_knows(address):
    async def session():
        async with connected(address) as pump:
            await pump.syringe.set_diameter(14.43)
            assert await pump.syringe.get_diameter() == pytest.approx(14.43e-3)
            await pump.syringe.set_volume(Quantity("10 ml"))
            assert await pump.syringe.get_volume() == pytest.approx(10e-3)
            for rate in (pump.infusion_rate, pump.withdrawal_rate):
                await rate.set(Quantity("1.0 ml/min"))
                assert await rate.get() == 0.001
                await rate.set(Quantity("0.19949 ml/min"))
                assert await rate.get() == pytest.approx(199.49e-6)
                low, high = await rate.get_limits()
                assert (low, high) == (25.0404e-9, pytest.approx(26.0035e-3))
                await rate.set_ramp(Quantity("110 ul/min"), Quantity("417 ul/min"), 7.036)
                ramp = await rate.get_ramp()
                assert ramp.duration == 7.036
                await rate.reset_ramp()
                assert await rate.get_ramp() is None
            await pump.target_time.set(timedelta(hours=2, minutes=3, seconds=4))
            assert await pump.target_time.get() == timedelta(hours=2, minutes=3, seconds=4)
            await pump.target_time.set(30)
            assert await pump.target_time.get() == timedelta(seconds=30)
            await pump.target_time.set(None)
            assert await pump.target_time.get() is None
            await pump.set_force(15)
            assert await pump.get_force() == 15
            await pump.set_brightness(0)

    asyncio.run(session())


def test_it_delivers_a_target_volume_and_is_told_so(address, here):
    async def session():
        async with connected(address) as pump:
            await pump.infusion_rate.set(Quantity("6 ml/min"))
            await pump.target_volume.set(Quantity("20 ul"))
            await pump.run()
            await asyncio.sleep(0.3)
            with pytest.raises(exceptions.TargetReachedError):
                await pump.set_force(30)
            assert await pump.infusion_volume.get() == pytest.approx(20e-6)
            await pump.target_volume.clear()
            await pump.infusion_volume.clear()
            assert await pump.target_volume.get() is None
            await pump.run("withdraw")
            await asyncio.sleep(0.05)
            await pump.stop()
            assert await pump.withdrawal_volume.get() > 0

    asyncio.run(session())
    forward, back = here.plunger("P").segments()
    assert forward.ul_per_s * (forward.end_ns - forward.start_ns) / 1e9 == pytest.approx(20.0)
    assert back.ul_per_s < 0


def test_it_hears_refusals(address):
    async def session():
        async with connected(address) as pump:
            await pump.syringe.set_volume(Quantity("1 ml"))
            with pytest.raises(ValueError, match="out of range"):
                await pump.target_volume.set(Quantity("2 ml"))
            with pytest.raises(exceptions.PumpCommandError):
                await pump.infusion_rate.set(Quantity("50 ml/min"))
            hoshi = syringe_pump.Manufacturer.HOSHI
            with pytest.raises(ValueError, match="100 ml"):
                await pump.syringe.set_manufacturer(hoshi, Quantity("200 ml"))
            await pump.syringe.set_manufacturer(hoshi, Quantity("20 ml"))
            assert await pump.syringe.get_diameter() == pytest.approx(20.45e-3)

    asyncio.run(session())
