"""Thorlabs SC10 bytes, pair by pair, in both directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.reading import NEED_MORE, BadBytes
from onset.dialects.thorlabs_sc10 import (
    ACTIONS,
    QUESTIONS,
    SETTINGS,
    Ask,
    CommandReader,
    Do,
    Refusal,
    Reply,
    ReplyReader,
    Set,
    encode_command,
    encode_reply,
    parse_command,
    text_of,
)

EXCHANGES = [
    (Ask("ens"), b"ens?\r", b"ens?\r0\r> ", Reply("ens?", ("0",))),
    (Do("ens"), b"ens\r", b"ens\r> ", Reply("ens")),
    (Set("mode", 1), b"mode=1\r", b"mode=1\r> ", Reply("mode=1")),
    (Ask("closed"), b"closed?\r", b"closed?\r1\r> ", Reply("closed?", ("1",))),
    (Ask("interlock"), b"interlock?\r", b"interlock?\r1\r> ", Reply("interlock?", ("1",))),
    (Set("open", 250), b"open=250\r", b"open=250\r> ", Reply("open=250")),
]


def read_all(reader, data):
    reader.feed(data)
    found = []
    while (message := reader.next()) is not NEED_MORE:
        found.append(message)
    return found


@pytest.mark.parametrize(("command", "asked", "answered", "reply"), EXCHANGES)
def test_exchanges_in_both_directions(command, asked, answered, reply):
    assert encode_command(command) == asked
    assert read_all(CommandReader(), asked) == [command]
    assert encode_reply(reply) == answered
    assert read_all(ReplyReader(), answered) == [reply]
    assert reply.echo == text_of(command)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ENS", "CMD_NOT_DEFINED"),
        ("", "CMD_NOT_DEFINED"),
        ("enz?", "CMD_NOT_DEFINED"),
        ("ens=1", "CMD_NOT_DEFINED"),
        ("mode=6", "CMD_ARG_INVALID"),
        ("mode=", "CMD_ARG_INVALID"),
        ("open=1000000", "CMD_ARG_INVALID"),
        ("rep=0", "CMD_ARG_INVALID"),
    ],
)
def test_refusals(text, error):
    assert parse_command(text) == Refusal(text, error)


def test_a_refusal_is_an_error():
    for words in (b"CMD_NOT_DEFINED", b"Command error CMD_NOT_DEFINED"):
        (reply,) = read_all(ReplyReader(), b"enz?\r" + words + b"\r> ")
        assert reply.error == "CMD_NOT_DEFINED"
    assert Reply("ens?", ("0",)).error is None


def test_the_space_behind_the_prompt_may_come_late_or_never():
    assert read_all(ReplyReader(), b"ens\r> ens?\r1\r>mode=1\r> ") == [
        Reply("ens"),
        Reply("ens?", ("1",)),
        Reply("mode=1"),
    ]


def test_a_reply_without_line_end_is_none():
    assert isinstance(read_all(ReplyReader(), b"ens?> ")[0], BadBytes)


COMMANDS = (
    st.builds(Ask, st.sampled_from([*QUESTIONS, *SETTINGS]))
    | st.builds(Do, st.sampled_from(ACTIONS))
    | st.sampled_from(sorted(SETTINGS)).flatmap(
        lambda word: st.builds(Set, st.just(word), st.sampled_from(SETTINGS[word]))
    )
)
LINE = st.from_regex(r"[A-Za-z0-9_?=*.]{1,20}", fullmatch=True)
REPLIES = st.builds(Reply, LINE, st.lists(LINE, max_size=3).map(tuple))
NOISE = st.binary(max_size=40) | st.text("ens?\r> 01", max_size=20).map(str.encode)


@given(COMMANDS)
def test_every_command_comes_back(command):
    assert read_all(CommandReader(), encode_command(command)) == [command]


@given(REPLIES)
def test_every_reply_comes_back(reply):
    assert read_all(ReplyReader(), encode_reply(reply)) == [reply]


@given(NOISE, REPLIES, st.integers(0, 60))
def test_noise_never_hides_a_later_reply(noise, reply, cut):
    data = noise + b">" + encode_reply(reply)
    reader = ReplyReader()
    found = read_all(reader, data[:cut]) + read_all(reader, data[cut:])
    assert found[-1] == reply


@given(NOISE, COMMANDS)
def test_noise_never_hides_a_later_command(noise, command):
    assert read_all(CommandReader(), noise + b"\r" + encode_command(command))[-1] == command


@given(NOISE)
def test_no_bytes_upset_a_reader(noise):
    for reader in (ReplyReader(), CommandReader()):
        for byte in noise:
            read_all(reader, bytes([byte]))


def test_babble_is_given_up():
    found = read_all(ReplyReader(), b"x" * 2000)
    assert len(found) == 1
    assert isinstance(found[0], BadBytes)
