"""What a pump delivers is booked in the account of its syringe, whatever ends the delivery."""

import pytest

from onset.errors import DeviceFault, OnsetError
from onset.experiment.rig import parse_rig, read_rig
from onset.experiment.syringes import SyringeAccount
from onset.hardware.accounted_pump import AccountedPump
from onset.hardware.pump import open_pump
from onset.hardware.semantic import PumpJob
from onset.shipped import shipped

RIG = read_rig(shipped("devices", "demo.toml"))


@pytest.fixture
def account(tmp_path):
    return SyringeAccount(RIG, tmp_path)


@pytest.fixture
def connect(account, here, clock, wire):
    def connect(dialect="new-era", faults="", content_ul=8000):
        text = RIG.text.replace(
            '"sim://new-era"',
            f'"sim://{dialect}?sample={here.name}&diameter_mm=14.43&content_ul={content_ul}'
            f'&syringe_ul=10000{faults and "&faults=" + faults}"',
        )
        text = text.replace('"new-era"', f'"{dialect}"').replace('model = "NE-1000"\n', "")
        spec = parse_rig(text, RIG.file).pumps["TBAB"]
        return AccountedPump(open_pump("TBAB", spec, clock, wire), account, spec, clock)

    return connect


@pytest.fixture(params=["new-era", "harvard"])
def pump(connect, request):
    pump = connect(request.param)
    yield pump
    pump.close()


def test_a_whole_delivery_is_booked_as_asked(pump, account, clock):
    pump.prepare(PumpJob("infuse", 600.0, 50.0))
    pump.start()
    clock.advance(2)
    pump.status()
    assert account.content("TBAB").left_ul == pytest.approx(7980, abs=1.1)
    assert account.content("TBAB").unsure_ul == pytest.approx(30, abs=1.1)
    clock.advance(4)
    pump.status()
    assert (account.content("TBAB").left_ul, account.content("TBAB").unsure_ul) == (7950, 0)


def test_a_stopped_delivery_is_booked(pump, account, clock):
    pump.prepare(PumpJob("infuse", 600.0, 500.0))
    pump.start()
    clock.advance(2)
    pump.stop()
    pump.status()
    clock.advance(5)
    assert account.content("TBAB").left_ul == pytest.approx(7980, abs=1.5)
    assert account.content("TBAB").unsure_ul == 0


def test_making_safe_books_too(pump, account, clock):
    pump.prepare(PumpJob("withdraw", 600.0))
    pump.start()
    clock.advance(3)
    pump.make_safe()
    assert account.content("TBAB").left_ul == pytest.approx(8030, abs=1.5)


def test_an_endless_delivery_ends_before_the_syringe_is_empty(pump, account, clock):
    account.fill("TBAB", 100.0)
    pump.prepare(PumpJob("infuse", 600.0))
    pump.start()
    for _ in range(2):
        clock.advance(4)
        assert pump.status().state == "infusing"
    clock.advance(1)
    with pytest.raises(DeviceFault, match="empty by account"):
        pump.status()


def test_more_than_is_left_is_refused(pump, account):
    account.fill("TBAB", 40.0)
    with pytest.raises(DeviceFault, match=r"infuse 50 uL .* holds 40 uL by account"):
        pump.prepare(PumpJob("infuse", 600.0, 50.0))
    with pytest.raises(DeviceFault, match="withdraw 9990 uL"):
        pump.prepare(PumpJob("withdraw", 600.0, 9990.0))


def test_a_pump_that_is_lost_leaves_the_account_unsure(connect, account, clock):
    pump = connect(faults="vanish@4s")
    pump.prepare(PumpJob("infuse", 600.0, 500.0))
    pump.start()
    clock.advance(2)
    pump.status()
    clock.advance(5)
    with pytest.raises(OnsetError):
        pump.status()
    with pytest.raises(OnsetError):
        pump.make_safe()
    content = account.content("TBAB")
    truth_ul = 8000 - 10 * (2 + 5)  # the watchdog stops it 5 s after it was last heard
    assert content.left_ul - content.unsure_ul <= truth_ul <= content.left_ul
    assert content.unsure_ul == pytest.approx(60)


def test_without_a_watchdog_all_that_was_asked_for_may_come(connect, account, clock):
    pump = connect(faults="flipped@3,flipped@4")  # both answers to Safe mode
    assert pump.prepare(PumpJob("infuse", 600.0, 500.0))[0].endswith("no watchdog")
    pump.start()
    clock.advance(2)
    assert account.content("TBAB").unsure_ul == 500
    assert pump.watchdog_s is None
