"""Harvard Apparatus 11 Elite, PHD Ultra and KDS Legato: commands and replies, to and from bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

CR, XON = b"\r", b"\x11"

BAUD_RATES = (115200, 9600, 19200, 38400, 57600)

PROMPTS = {
    ":": "idle",
    ">": "infusing",
    "<": "withdrawing",
    "*": "stalled",
    "T*": "target reached",
    ">*": "at the limit switch, infusing",
    "<*": "at the limit switch, withdrawing",
}

ERRORS = (
    "Command error",
    "Argument error",
    "Range error",
    "Unknown command",
    "Out of range",
)
"""What the first line of a refusal begins with; the full list was never published."""

WORDS = (
    *("address", "baud", "cat", "crate", "diameter", "dim", "echo", "footswitch", "force"),
    *("ftswitch", "input", "iramp", "irate", "irun", "itime", "ivolume", "load", "metrics"),
    *("nvram", "output", "poll", "rrun", "run", "status", "stop", "stp", "svolume", "syrmanu"),
    *("time", "ttime", "tvolume", "ver", "version", "wramp", "wrate", "wrun", "wtime", "wvolume"),
    *("citime", "civolume", "ctime", "cttime", "ctvolume", "cvolume", "cwtime", "cwvolume"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """What a pump is asked; without arguments most words are questions."""

    word: str
    """In full, whatever was written; empty for a bare line end."""
    arguments: tuple[str, ...] = ()
    address: int | None = None
    """None: written without address, which reaches the pump with address 0."""
    quiet: bool = False
    """Led by `@`: the pump does not redraw its screen."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a pump answers: lines of text, then the prompt that says what it does."""

    prompt: str
    lines: tuple[str, ...] = ()
    address: int | None = None
    """None where the prompt carries no address."""
    xon: bool = True
    """Ended by XON. With `poll on` a prompt without it was not asked for, or has lost it."""
    bare_lines: bool = False
    """The lines carry no address although the prompt does (seen in the answer to `addr`)."""

    @property
    def error(self) -> str | None:
        """The refusal in one line; None if it is none."""
        first = next((n for n, line in enumerate(self.lines) if line.startswith(ERRORS)), None)
        return None if first is None else "; ".join(line.strip() for line in self.lines[first:])


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command that is not in the table."""

    word: str
    address: int | None = None


def encode_command(text: str, *, address: int | None = None, quiet: bool = True) -> bytes:
    """`irate 7.5 m/h` for the pump at `address`; the address goes directly before the word.

    The PHD Ultra manual puts a colon between them, the Elite and Legato manuals do not: leave the
    address out where the pump is alone on its wire.
    """
    number = "" if address is None else str(address)
    return f"{'@' if quiet else ''}{number}{text}".encode("ascii") + b"\r\n"


_COMMAND = re.compile(r"\s*(@?)\s*(?:(\d{1,2}):?)?\s*(@?)\s*([A-Za-z]*)(.*)", re.ASCII)


def parse_command(text: str) -> Command | Unknown:
    """The command in a line; words may be cut to four letters and be in any case."""
    match = _COMMAND.fullmatch(text)
    if match is None:
        return Unknown(text.strip())
    number, written, rest = match[2], match[4].lower(), match[5]
    address = None if number is None else int(number)
    word = _word_in_full(written)
    if word is None or (rest and not rest[0].isspace()):
        return Unknown(text.strip(), address)
    return Command(word, tuple(rest.split()), address, bool(match[1] or match[3]))


def _word_in_full(written: str) -> str | None:
    if written == "addr":
        return "address"
    if not written or written in WORDS:
        return written
    if len(written) < 4:
        return None
    return next((word for word in WORDS if word.startswith(written)), None)


def encode_reply(reply: Reply) -> bytes:
    """The bytes that a pump sends."""
    number = "" if reply.address is None else f"{reply.address:02d}"
    lead = "" if reply.address is None or reply.bare_lines else f"{number}:"
    text = "".join(f"\n{lead}{line}\r" for line in reply.lines)
    return f"{text}\n{number}{reply.prompt}".encode("ascii") + (XON if reply.xon else b"")


_PROMPT = re.compile(r"(\d{1,2})?(:|[<>]\*|[<>]|T\*|\*)", re.ASCII)


def is_prompt(segment: str) -> bool:
    """Whether a segment between two line feeds is a prompt: one has no CR behind it."""
    return _PROMPT.fullmatch(segment) is not None


def build_reply(segments: list[str], *, xon: bool) -> Reply | None:
    """The reply in cleaned segments, the last of them its prompt; None if that is none."""
    match = _PROMPT.fullmatch(segments[-1]) if segments else None
    if match is None:
        return None
    lines = tuple(segment.rstrip("\r") for segment in segments[:-1])
    if match[1] is None:
        return Reply(match[2], lines, xon=xon)
    led = [re.match(rf"0?{int(match[1])}:", line) for line in lines]
    if not all(led):
        return Reply(match[2], lines, int(match[1]), xon, bare_lines=True)
    stripped = tuple(line[m.end() :] for line, m in zip(lines, led, strict=True) if m)
    return Reply(match[2], stripped, int(match[1]), xon)
