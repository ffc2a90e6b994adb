"""Sutter Lambda bytes, pair by pair, in both directions, with the quirks that were seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.reading import NEED_MORE, BadBytes
from onset.dialects.sutter_lambda import (
    CODES,
    LEVELS,
    AnswerReader,
    Command,
    CommandReader,
    Done,
    StatusReply,
    TypeReply,
    encode_answer,
    encode_command,
)

EXCHANGES = [
    (Command("open"), b"\xaa", b"\xaa\r", Done("open")),
    (Command("close"), b"\xac", b"\xac\r", Done("close")),
    (Command("open"), b"\xaa", b"\xac\r", Done("close")),
    (Command("close"), b"\xac", b"\xac\x01\r", Done("close", with_one=True)),
    (Command("on-line"), b"\xee", b"\xee\r", Done("on-line")),
    (Command("status"), b"\xcc", b"\xcc\xaa\xdc\r", StatusReply("open", "fast")),
    (
        Command("status"),
        b"\xcc",
        b"\xcc\xac\xde\r\r",
        StatusReply("closed", "neutral-density", 13),
    ),
    (Command("neutral-density", 13), b"\xde\r", b"\xde\r\r", Done("neutral-density", 13)),
    (Command("configure", 0xA0), b"\xfa\xa0", b"\xfa\xa0\r", Done("configure", 0xA0)),
    (Command("type"), b"\xfd", b"\xfdSC\r", TypeReply("SC")),
]


def read_all(reader, data):
    reader.feed(data)
    found = []
    while (message := reader.next()) is not NEED_MORE:
        found.append(message)
    return found


@pytest.mark.parametrize(("command", "asked", "answered", "answer"), EXCHANGES)
def test_exchanges_in_both_directions(command, asked, answered, answer):
    assert encode_command(command) == asked
    assert read_all(CommandReader(), asked) == [command]
    assert encode_answer(answer) == answered
    assert read_all(AnswerReader(), answered) == [answer]
    assert answer.answers(command)


def test_another_commands_answer_is_none():
    assert not Done("fast").answers(Command("open"))
    assert not Done(None).answers(Command("open"))
    assert not StatusReply("open", "fast").answers(Command("open"))
    assert not TypeReply("SC").answers(Command("status"))


def test_the_echo_alone_is_not_the_answer():
    reader = AnswerReader()
    assert read_all(reader, b"\xaa") == []
    assert read_all(reader, b"\r") == [Done("open")]


def test_a_level_out_of_range_is_not_sent():
    for level in (None, 0, 145):
        with pytest.raises(ValueError, match="neutral-density is not followed by"):
            encode_command(Command("neutral-density", level))


SIMPLE = st.sampled_from(sorted(set(CODES) - set(LEVELS)))
MOVES = st.sampled_from(sorted(set(CODES) - set(LEVELS) - {"status", "type"}))
MICROSTEPS = st.integers(1, 144)
COMMANDS = st.builds(Command, SIMPLE) | st.builds(Command, st.just("neutral-density"), MICROSTEPS)
STATES = st.sampled_from(["open", "closed"])
ANSWERS = (
    st.builds(Done, MOVES, st.none(), st.booleans())
    | st.builds(Done, st.just("neutral-density"), MICROSTEPS, st.booleans())
    | st.builds(StatusReply, STATES, st.sampled_from(["fast", "soft"]))
    | st.builds(StatusReply, STATES, st.just("neutral-density"), MICROSTEPS)
    | st.builds(TypeReply, st.from_regex(r"[A-Z0-9-]{1,12}", fullmatch=True))
)
NOISE = st.binary(max_size=40) | st.lists(
    st.sampled_from([*CODES.values(), 0x0D, 0x01]), max_size=12
).map(bytes)


@given(COMMANDS)
def test_every_command_comes_back(command):
    assert read_all(CommandReader(), encode_command(command)) == [command]


@given(ANSWERS)
def test_every_answer_comes_back(answer):
    assert read_all(AnswerReader(), encode_answer(answer)) == [answer]


@given(NOISE, ANSWERS, st.integers(0, 60))
def test_noise_never_hides_a_later_answer(noise, answer, cut):
    data = noise + encode_answer(answer)
    reader = AnswerReader()
    found = read_all(reader, data[:cut]) + read_all(reader, data[cut:])
    # noise may end in the beginning of an answer that goes on as this one does
    assert found[-1] == answer or data.endswith(encode_answer(found[-1]))


@given(NOISE, COMMANDS)
def test_noise_never_hides_a_later_command(noise, command):
    assert read_all(CommandReader(), noise + encode_command(command))[-1] == command


@given(NOISE)
def test_no_bytes_upset_a_reader(noise):
    for reader in (AnswerReader(), CommandReader()):
        for byte in noise:
            read_all(reader, bytes([byte]))


def test_what_is_not_its_own_is_dropped_byte_by_byte():
    assert read_all(AnswerReader(), b"\x00\xaa\r") == [
        BadBytes(b"\x00", "not an answer of this dialect"),
        Done("open"),
    ]
