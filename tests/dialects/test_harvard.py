"""Harvard bytes, pair by pair, in both directions: recorded from a Legato 100, then composed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.harvard import (
    PROMPTS,
    WORDS,
    Command,
    Reply,
    Unknown,
    encode_command,
    encode_reply,
    parse_command,
)
from onset.dialects.harvard_readers import CommandReader, ReplyReader
from onset.dialects.reading import NEED_MORE, BadBytes

VERSION = ("Firmware:      v3.0.6", "Pump address:  0", "Serial number: D101754")

# Recorded from a Legato 100 with `poll on`, by python-syringe-pump.
RECORDED = [
    ("poll on", b"\n:\x11", Reply(":")),
    ("nvram none", b"\n:\x11", Reply(":")),
    (
        "version",
        b"\nFirmware:      v3.0.6\r\nPump address:  0\r\nSerial number: D101754\r\n:\x11",
        Reply(":", VERSION),
    ),
    ("irate 5 ml/min", b"\n:\x11", Reply(":")),
    ("irate", b"\n199.49 ul/min\r\n:\x11", Reply(":", ("199.49 ul/min",))),
    (
        "irate lim",
        b"\n25.0404 nl/min to 26.0035 ml/min\r\n:\x11",
        Reply(":", ("25.0404 nl/min to 26.0035 ml/min",)),
    ),
    ("irun", b"\n>\x11", Reply(">")),
    ("wrun", b"\n<\x11", Reply("<")),
    ("ivolume", b"\n1.69023 ul\r\n>\x11", Reply(">", ("1.69023 ul",))),
    ("stp", b"\n:\x11", Reply(":")),
    (
        "tvolume",
        b"\nTarget volume not set\r\n:\x11",
        Reply(":", ("Target volume not set",)),
    ),
    (
        "load",
        b"\nQuick Start - Infuse/Withdraw (qs iw)\r\n:\x11",
        Reply(":", ("Quick Start - Infuse/Withdraw (qs iw)",)),
    ),
    (
        "tvolume 2 l",
        b"\nArgument error: 2\r\n   Target volume out of range\r\n:\x11",
        Reply(":", ("Argument error: 2", "   Target volume out of range")),
    ),
    (
        "syrmanu HOSHI 200 ml ",
        b"\nArgument error: 200\r\n   Unknown syringe\r\n:\x11",
        Reply(":", ("Argument error: 200", "   Unknown syringe")),
    ),
    (
        "time 05/08/23 14:48:23",
        b"\n05/08/23 2:48:23 PM\r\n:\x11",
        Reply(":", ("05/08/23 2:48:23 PM",)),
    ),
    (
        "addr 2",
        b"\nPump address set to 2\r\n02:\x11",
        Reply(":", ("Pump address set to 2",), address=2, bare_lines=True),
    ),
]

# Composed from the manuals and from what other drivers expect.
COMPOSED = [
    (b"\n02:7.2620 mm\r\n02:\x11", Reply(":", ("7.2620 mm",), address=2)),
    (
        b"\n00:11 ELITE I/W Single 3.0.4\r\n00:",
        Reply(":", ("11 ELITE I/W Single 3.0.4",), 0, False),
    ),
    (b"\n12T*\x11", Reply("T*", address=12)),
    (b"\n>*\x11", Reply(">*")),
    (b"\n*", Reply("*", xon=False)),
    (
        b"\n2083333333 10000 20833333333 I...I.\r\n>\x11",
        Reply(">", ("2083333333 10000 20833333333 I...I.",)),
    ),
]


def read_all(reader, data):
    reader.feed(data)
    found = []
    while (message := reader.next()) is not NEED_MORE:
        found.append(message)
    return found


@pytest.mark.parametrize(("text", "wire", "reply"), RECORDED, ids=[row[0] for row in RECORDED])
def test_recorded_exchanges_in_both_directions(text, wire, reply):
    asked = encode_command(text)
    assert asked == b"@" + text.encode() + b"\r\n"
    assert read_all(CommandReader(), asked) == [parse_command("@" + text)]
    assert encode_reply(reply) == wire
    assert read_all(ReplyReader(), wire) == [reply]


@pytest.mark.parametrize(("wire", "reply"), COMPOSED)
def test_other_forms_of_replies_in_both_directions(wire, reply):
    assert encode_reply(reply) == wire
    reader = ReplyReader()
    found = read_all(reader, wire)
    assert (found or [reader.at_silence()]) == [reply]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("@irate 7.5 m/h", Command("irate", ("7.5", "m/h"), quiet=True)),
        ("12irat 3.2 u/m", Command("irate", ("3.2", "u/m"), 12)),
        ("12:irat 3.2 ul/min", Command("irate", ("3.2", "ul/min"), 12)),
        ("@12irat", Command("irate", (), 12, quiet=True)),
        ("12@irat", Command("irate", (), 12, quiet=True)),
        ("00VER ", Command("ver", (), 0)),
        ("0 ", Command("", (), 0)),
        ("", Command("")),
        ("FORCE 15", Command("force", ("15",))),
        ("vers", Command("version")),
        ("addr 3", Command("address", ("3",))),
        ("ctvo", Command("ctvolume")),
        ("iru", Unknown("iru")),
        ("irates", Unknown("irates")),
        ("7fly", Unknown("7fly", 7)),
        ("irate7.5", Unknown("irate7.5")),
    ],
)
def test_commands_in_all_forms_seen(text, command):
    assert parse_command(text) == command


@pytest.mark.parametrize("word", WORDS)
def test_four_letters_are_enough(word):
    assert parse_command(word[:4]) == Command(word if word != "version" else "version")


def test_a_refusal_is_an_error_in_one_line():
    reply = Reply(":", ("Argument error: 2", "   Target volume out of range"))
    assert reply.error == "Argument error: 2; Target volume out of range"
    assert Reply(":", ("Target volume not set",)).error is None


def test_a_leaked_target_prompt_is_told_from_the_reply():
    assert read_all(ReplyReader(), b"\nT*\n1.5 ul\r\n:\x11") == [
        Reply("T*", xon=False),
        Reply(":", ("1.5 ul",)),
    ]


def test_a_lost_xon_does_not_mix_two_replies():
    assert read_all(ReplyReader(), b"\n7 ml\r\n:" + b"\n1 ml\r\n:\x11") == [
        Reply(":", ("7 ml",), xon=False),
        Reply(":", ("1 ml",)),
    ]


def test_a_reply_that_lost_its_head_is_not_read_as_a_value():
    assert read_all(ReplyReader(), b"262 mm\r\n:\x11") == [
        BadBytes(b"262 mm\r", "no start of a reply"),
        Reply(":"),
    ]


def test_without_poll_mode_only_silence_ends_a_reply():
    reader = ReplyReader()
    assert read_all(reader, b"\n7.2620 mm\r\n") == []
    assert reader.at_silence() is NEED_MORE
    assert read_all(reader, b":") == []
    assert reader.at_silence() == Reply(":", ("7.2620 mm",), xon=False)


def test_variants_of_line_ends_are_read():
    assert read_all(ReplyReader(), b"\r\n02>\x11\n02:\x11") == [
        Reply(">", (), 2),
        Reply(":", (), 2),
    ]


def test_nul_bytes_are_dropped():
    assert read_all(ReplyReader(), b"\n7.2\x0062 mm\r\n:\x11") == [Reply(":", ("7.262 mm",))]


def test_babble_is_given_up():
    found = read_all(ReplyReader(), b"\n" + b"x" * 5000)
    assert len(found) == 1
    assert isinstance(found[0], BadBytes)


LINE = st.from_regex(r"[A-Za-z][A-Za-z0-9 ./%]{0,40}", fullmatch=True)
REPLIES = st.builds(
    Reply,
    st.sampled_from(list(PROMPTS)),
    st.lists(LINE, max_size=4).map(tuple),
    st.none() | st.integers(0, 99),
)
COMMANDS = st.builds(
    Command,
    st.sampled_from(WORDS),
    st.lists(st.from_regex(r"[A-Za-z0-9./%]{1,10}", fullmatch=True), max_size=4).map(tuple),
    st.none() | st.integers(0, 99),
    st.booleans(),
)
NOISE = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"\n", b"\r", b"\x11", b":", b">", b"*", b"T*", b"0", b"2", b"ml"]),
    max_size=20,
).map(b"".join)


@given(REPLIES)
def test_every_reply_comes_back(reply):
    assert read_all(ReplyReader(), encode_reply(reply)) == [reply]


@given(COMMANDS)
def test_every_command_comes_back(command):
    text = " ".join((command.word, *command.arguments))
    wire = encode_command(text, address=command.address, quiet=command.quiet)
    assert read_all(CommandReader(), wire) == [command]


@given(NOISE, REPLIES, st.integers(0, 80))
def test_noise_never_hides_a_later_reply(noise, reply, cut):
    data = noise + b"\x11" + encode_reply(reply)
    reader = ReplyReader()
    found = read_all(reader, data[:cut]) + read_all(reader, data[cut:])
    assert found[-1] == reply


@given(NOISE, REPLIES)
def test_noise_without_end_never_hides_the_prompt(noise, reply):
    found = read_all(ReplyReader(), noise + encode_reply(reply))
    assert found[-1].prompt == reply.prompt


@given(NOISE, COMMANDS)
def test_noise_never_hides_a_later_command(noise, command):
    wire = encode_command(" ".join((command.word, *command.arguments)), quiet=False)
    found = read_all(CommandReader(), noise + b"\r" + wire)
    assert found[-1] == Command(command.word, command.arguments)


@given(NOISE)
def test_no_bytes_upset_a_reader(noise):
    for reader in (ReplyReader(), CommandReader()):
        for byte in noise:
            read_all(reader, bytes([byte]))
    reader = ReplyReader()
    read_all(reader, noise)
    reader.at_silence()
