"""The New Era emulator, byte by byte, on a line without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.new_era import packet
from onset.simulated.line import Line
from onset.simulated.new_era import NewEra
from onset.simulated.parameters import Parameters
from onset.simulated.world import Change, World

S = 1_000_000_000


class Bench:
    """A pump on a line; every question moves the time on by a second."""

    def __init__(self, **parameters):
        self.world = World("bench")
        given_ = {key: str(value) for key, value in parameters.items()}
        self.pump = NewEra.from_parameters(Parameters("new-era", given_), self.world)
        self.line = Line(self.pump, baud=19200)
        self.t_ns = 0

    def ask(self, data, after_s=1.0):
        self.line.write(data, self.t_ns)
        self.t_ns += round(after_s * S)
        return self.line.read(999, self.t_ns)

    def listen(self, seconds):
        self.t_ns += round(seconds * S)
        return self.line.read(999, self.t_ns)

    @property
    def plunger(self):
        return self.world.plunger("")


def awake(**parameters):
    bench = Bench(**parameters)
    bench.ask(b"\r")
    return bench


def test_worked_exchange():
    bench = Bench(diameter_mm=14.43)
    for command, answer in [
        (b"\x02\x08SAF0UC\x03", b"\x0200A?R\x03"),
        (b"0VER\r", b"\x0200SNE1000V3.928\x03"),
        (b"0DIA14.43\r", b"\x0200S\x03"),
        (b"0DIA\r", b"\x0200S14.43\x03"),
        (b"0PHN1\r", b"\x0200S\x03"),
        (b"0FUNRAT\r", b"\x0200S\x03"),
        (b"0RAT7.5MH\r", b"\x0200S\x03"),
        (b"0RAT\r", b"\x0200S7.500MH\x03"),
        (b"0VOL0\r", b"\x0200S\x03"),
        (b"0DIRINF\r", b"\x0200S\x03"),
        (b"0RUN\r", b"\x0200I\x03"),
        (b"0RAT8.0\r", b"\x0200I\x03"),
        (b"0VOL1.0\r", b"\x0200I?NA\x03"),
    ]:
        assert bench.ask(command) == answer
    assert bench.ask(b"0DIS\r").endswith(b"W0.000ML\x03")
    for command, answer in [
        (b"0STP\r", b"\x0200P\x03"),
        (b"0STP\r", b"\x0200S\x03"),
        (b"0STP\r", b"\x0200S?NA\x03"),
        (b"0RAT9999MM\r", b"\x0200S?OOR\x03"),
        (b"0FOO\r", b"\x0200S?\x03"),
        (b"\r", b"\x0200S\x03"),
    ]:
        assert bench.ask(command) == answer


def test_the_first_command_after_power_up_is_not_carried_out():
    bench = Bench(memory_diameter_mm=10)
    assert bench.ask(b"DIA20\r") == b"\x0200A?R\x03"
    assert bench.ask(b"DIA\r") == b"\x0200S10.00\x03"


def test_it_is_silent_to_other_addresses():
    bench = awake(address=7)
    bench = Bench(address=7)
    assert bench.ask(b"0VER\r") == b""
    assert bench.ask(b"FOO\r") == b""
    assert bench.ask(b"7VER\r") == b"\x0207A?R\x03"
    assert bench.ask(b"*ADR\r") == b"\x0207S7\x03"


def test_of_a_burst_each_pump_takes_its_own():
    pump, other = awake(), Bench(address=1)
    other.ask(b"1\r")
    assert pump.ask(b"0rat100um*1rat250um*\r") == b"\x0200S\x03"
    assert other.ask(b"0rat100um*1rat250um*\r") == b"\x0201S\x03"
    assert pump.ask(b"0RAT\r") == b"\x0200S100.0UM\x03"
    assert other.ask(b"1RAT\r") == b"\x0201S250.0UM\x03"


def test_a_volume_is_delivered_and_the_world_sees_it():
    bench = awake(diameter_mm=10)
    for command in (b"RAT60UM\r", b"VOL5\r", b"RUN\r"):
        bench.ask(command, after_s=0.1)
    started_ns = bench.plunger.segments()[0].start_ns
    assert bench.plunger.delivered_ul(started_ns + 60 * S) == pytest.approx(5.0)
    assert bench.ask(b"DIS\r", after_s=4).startswith(b"\x0200II")
    bench.listen(3)
    assert bench.ask(b"DIS\r") == b"\x0200SI5.000W0.000UL\x03"
    assert bench.plunger.segments()[0].end_ns - started_ns == pytest.approx(5 * S, abs=10)


def test_the_motor_lags_behind_the_answer_by_at_most_what_was_given():
    for seed in range(20):
        bench = awake(motor_lag_ms=50, seed=seed)
        bench.ask(b"RAT60UM\r")
        asked_ns = bench.t_ns
        bench.ask(b"RUN\r")
        lag_ms = (bench.plunger.segments()[0].start_ns - asked_ns) / 1e6
        assert 2 < lag_ms < 2.2 + 15 + 50


def test_a_pause_resumes_to_the_same_target():
    bench = awake(diameter_mm=10)
    for command in (b"RAT60UM\r", b"VOL5\r", b"RUN\r"):
        bench.ask(command)
    assert bench.ask(b"STP\r") == b"\x0200P\x03"
    bench.listen(100)
    assert bench.ask(b"RUN\r") == b"\x0200I\x03"
    bench.listen(10)
    assert bench.ask(b"DIS\r") == b"\x0200SI4.999W0.000UL\x03" or bench.ask(b"DIS\r") == (
        b"\x0200SI5.000W0.000UL\x03"
    )


def test_a_change_while_paused_cancels_the_pause():
    bench = awake()
    for command in (b"RAT60UM\r", b"RUN\r", b"STP\r"):
        bench.ask(command)
    assert bench.ask(b"RAT70UM\r") == b"\x0200S\x03"


def test_the_rate_while_running_takes_no_units_and_is_not_kept():
    bench = awake()
    bench.ask(b"RAT60UM\r")
    bench.ask(b"RUN\r")
    assert bench.ask(b"RAT70UM\r") == b"\x0200I?NA\x03"
    assert bench.ask(b"RAT70\r") == b"\x0200I\x03"
    assert bench.ask(b"RAT\r") == b"\x0200I70.00UM\x03"
    bench.ask(b"STP\r")
    assert bench.ask(b"RAT\r") == b"\x0200P60.00UM\x03"


def test_units_follow_the_diameter_until_they_are_forced():
    bench = awake(diameter_mm=14.0)
    assert bench.ask(b"VOL\r") == b"\x0200S0.000UL\x03"
    bench.ask(b"DIA14.01\r")
    assert bench.ask(b"VOL\r") == b"\x0200S0.000ML\x03"
    bench.ask(b"VOLUL\r")
    bench.ask(b"DIA20\r")
    assert bench.ask(b"VOL\r") == b"\x0200S0.000UL\x03"


def test_purging_goes_at_top_speed():
    bench = awake(diameter_mm=26.59)
    assert bench.ask(b"PUR\r") == b"\x0200X\x03"
    assert bench.plunger.ul_per_s(bench.t_ns) * 3.6 == pytest.approx(1699, abs=1)
    assert bench.ask(b"STP\r") == b"\x0200S\x03"


def test_it_stalls_at_the_end_of_the_syringe():
    bench = awake(content_ul=10)
    bench.ask(b"RAT600UM\r")
    bench.ask(b"RUN\r")
    assert bench.listen(5) == b""
    assert bench.ask(b"DIS\r") == b"\x0200A?S\x03"
    assert bench.plunger.delivered_ul(bench.t_ns) == pytest.approx(10, abs=1e-6)
    assert bench.ask(b"\r") == b"\x0200S\x03"


def test_a_wrong_diameter_in_memory_makes_a_wrong_dose():
    bench = awake(diameter_mm=20, memory_diameter_mm=10)
    for command in (b"RAT60UM\r", b"VOL5\r", b"RUN\r"):
        bench.ask(command)
    assert bench.plunger.delivered_ul(100 * S) == pytest.approx(20)


def test_safe_mode_and_its_watchdog():
    bench = awake()
    bench.ask(b"RAT60UM\r")
    assert bench.ask(packet(b"SAF5")) == bytes.fromhex("02 07 30 30 53 aa a6 03")
    assert bench.ask(b"RUN\r") == b""
    heard_ns = bench.t_ns
    assert bench.ask(packet(b"RUN"), after_s=4) == bytes.fromhex("02 07 30 30 49 19 dd 03")
    assert bench.line.next_ns() == pytest.approx(heard_ns + 5 * S, abs=S // 100)
    assert bench.listen(2) == bytes.fromhex("02 09 30 30 41 3f 54 05 40 03")
    assert bench.plunger.changes()[-1].t_ns == pytest.approx(heard_ns + 5 * S, abs=S // 100)
    assert bench.ask(packet(b"")) == bytes.fromhex("02 09 30 30 41 3f 54 05 40 03")
    assert bench.ask(packet(b"")) == bytes.fromhex("02 07 30 30 53 aa a6 03")
    assert bench.ask(packet(b"SAF0")) == b"\x0200S\x03"


def test_a_fed_watchdog_lets_it_run():
    bench = awake()
    bench.ask(b"RAT60UM\r")
    bench.ask(packet(b"SAF5"))
    bench.ask(packet(b"RUN"), after_s=4)
    for _ in range(5):
        assert bench.ask(packet(b""), after_s=4) == bytes.fromhex("02 07 30 30 49 19 dd 03")
    assert len(bench.plunger.segments()) == 1


def test_power_fails():
    bench = awake()
    for command in (b"RAT60UM\r", b"RUN\r"):
        bench.ask(command)
    bench.pump.power_cycle(bench.t_ns)
    assert bench.plunger.ul_per_s(bench.t_ns + S) == 0
    assert bench.ask(b"RAT\r") == b"\x0200A?R\x03"
    assert bench.ask(b"RAT\r") == b"\x0200S60.00UM\x03"


def test_pf1_pumps_on_by_itself_after_a_power_failure():
    bench = awake()
    for command in (b"RAT60UM\r", b"PF1\r", b"RUN\r"):
        bench.ask(command)
    bench.pump.power_cycle(bench.t_ns)
    assert bench.plunger.ul_per_s(bench.t_ns + S) == pytest.approx(1.0)


def test_a_pump_left_in_safe_mode_ignores_plain_text_and_tells_its_alarm():
    bench = awake(memory_safe_s=5)
    assert bench.ask(b"VER\r") == b""
    bench.pump.raise_alarm("S", bench.t_ns)
    assert bench.listen(1) == bytes.fromhex("02 09 30 30 41 3f 53 75 a7 03")
    assert bench.ask(packet(b"SAF0")) == b"\x0200A?S\x03"
    assert bench.ask(b"VER\r") == b"\x0200SNE1000V3.928\x03"


def test_a_bad_packet_is_answered_by_com():
    bench = awake()
    assert bench.ask(b"\x02\x08SAF1UC\x03") == b"\x0200S?COM\x03"


def test_an_incomplete_packet_is_forgotten_after_half_a_second():
    bench = awake()
    assert bench.ask(b"\x02\x08SAF") == b""
    assert bench.ask(b"VER\r") == b"\x0200SNE1000V3.928\x03"


def test_it_does_not_listen_before_its_answer_has_begun():
    bench = awake()
    assert bench.ask(b"VER\rDIA\r") == b"\x0200SNE1000V3.928\x03"


def test_what_comes_too_early_can_be_kept():
    bench = awake(buffers_input=1)
    assert bench.ask(b"VER\rDIA\r") == b"\x0200SNE1000V3.928\x03\x0200S14.43\x03"


def test_a_reset_brings_address_and_mode_back():
    bench = Bench(address=7)
    assert bench.ask(b"7\r") == b"\x0207A?R\x03"
    assert bench.ask(packet(b"7SAF9")) == packet(b"07S")
    assert bench.ask(b"*RESET\r") == b"\x0200S\x03"
    assert bench.ask(b"VER\r") == b"\x0200SNE1000V3.928\x03"


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(
                [
                    b"RUN\r",
                    b"STP\r",
                    b"RAT60UM\r",
                    b"VOL1\r",
                    b"PUR\r",
                    b"DIS\r",
                    packet(b"SAF5"),
                    b"FUNPAS9\r",
                    packet(b"RUN"),
                    packet(b"SAF0"),
                    b"PHN2\r",
                    b"FUNJMP1\r",
                    b"DIRREV\r",
                    b"*RESET\r",
                ]
            ),
        ),
        max_size=15,
    )
)
def test_no_bytes_break_it(pieces):
    bench = awake(content_ul=100)
    for piece in pieces:
        bench.ask(piece)
    bench.listen(1)
    bench.ask(b"\r")
    bench.ask(packet(b"SAF0"))
    bench.ask(packet(b"SAF0"))
    assert bench.ask(b"VER\r").endswith(b"NE1000V3.928\x03")
    times = [change.t_ns for change in bench.plunger.changes()]
    assert times == sorted(times)
    assert all(isinstance(change, Change) for change in bench.plunger.changes())
