"""New Era NE-1000 family (WPI Aladdin, Landgraf LA): commands and replies, to and from bytes."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["basic", "safe"]

STX, ETX, CR = b"\x02", b"\x03", b"\r"

BAUD_RATES = (19200, 9600, 2400, 1200, 300)

PROMPTS = {
    "I": "infusing",
    "W": "withdrawing",
    "S": "stopped",
    "P": "paused",
    "T": "in a timed pause",
    "U": "waiting for a trigger",
    "X": "purging",
}
ALARMS = {
    "R": "it was reset or its power was interrupted",
    "S": "its motor stalled",
    "T": "it heard nothing from the computer for too long (Safe mode)",
    "E": "its program has an error",
    "O": "its program phase is out of range",
}
ERRORS = {
    "": "command not recognised",
    "NA": "not applicable now",
    "OOR": "out of range",
    "COM": "invalid packet received",
    "IGN": "ignored",
}
WORDS = (
    *("RESET", "RUNE"),
    *("ADR", "BUZ", "CLD", "DIA", "DIN", "DIR", "DIS", "FUN", "LOC", "OUT", "PHN", "PUR", "RAT"),
    *("ROM", "RUN", "SAF", "STP", "TRG", "VER", "VOL"),
    *("AL", "BP", "IN", "LN", "PF"),
)
"""Longest first, so that none is taken for the beginning of another."""


def crc(payload: bytes) -> bytes:
    """CRC-16/XMODEM of the payload, high byte first."""
    return binascii.crc_hqx(payload, 0).to_bytes(2, "big")


def packet(payload: bytes) -> bytes:
    """A Safe packet, either direction; the length counts itself, the payload, the CRC and ETX."""
    return STX + bytes([len(payload) + 4]) + payload + crc(payload) + ETX


ESCAPE = packet(b"SAF0")
"""Back to Basic mode from any mode."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a pump is asked; without argument most words are questions."""

    word: str
    argument: str = ""
    address: int = 0
    system: bool = False
    """Led by `*`: heard whatever the address and the mode."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a pump answers: its prompt, or an alarm in place of it; then an error or data."""

    prompt: str
    data: str = ""
    error: str | None = None
    alarm: str | None = None
    address: int = 0


def encode_command(text: str, *, address: int = 0, mode: Mode = "basic") -> bytes:
    """`RAT7.5MH` for the pump at `address`."""
    payload = f"{address}{text}".encode("ascii")
    return packet(payload) if mode == "safe" else payload + CR


def parse_command(text: str) -> Command | None:
    """The command in a cleaned text, None if its word is not known."""
    match = re.fullmatch(r"(\d{0,2})(\*?)([A-Z]*)(.*)", text, re.ASCII | re.DOTALL)
    if match is None:
        return None
    address, star, letters, rest = match.groups()
    body = letters + rest
    word = next((known for known in WORDS if body.startswith(known)), "")
    if body and not word:
        return None
    return Command(word, body[len(word) :], int(address or 0), bool(star))


def burst(text: str) -> list[str]:
    """The commands of a network burst, `0RAT100*1RAT250*`; any other text is one command."""
    return text[:-1].split("*") if text.endswith("*") and not text.startswith("*") else [text]


def encode_reply(reply: Reply, *, mode: Mode = "basic") -> bytes:
    """The bytes that a pump sends."""
    if reply.alarm is not None:
        text = f"{reply.address:02d}A?{reply.alarm}"
    else:
        error = "" if reply.error is None else f"?{reply.error}"
        text = f"{reply.address:02d}{reply.prompt}{reply.data}{error}"
    payload = text.encode("ascii")
    return packet(payload) if mode == "safe" else STX + payload + ETX


_REPLY = re.compile(
    r"(?P<address>\d{1,2})"
    r"(?:A\?(?P<alarm>[RSTEO])|(?P<prompt>[IWSPTUX])(?:\?(?P<error>NA|OOR|COM|IGN|)|(?P<data>[^?]*)))",
    re.ASCII,
)


def parse_reply(payload: bytes) -> Reply | None:
    """The reply in a payload; None if it is none."""
    match = _REPLY.fullmatch(payload.decode("latin-1"))
    if match is None or not payload.isascii():
        return None
    return Reply(
        prompt=match["prompt"] or "",
        data=match["data"] or "",
        error=match["error"],
        alarm=match["alarm"],
        address=int(match["address"]),
    )
