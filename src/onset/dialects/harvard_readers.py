"""Harvard replies and commands out of a stream of bytes, with and without poll mode."""

from __future__ import annotations

import re

from onset.dialects.harvard import Command, Reply, Unknown, build_reply, is_prompt, parse_command
from onset.dialects.reading import NEED_MORE, BadBytes, NeedMore

LONGEST_REPLY = 4096
LONGEST_COMMAND = 256

_END = re.compile(rb"[\n\x11]")
_FOREIGN = re.compile(rb"[^\r\x20-\x7e]")


class ReplyReader:
    """The host's end. A reply ends at XON, or where a new line begins behind a prompt.

    Without poll mode nothing ends the last reply but silence: then `at_silence` hands it out.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._segments: list[str] = []

    def feed(self, data: bytes) -> None:
        """More bytes have come; NULs, which some pumps slip in, are dropped."""
        self._buffer += data.replace(b"\0", b"")

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()
        self._start_over()

    def next(self) -> Reply | NeedMore | BadBytes:
        """The next reply."""
        while match := _END.search(self._buffer, self._scanned):
            found = self._take_segment(match.start(), xon=match[0] == b"\x11")
            if found is not None:
                return found
        if len(self._buffer) > LONGEST_REPLY:
            return self._drop(len(self._buffer), "a reply without end")
        return NEED_MORE

    def at_silence(self) -> Reply | NeedMore | BadBytes:
        """What the pump must have meant when it says no more; a prompt ends a reply."""
        found = self.next()
        if not isinstance(found, NeedMore) or not self._scanned:
            return found
        tail = self._buffer[self._scanned :].decode("latin-1")
        return self._hand_out(len(self._buffer), tail, xon=False) if is_prompt(tail) else found

    def _take_segment(self, end: int, *, xon: bool) -> Reply | BadBytes | None:
        """Judge the bytes between two line ends; None: part of a reply, go on."""
        raw = bytes(self._buffer[self._scanned : end])
        if not self._scanned and raw not in (b"", b"\r"):
            return self._drop(end + 1 if xon else end, "no start of a reply")
        if _FOREIGN.search(raw):
            return self._drop(end + 1 if xon else end, "not a reply of this dialect")
        segment = raw.decode("ascii")
        if xon:
            return self._hand_out(end + 1, segment, xon=True)
        if is_prompt(segment):
            return self._hand_out(end, segment, xon=False)
        if segment.rstrip("\r"):
            self._segments.append(segment)
        self._scanned = end + 1
        return None

    def _hand_out(self, size: int, prompt: str, *, xon: bool) -> Reply | BadBytes:
        reply = build_reply([*self._segments, prompt], xon=xon)
        if reply is None:
            return self._drop(size, "no prompt at the end")
        self._drop(size, "")
        return reply

    def _drop(self, size: int, why: str) -> BadBytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._start_over()
        return BadBytes(data, why)

    def _start_over(self) -> None:
        self._scanned = 0
        self._segments = []


class CommandReader:
    """The pump's end: a line ends at CR; line feeds are nothing to it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes have come."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._buffer.clear()

    def next(self) -> Command | Unknown | NeedMore | BadBytes:
        """The next command; a bare CR is one too."""
        end = self._buffer.find(b"\r")
        if end < 0:
            return self._too_long() if len(self._buffer) > LONGEST_COMMAND else NEED_MORE
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        clean = line.replace(b"\n", b"")
        if _FOREIGN.search(clean):
            return BadBytes(line + b"\r", "not a command of this dialect")
        return parse_command(clean.decode("ascii"))

    def _too_long(self) -> BadBytes:
        data = bytes(self._buffer)
        self._buffer.clear()
        return BadBytes(data, "a command without end")
