"""Change single values in a TOML text that people wrote: comments and order stay as they are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

from onset.errors import FileMistake

Value = str | int | float | bool | list[int]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")


def with_value(text: str, table: str, number: int | None, key: str, value: Value | None) -> str:
    """The text with `key` of a table set, or taken out for None.

    `table` is empty for the keys before the first table; `number` is the place of the table among
    those of its name where it is one of `[[table]]`. What cannot be changed in this way (a value
    over several lines, an inline table) is a `FileMistake`.
    """
    lines = text.splitlines()
    first, last = _span(lines, table, number)
    at = _line_of(lines, first, last, key)
    if value is None:
        if at is not None:
            del lines[at]
    elif at is not None:
        lines[at] = _changed(lines[at], value)
    else:
        lines.insert(first, f"{key} = {written(value)}")
    changed = "\n".join(lines) + "\n"
    _must_be(changed, table, number, key, value)
    return changed


def written(value: Value) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return str(value)


def _span(lines: Sequence[str], table: str, number: int | None) -> tuple[int, int]:
    """First line after the table's header, first line after the table."""
    headers = [(i, match) for i, line in enumerate(lines) if (match := _HEADER.match(line))]
    if not table:
        return _first_key(lines), headers[0][0] if headers else len(lines)
    found = [i for i, match in headers if match.group(2) == table]
    place = number or 0
    if place >= len(found):
        raise FileMistake(
            "protocol", table, "is not a table of its own in this file: edit the file"
        )
    start = found[place]
    following = [
        i for i, match in headers if i > start and not match.group(2).startswith(f"{table}.")
    ]
    return start + 1, following[0] if following else len(lines)


def _first_key(lines: Sequence[str]) -> int:
    comments = (i for i, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    return next(comments, len(lines))


def _line_of(lines: Sequence[str], first: int, last: int, key: str) -> int | None:
    pattern = re.compile(rf"\s*\"?{re.escape(key)}\"?\s*=")
    return next((i for i in range(first, last) if pattern.match(lines[i])), None)


def _changed(line: str, value: Value) -> str:
    """The line with another value; its comment stays in its column where it can."""
    head, _, rest = line.partition("=")
    comment = _comment(rest)
    new = f"{head}= {written(value)}"
    if not comment:
        return new
    column = line.rindex(comment)
    return f"{new.ljust(column)}{'' if len(new) < column else '  '}{comment}"


def _comment(rest: str) -> str:
    quote = ""
    for i, character in enumerate(rest):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#":
            return rest[i:]
    return ""


def _must_be(text: str, table: str, number: int | None, key: str, value: Value | None) -> None:
    """What was written must be what is read."""
    try:
        data: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise FileMistake("protocol", key, f"cannot be changed here: {mistake}") from None
    if table and isinstance(data, dict):
        data = data.get(table, {})
    if isinstance(data, list):
        data = data[number or 0]
    read = data.get(key) if isinstance(data, dict) else None
    if read != value:
        raise FileMistake("protocol", key, "cannot be changed here: edit the file")
