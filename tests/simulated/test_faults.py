"""Faults: each happens once, at its question or its time, to the bytes that it is meant for."""

import pytest

from onset.simulated.faults import Fault, Faults
from onset.simulated.faulty_line import FaultyLine, Vanished
from onset.simulated.line import Reply
from onset.simulated.new_era import NewEra
from onset.simulated.parameters import Parameters

S = 1_000_000_000
OK = b"\x0200S\x03"


def line_with(here, faults, **how):
    pump = NewEra.from_parameters(Parameters("new-era", {}), here)
    pump.body.alarm = None
    return FaultyLine(pump, Faults.parse(faults, **how), baud=19200)


def answers(line, n=3):
    """What comes back within a second of each of n questions."""
    said = []
    for number in range(n):
        line.write(b"\r", number * S)
        said.append(line.read(99, (number + 1) * S - 1))
    return said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lost@3", Fault("lost", question=3)),
        ("alarm@2.5s", Fault("alarm", after_s=2.5)),
        ("flipped-question@1", Fault("flipped-question", question=1)),
    ],
)
def test_faults_are_read(text, fault):
    assert Fault.parse(text) == fault


@pytest.mark.parametrize("text", ["lost", "lost@", "lost@x", "gone@1", "lost@1,5"])
def test_what_is_no_fault_is_refused(text):
    with pytest.raises(ValueError, match=r"expected KIND@N"):
        Fault.parse(text)


@pytest.mark.parametrize(
    ("kind", "second", "third"),
    [
        ("silent", b"", OK),
        ("doubled", OK + OK, OK),
        ("late", b"", OK + OK),
    ],
)
def test_one_answer_is_hit(here, kind, second, third):
    assert answers(line_with(here, f"{kind}@2", late_s=0.999)) == [OK, second, third]


@pytest.mark.parametrize(("kind", "length"), [("lost", 4), ("flipped", 5)])
def test_one_answer_is_garbled(here, kind, length):
    first, second, third = answers(line_with(here, f"{kind}@2"))
    assert (first, third) == (OK, OK)
    assert second != OK
    assert len(second) == length


def test_a_time_counts_from_the_first_question(here):
    assert answers(line_with(here, "silent@0.5s")) == [OK, b"", OK]


def test_a_garbled_question_is_not_understood(here):
    line = line_with(here, "lost-question@1", seed=1)
    line.write(b"VER\r", 0)
    assert b"NE1000" not in line.read(99, S)


def test_the_motor_stalls_and_the_power_fails(here):
    line = line_with(here, "alarm@1,power@3")
    assert answers(line, 4) == [b"\x0200A?S\x03", OK, b"", b"\x0200A?R\x03"]


def test_a_pulled_cable_stays_pulled(here):
    line = line_with(here, "vanish@2")
    line.write(b"\r", 0)
    with pytest.raises(Vanished):
        line.write(b"\r", S)
    with pytest.raises(Vanished):
        line.read(9, 2 * S)


def test_the_seed_decides_what_is_hit():
    reply = Reply(0, bytes(range(20)))
    hit = [Faults([], seed=seed).spoil("flipped", reply) for seed in (1, 1, 2)]
    assert hit[0] == hit[1] != hit[2]
