"""Files that people write (TOML): read and checked, mistakes told in one sentence."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from onset.errors import FileMistake


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint in brackets: the nearest known word, or all of them where none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"(did you mean '{close[0]}'?)"
    return f"(known: {', '.join(names)})" if names else ""


class Written(BaseModel):
    """A table of a file that people write: frozen, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _every_key_is_known(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key in data:
            if key not in known:
                hint = did_you_mean(key, known)
                raise PydanticCustomError(
                    "unknown_key", "not known {hint}", {"key": key, "hint": hint}
                )
        return data


Model = TypeVar("Model", bound=Written)


def read_text(path: Path) -> str:
    """The file's text; a file that is not there, or no text, is a `FileMistake`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileMistake(path, "", "there is no such file") from None
    except IsADirectoryError:
        raise FileMistake(path, "", "is a folder, not a TOML file") from None
    except UnicodeDecodeError:
        raise FileMistake(path, "", "is not a text (UTF-8), so no TOML file") from None
    except OSError as fault:
        raise FileMistake(path, "", f"cannot be read ({fault.strerror})") from None


def parse_toml(text: str, model: type[Model], path: Path, *, foreign: tuple[str, str]) -> Model:
    """Check the text of a TOML file against its model; raise `FileMistake` with the first one.

    `foreign` is a table that only another kind of file has, and the sentence for such a file.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise FileMistake(path.name, "", f"not valid TOML: {mistake}") from None
    table, said = foreign
    if table in data:
        raise FileMistake(path.name, "", said)
    try:
        return model.model_validate(data)
    except ValidationError as mistakes:
        where, what = _first_mistake(mistakes.errors(include_url=False))
        raise FileMistake(path.name, where, what) from None


def _first_mistake(errors: list[ErrorDetails]) -> tuple[str, str]:
    where, what = _told(errors[0])
    others = len(errors) - 1
    return where, what + (f"; and {others} more mistake{'s' * (others > 1)}" if others else "")


def _told(error: ErrorDetails) -> tuple[str, str]:
    place = [_readable(part) for part in error["loc"] if part not in _STEP_TAGS]
    context = error.get("ctx", {})
    match error["type"]:
        case "unknown_key":
            return _dotted([*place, str(context["key"])]), f"not known {context['hint']}"
        case "missing":
            return _dotted(place), "is missing"
        case "union_tag_invalid":
            tags = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
            tag = str(context["tag"])
            return _dotted([*place, "do"]), f"'{tag}' is not a step {did_you_mean(tag, tags)}"
        case "union_tag_not_found":
            return _dotted(place), "has no 'do' (which step is it?)"
        case "literal_error":
            said, known = str(error["input"]), str(context["expected"])
            return _dotted(place), f"'{said}' is not one of {known}"
        case "quantity" | "value_error":
            return _dotted(place), error["msg"].removeprefix("Value error, ")
        case "too_short" if not error["input"]:
            return _dotted(place), "is empty"
        case "list_type":
            return _dotted(place), f"is not a list (found {error['input']!r})"
        case _:
            return _dotted(place), f"{error['msg']} (found {error['input']!r})"


# fmt: off
_STEP_TAGS = frozenset({
    "inject", "withdraw", "prime", "pump-stop", "shutter-open", "shutter-close",
    "expose", "wait", "note", "ask", "set",
})
# fmt: on


def _readable(part: int | str) -> str:
    return f"[{part + 1}]" if isinstance(part, int) else part


def _dotted(place: list[str]) -> str:
    return ".".join(place).replace(".[", "[")
