"""The Harvard emulator, byte by byte, on a line without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.simulated.harvard import Harvard
from onset.simulated.line import Line
from onset.simulated.parameters import Parameters
from onset.simulated.world import World

S = 1_000_000_000


class Bench:
    """A pump on a line; every question moves the time on by a second."""

    def __init__(self, **parameters):
        self.world = World("bench")
        given_ = {key: str(value) for key, value in parameters.items()}
        self.pump = Harvard.from_parameters(Parameters("harvard", given_), self.world)
        self.line = Line(self.pump, baud=115200)
        self.t_ns = 0

    def ask(self, text, after_s=1.0):
        self.line.write(text if isinstance(text, bytes) else text.encode() + b"\r\n", self.t_ns)
        return self.listen(after_s)

    def listen(self, seconds):
        self.t_ns += round(seconds * S)
        return self.line.read(9999, self.t_ns)

    @property
    def plunger(self):
        return self.world.plunger("")


def polled(**parameters):
    bench = Bench(**parameters)
    bench.ask("@poll on")
    return bench


def test_recorded_legato_session():
    """All of python-syringe-pump's cassette of a Legato 100, in an order that makes sense."""
    bench = Bench(diameter_mm=14.43)
    for command, answer in [
        ("@poll on", b"\n:\x11"),
        ("@nvram none", b"\n:\x11"),
        ("@load qs iw", b"\n:\x11"),
        ("@load", b"\nQuick Start - Infuse/Withdraw (qs iw)\r\n:\x11"),
        ("@time 05/08/23 14:48:23", b"\n05/08/23 2:48:23 PM\r\n:\x11"),
        (
            "@version",
            b"\nFirmware:      v3.0.6\r\nPump address:  0\r\nSerial number: D101754\r\n:\x11",
        ),
        ("@irate lim", b"\n25.0404 nl/min to 26.0035 ml/min\r\n:\x11"),
        ("@irate 1 ml/min", b"\n:\x11"),
        ("@irate", b"\n1 ml/min\r\n:\x11"),
        ("@irate 199.49 ul/min", b"\n:\x11"),
        ("@irate", b"\n199.49 ul/min\r\n:\x11"),
        ("@irun", b"\n>\x11"),
        ("@stp", b"\n:\x11"),
        ("@wrate 1 ml/min", b"\n:\x11"),
        ("@wrun", b"\n<\x11"),
        ("@stp", b"\n:\x11"),
        ("@force 15", b"\n:\x11"),
        ("@force", b"\n15%\r\n:\x11"),
        ("@addr 2", b"\nPump address set to 2\r\n02:\x11"),
        ("@addr 0", b"\nPump address set to 0\r\n:\x11"),
        ("@load qs i", b"\n:\x11"),
        ("@load", b"\nQuick Start - Infuse Only (qs i)\r\n:\x11"),
        ("@load qs w", b"\n:\x11"),
        ("@load", b"\nQuick Start - Withdraw Only (qs w)\r\n:\x11"),
        ("@iramp 110 ul/min 417 ul/min 7.036", b"\n:\x11"),
        ("@iramp", b"\n110 ul/min to 417 ul/min in 7.036 seconds\r\n:\x11"),
        ("@cttime", b"\n:\x11"),
        ("@iramp", b"\nRamp not set up.\r\n:\x11"),
        ("@svolume 8.6284 ml", b"\n:\x11"),
        ("@svolume", b"\n8.6284 ml\r\n:\x11"),
        ("@diameter 7.262", b"\n:\x11"),
        ("@diameter", b"\n7.2620 mm\r\n:\x11"),
        ("@tvolume", b"\nTarget volume not set\r\n:\x11"),
        ("@tvolume 2 l", b"\nArgument error: 2\r\n   Target volume out of range\r\n:\x11"),
        ("@syrmanu HOSHI 200 ml ", b"\nArgument error: 200\r\n   Unknown syringe\r\n:\x11"),
        (
            "@syrmanu HOSHI ?",
            b"".join(b"\n%d ml\r" % ml for ml in (1, 2, 3, 5, 10, 20, 30, 50, 100)) + b"\n:\x11",
        ),
        ("@syrmanu HOSHI 20 ml ", b"\n:\x11"),
        ("@syrmanu", b"\nHoshi, 20 ml, 20.45 mm\r\n:\x11"),
        ("@dim 15", b"\n:\x11"),
    ]:
        assert bench.ask(command) == answer, command


def test_units_are_rescaled():
    bench = polled()
    bench.ask("@irate 0.19949 ml/min")
    assert bench.ask("@irate") == b"\n199.49 ul/min\r\n:\x11"
    bench.ask("@irate 7.5 m/h")
    assert bench.ask("@irate") == b"\n7.5 ml/hr\r\n:\x11"


def test_without_poll_mode_a_prompt_has_no_end():
    bench = Bench()
    assert bench.ask("") == b"\n:"
    assert bench.ask("diameter") == b"\n14.4300 mm\r\n:"


def test_the_target_is_told_unasked_only_without_poll_mode():
    for bench, unasked, sticky in ((Bench(), b"\nT*", b"\nT*"), (polled(), b"", b"\nT*\x11")):
        bench.ask("irate 600 ul/min")
        bench.ask("tvolume 20 ul")
        bench.ask("irun", 0.5)
        assert bench.listen(1.0) == b""
        assert bench.listen(1.0) == unasked
        assert bench.ask("") == sticky
        assert bench.ask("ctvolume") in (b"\n:", b"\n:\x11")
        assert bench.plunger.delivered_ul(bench.t_ns) == pytest.approx(20.0)


def test_a_target_that_was_reached_ends_the_next_run_at_once():
    bench = polled(memory_target_ul=20)
    bench.ask("irate 600 ul/min")
    bench.ask("irun", 5)
    assert bench.ask("irun") == b"\nT*\x11"
    bench.ask("cvolume")
    assert bench.ask("irun") == b"\n>\x11"


def test_a_target_time_ends_a_run():
    bench = polled()
    bench.ask("irate 600 ul/min")
    bench.ask("ttime 3")
    assert bench.ask("ttime") == b"\n3 seconds\r\n:\x11"
    bench.ask("irun", 5)
    assert bench.ask("") == b"\nT*\x11"
    assert bench.ask("ivolume").startswith(b"\n30")


def test_a_ramp_delivers_its_mean():
    bench = polled()
    bench.ask("iramp 60 ul/min 180 ul/min 10")
    bench.ask("irun", 20)
    assert bench.plunger.delivered_ul(bench.t_ns) == pytest.approx(20.0)
    assert bench.ask("") == b"\nT*\x11"


def test_a_plunger_at_its_end_stalls():
    bench = polled(content_ul=30, syringe_ul=100)
    bench.ask("irate 600 ul/min")
    bench.ask("irun", 5)
    assert bench.ask("") == b"\n*\x11"
    assert bench.ask("ivolume") == b"\n30 ul\r\n*\x11"
    assert bench.ask("status").endswith(b"i.S.I.\r\n*\x11")
    bench.ask("wrate 600 ul/min")
    assert bench.ask("wrun", 0.1) == b"\n<\x11"


def test_what_it_counts_and_what_comes_differ_with_a_wrong_diameter():
    bench = polled(diameter_mm=10, memory_diameter_mm=20)
    bench.ask("irate 600 ul/min")
    bench.ask("irun", 4)
    bench.ask("stp")
    assert bench.plunger.delivered_ul(bench.t_ns) == pytest.approx(10.0, abs=0.1)
    assert bench.pump.body.counted("infuse", bench.t_ns).ul == pytest.approx(40.0, abs=0.4)


def test_the_rate_changes_while_it_runs_but_the_syringe_does_not():
    bench = polled()
    bench.ask("irate 600 ul/min")
    bench.ask("irun")
    assert bench.ask("irate 300 ul/min") == b"\n>\x11"
    assert bench.plunger.ul_per_s(bench.t_ns) == pytest.approx(5.0)
    assert bench.ask("crate") == b"\nInfusing at 300 ul/min\r\n>\x11"
    assert bench.ask("diameter 5").startswith(b"\nCommand error:\r\n   ")


def test_refusals_have_two_lines():
    bench = polled()
    assert bench.ask("fly") == b"\nCommand error:\r\n   Unknown command\r\n:\x11"
    assert bench.ask("irate 50 ml/min") == b"\nArgument error: 50\r\n   Out of range\r\n:\x11"
    assert bench.ask("irate fast") == b"\nArgument error: fast\r\n   Invalid argument\r\n:\x11"
    assert bench.ask("diameter 34") == b"\nArgument error: 34\r\n   Out of range\r\n:\x11"
    bench.ask("load qs i")
    assert bench.ask("wrun") == b"\nCommand error:\r\n   Unknown command\r\n:\x11"


def test_addresses_are_echoed_when_used_and_others_are_silent():
    bench = polled(address=2)
    assert bench.ask("02diameter") == b"\n02:14.4300 mm\r\n02:\x11"
    assert bench.ask("2:diam") == b"\n02:14.4300 mm\r\n02:\x11"
    assert bench.ask("diameter") == b"\n02:14.4300 mm\r\n02:\x11"
    assert bench.ask("03diameter") == b""
    assert polled().ask("0diameter") == b"\n00:14.4300 mm\r\n00:\x11"


def test_elite_and_phd_ultra_speak_their_own_way():
    elite = Bench(model="11 Elite")
    assert elite.ask("poll on") == b"\nPolling mode is ON\r\n:\x11"
    assert elite.ask("ver") == b"\n11 ELITE I/W Single 3.0.4\r\n:\x11"
    assert b"\nLead screw         24 threads per inch\r" in elite.ask("metrics")
    ultra = polled(model="PHD Ultra")
    assert ultra.ask("nvram none").startswith(b"\nArgument error: none")
    assert ultra.ask("irun") == b"\n>\x11"
    assert ultra.ask("status").endswith(b" i...I\r\n>\x11")


def test_rates_are_forgotten_with_nvram_off_and_targets_are_not():
    bench = polled()
    for text in ("irate 2 ml/min", "nvram none", "irate 3 ml/min", "tvolume 1 ml"):
        bench.ask(text)
    bench.pump.power_cycle(bench.t_ns)
    assert bench.ask("irate") == b"\n2 ml/min\r\n:"
    assert bench.ask("tvolume") == b"\n1 ml\r\n:"


def test_a_power_cycle_stops_the_plunger():
    bench = polled()
    bench.ask("irun")
    bench.pump.power_cycle(bench.t_ns)
    assert bench.plunger.ul_per_s(bench.t_ns) == 0
    assert bench.ask("") == b"\n:"


def test_the_lag_of_the_motor_is_within_its_bound():
    bench = polled(motor_lag_ms=80, seed=3)
    asked_ns = bench.t_ns
    bench.ask("irun")
    (segment,) = bench.plunger.segments()
    assert asked_ns < segment.start_ns < asked_ns + 100_000_000


def test_echo_returns_what_it_hears():
    bench = polled()
    bench.ask("echo on")
    assert bench.ask(b"diameter\r") == b"diameter\r\n14.4300 mm\r\n:\x11"


WORDS = ["irun", "wrun", "stp", "irate 5 ml/min", "tvolume 20 ul", "ctvolume", "ttime 2"]


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.floats(0.02, 5)), max_size=12))
def test_what_it_counts_is_what_was_delivered(steps):
    bench = polled()
    for text, wait_s in steps:
        bench.ask(text, wait_s)
    bench.ask("stp")
    moved = [segment for segment in bench.plunger.segments() if segment.ul_per_s > 0]
    infused = sum(s.ul_per_s * (s.end_ns - s.start_ns) / S for s in moved)
    counted = bench.pump.body.counted("infuse", bench.t_ns).ul
    assert counted == pytest.approx(infused, abs=1e-3)


@given(st.binary(max_size=200))
def test_no_bytes_upset_it(noise):
    bench = polled()
    bench.ask(noise + b"\r")
    assert bench.ask("stp").endswith(b"\x11") or b"poll" in noise.lower()
