"""New Era bytes, pair by pair, in both directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.dialects.new_era import (
    ESCAPE,
    Command,
    Reply,
    crc,
    encode_command,
    encode_reply,
    packet,
    parse_command,
    parse_reply,
)
from onset.dialects.new_era_readers import CommandReader, CommandText, ReplyReader
from onset.dialects.reading import NEED_MORE, BadBytes

# The worked exchange of facts 1.9: command text, its bytes, the reply's bytes, the reply.
EXCHANGE = [
    ("VER", b"0VER\r", b"\x0200SNE1000V3.928\x03", Reply("S", "NE1000V3.928")),
    ("DIA14.43", b"0DIA14.43\r", b"\x0200S\x03", Reply("S")),
    ("DIA", b"0DIA\r", b"\x0200S14.43\x03", Reply("S", "14.43")),
    ("RAT7.5MH", b"0RAT7.5MH\r", b"\x0200S\x03", Reply("S")),
    ("RAT", b"0RAT\r", b"\x0200S7.500MH\x03", Reply("S", "7.500MH")),
    ("RUN", b"0RUN\r", b"\x0200I\x03", Reply("I")),
    ("VOL1.0", b"0VOL1.0\r", b"\x0200I?NA\x03", Reply("I", error="NA")),
    ("DIS", b"0DIS\r", b"\x0200II0.025W0.000ML\x03", Reply("I", "I0.025W0.000ML")),
    ("STP", b"0STP\r", b"\x0200P\x03", Reply("P")),
    ("RAT9999MM", b"0RAT9999MM\r", b"\x0200S?OOR\x03", Reply("S", error="OOR")),
    ("FOO", b"0FOO\r", b"\x0200S?\x03", Reply("S", error="")),
    ("", b"0\r", b"\x0200A?R\x03", Reply("", alarm="R")),
]

# The computed packets of facts 1.3.
COMMAND_PACKETS = [
    (b"SAF0", "02 08 53 41 46 30 55 43 03"),
    (b"SAF10", "02 09 53 41 46 31 30 4c 32 03"),
    (b"VER", "02 07 56 45 52 64 e0 03"),
    (b"", "02 04 00 00 03"),
    (b"0RUN", "02 08 30 52 55 4e 44 07 03"),
    (b"RUN", "02 07 52 55 4e 68 ee 03"),
    (b"STP", "02 07 53 54 50 9f 10 03"),
    (b"RAT7.5MH", "02 0c 52 41 54 37 2e 35 4d 48 35 5d 03"),
]
REPLY_PACKETS = [
    (Reply("S"), "02 07 30 30 53 aa a6 03"),
    (Reply("I"), "02 07 30 30 49 19 dd 03"),
    (Reply("", alarm="R"), "02 09 30 30 41 3f 52 65 86 03"),
    (Reply("", alarm="T"), "02 09 30 30 41 3f 54 05 40 03"),
    (Reply("", alarm="S"), "02 09 30 30 41 3f 53 75 a7 03"),
    (Reply("S", error="COM"), "02 0b 30 30 53 3f 43 4f 4d b5 80 03"),
]


def read_all(reader, data):
    reader.feed(data)
    found = []
    while (outcome := reader.next()) is not NEED_MORE:
        found.append(outcome)
    return found


def messages(outcomes):
    return [outcome for outcome in outcomes if not isinstance(outcome, BadBytes)]


@pytest.mark.parametrize(("text", "command", "answer", "reply"), EXCHANGE)
def test_worked_exchange_both_ends(text, command, answer, reply):
    assert encode_command(text) == command
    assert read_all(CommandReader(), command) == [CommandText(f"0{text}", safe=False)]
    assert encode_reply(reply) == answer
    assert read_all(ReplyReader(), answer) == [reply]


@pytest.mark.parametrize(("payload", "expected"), COMMAND_PACKETS)
def test_command_packets_both_ends(payload, expected):
    data = bytes.fromhex(expected)
    assert packet(payload) == data
    assert read_all(CommandReader("safe"), data) == [CommandText(payload.decode(), safe=True)]
    assert read_all(CommandReader("basic"), data) == [CommandText(payload.decode(), safe=True)]


@pytest.mark.parametrize(("reply", "expected"), REPLY_PACKETS)
def test_reply_packets_both_ends(reply, expected):
    data = bytes.fromhex(expected)
    assert encode_reply(reply, mode="safe") == data
    assert read_all(ReplyReader("safe"), data) == [reply]


def test_escape_is_the_manuals_literal():
    assert ESCAPE == b"\x02\x08SAF0UC\x03"
    assert crc(b"SAF0") == b"UC"


@pytest.mark.parametrize("payload", [b"12VER", b"15STP", b"92RUN", b"0RAT7.5MH"])
def test_control_bytes_inside_a_packet_do_not_end_it(payload):
    data = packet(payload)
    assert any(byte in data[1:-1] for byte in b"\x02\x03\x0d")
    reader = CommandReader()
    found = [outcome for byte in data for outcome in read_all(reader, bytes([byte]))]
    assert found == [CommandText(payload.decode(), safe=True)]


@pytest.mark.parametrize("line", [b" 0 rat 7.5 mh\r", b"0RAT7.5MH\r", b"\n0rat7.5mh\r"])
def test_spaces_case_and_line_feeds_do_not_matter(line):
    (text,) = read_all(CommandReader(), line)
    assert parse_command(text.text) == Command("RAT", "7.5MH")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Command("")),
        ("12", Command("", address=12)),
        ("RUNE2", Command("RUNE", "2")),
        ("RUN2", Command("RUN", "2")),
        ("*ADR3", Command("ADR", "3", system=True)),
        ("7*RESET", Command("RESET", address=7, system=True)),
        ("PHN1", Command("PHN", "1")),
        ("PF0", Command("PF", "0")),
        ("FOO", None),
        ("1234", None),
    ],
)
def test_commands_are_taken_apart(text, command):
    assert parse_command(text) == command


def test_safe_mode_ignores_plain_text_but_not_a_star():
    reader = CommandReader("safe")
    assert messages(read_all(reader, b"0RUN\r")) == []
    assert messages(read_all(reader, b"*RESET\r")) == [CommandText("*RESET", safe=False)]


def test_a_flipped_bit_is_no_packet():
    data = bytearray(packet(b"0RAT100UM"))
    data[6] ^= 0x08
    (bad,) = read_all(CommandReader("safe"), bytes(data))
    assert isinstance(bad, BadBytes)
    assert bad.why == "a wrong checksum"


def test_a_reply_cut_short_does_not_swallow_the_next():
    outcomes = read_all(ReplyReader(), b"\x0200S7.5\x0200I\x03")
    assert outcomes == [BadBytes(b"\x0200S7.5", "a reply cut short"), Reply("I")]


def test_addresses_have_one_or_two_digits_in_replies():
    assert parse_reply(b"5S") == Reply("S", address=5)
    assert parse_reply(b"05S") == Reply("S", address=5)
    assert parse_reply(b"S") is None


GOOD = st.sampled_from([Reply("S"), Reply("I", "7.500MH"), Reply("", alarm="R"), Reply("P")])


@given(junk=st.binary(max_size=80), good=GOOD, mode=st.sampled_from(["basic", "safe"]))
def test_no_junk_hides_a_later_good_reply(junk, good, mode):
    outcomes = read_all(ReplyReader(mode), junk + encode_reply(good, mode=mode))
    assert messages(outcomes)[-1:] == [good]


@given(junk=st.binary(max_size=80), text=st.sampled_from(["0VER", "92RUN", "0RAT7.5MH"]))
def test_no_junk_hides_a_later_good_packet(junk, text):
    outcomes = read_all(CommandReader("safe"), junk + packet(text.encode()))
    assert messages(outcomes)[-1:] == [CommandText(text, safe=True)]


@given(st.binary().filter(lambda junk: b"\x02" not in junk))
def test_plain_commands_are_found_behind_any_line(junk):
    outcomes = read_all(CommandReader(), junk + b"\r0VER\r")
    assert outcomes[-1] == CommandText("0VER", safe=False)


@given(pieces=st.lists(st.binary(max_size=6), max_size=30), mode=st.sampled_from(["basic", "safe"]))
def test_pieces_do_not_matter(pieces, mode):
    bit_by_bit, at_once = ReplyReader(mode), ReplyReader(mode)
    found = [outcome for piece in pieces for outcome in read_all(bit_by_bit, piece)]
    assert messages(found) == messages(read_all(at_once, b"".join(pieces)))


@given(
    prompt=st.sampled_from("IWSPTUX"),
    data=st.text("0123456789.IWSMHUL", max_size=20),
    address=st.integers(0, 99),
    mode=st.sampled_from(["basic", "safe"]),
)
def test_every_reply_comes_back(prompt, data, address, mode):
    reply = Reply(prompt, data, address=address)
    assert read_all(ReplyReader(mode), encode_reply(reply, mode=mode)) == [reply]
