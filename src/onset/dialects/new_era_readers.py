"""New Era replies and commands out of a stream of bytes, Basic and Safe.

Safe packets are read by their length: CRC bytes may be STX, ETX or CR.
"""

from __future__ import annotations

from dataclasses import dataclass

from onset.dialects.new_era import CR, ETX, STX, Mode, Reply, crc, parse_reply
from onset.dialects.reading import NEED_MORE, BadBytes, NeedMore

LONGEST_REPLY = 64
"""Longer than anything a pump says; a length byte above it is noise."""


@dataclass(frozen=True, slots=True)
class CommandText:
    """A command as it came, cleaned; `safe` when it came in a packet."""

    text: str
    safe: bool


class ReplyReader:
    """The host's end: replies out of bytes, in the mode that the pump is in."""

    def __init__(self, mode: Mode = "basic") -> None:
        self.mode: Mode = mode
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply."""
        start = self._buffer.find(STX)
        if start != 0 and self._buffer:
            return self._drop(start if start > 0 else len(self._buffer), "no start of a reply")
        return self._next_packet() if self.mode == "safe" else self._next_plain()

    def _next_plain(self) -> Reply | NeedMore | BadBytes:
        again, end = self._buffer.find(STX, 1), self._buffer.find(ETX, 1)
        if again > 0 and (end < 0 or again < end):
            return self._drop(again, "a reply cut short")
        if end < 0:
            if len(self._buffer) > LONGEST_REPLY:
                return self._drop(len(self._buffer), "a reply without end")
            return NEED_MORE
        reply = parse_reply(bytes(self._buffer[1:end]))
        if reply is None:
            return self._drop(end + 1, "not a reply of this dialect")
        del self._buffer[: end + 1]
        return reply

    def _next_packet(self) -> Reply | NeedMore | BadBytes:
        payload = _payload(self._buffer, LONGEST_REPLY)
        if isinstance(payload, NeedMore):
            later = _later_packet(self._buffer, LONGEST_REPLY)
            return NEED_MORE if later is None else self._drop(later, "a packet cut short")
        if isinstance(payload, str):
            return self._drop(1, payload)
        reply = parse_reply(payload)
        if reply is None:
            return self._drop(len(payload) + 5, "not a reply of this dialect")
        del self._buffer[: len(payload) + 5]
        return reply

    def _drop(self, size: int, why: str) -> BadBytes:
        return _take(self._buffer, size, why)


class CommandReader:
    """The pump's end: command texts out of bytes; a packet is heard in both modes."""

    def __init__(self, mode: Mode = "basic") -> None:
        self.mode: Mode = mode
        self._buffer = bytearray()

    @property
    def in_packet(self) -> bool:
        """Whether a packet has begun; it is thrown away after 0.5 s of silence."""
        return self._buffer.startswith(STX)

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> CommandText | NeedMore | BadBytes:
        """The next command text."""
        if self.in_packet:
            return self._next_packet()
        ends = [end for end in (self._buffer.find(STX), self._buffer.find(CR)) if end >= 0]
        if not ends:
            return NEED_MORE
        if self._buffer[min(ends)] == STX[0]:
            return self._next_behind_noise(min(ends))
        return self._next_plain(min(ends))

    def _next_behind_noise(self, start: int) -> CommandText | NeedMore | BadBytes:
        noise = bytes(self._buffer[:start])
        del self._buffer[:start]
        return BadBytes(noise, "no end before a packet") if _clean(noise) else self.next()

    def _next_plain(self, end: int) -> CommandText | NeedMore | BadBytes:
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        text = _clean(line)
        if self.mode == "safe" and not text.startswith("*"):
            return BadBytes(line + CR, "plain text in Safe mode")
        return CommandText(text, safe=False)

    def _next_packet(self) -> CommandText | NeedMore | BadBytes:
        payload = _payload(self._buffer, 255)
        if isinstance(payload, NeedMore):
            later = _later_packet(self._buffer, 255)
            return NEED_MORE if later is None else _take(self._buffer, later, "cut short")
        if isinstance(payload, str):
            again = self._buffer.find(STX, 1, self._buffer[1] + 1)
            return _take(self._buffer, again if again > 0 else self._buffer[1] + 1, payload)
        del self._buffer[: len(payload) + 5]
        return CommandText(_clean(payload), safe=True)


def _payload(buffer: bytearray, longest: int) -> bytes | NeedMore | str:
    """The payload of the packet that `buffer` begins with, or in words what is wrong with it."""
    if len(buffer) < 2:
        return NEED_MORE
    length = buffer[1]
    if not 4 <= length <= longest:
        return "an impossible length"
    if len(buffer) < length + 1:
        return NEED_MORE
    payload, check, end = buffer[2 : length - 2], buffer[length - 2 : length], buffer[length]
    if end != ETX[0]:
        return "no end where the length says"
    if bytes(check) != crc(bytes(payload)):
        return "a wrong checksum"
    return bytes(payload)


def _later_packet(buffer: bytearray, longest: int) -> int | None:
    """Where in an incomplete packet a good one begins: then the first was cut short."""
    start = buffer.find(STX, 1)
    while start > 0:
        if isinstance(_payload(buffer[start:], longest), bytes):
            return start
        start = buffer.find(STX, start + 1)
    return None


def _take(buffer: bytearray, size: int, why: str) -> BadBytes:
    data = bytes(buffer[:size])
    del buffer[:size]
    return BadBytes(data, why)


def _clean(line: bytes) -> str:
    """As the pump reads: spaces and control characters dropped, upper case."""
    return bytes(byte for byte in line if 0x20 < byte < 0x7F).decode("ascii").upper()
