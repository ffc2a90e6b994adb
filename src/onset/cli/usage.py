"""What was typed wrongly, in one sentence: what, where, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from onset.cli.catalogue import MODULE_OF

FROM_LIBRARY = {
    "Value error, ": "",
    "Input should be": "should be",
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
}
"""Its words, and ours."""


def usage_sentence(error: Any, typed: Sequence[str]) -> str:
    """Of an error that the command line's library raised; `typed` are the words after `onset`."""
    command = next((word for word in typed if word in MODULE_OF), "")
    prefix, helped = (f"{command}: ", f"onset {command}") if command else ("", "onset")
    return f"{prefix}{_what(error)}: {helped} --help tells more"


def _what(error: Any) -> str:
    kind, message = type(error).__name__, error.format_message()
    if kind == "NoSuchOption":
        there = _options(error.ctx)
        return f"there is no option {error.option_name}{_meant(error.option_name, there)}"
    if kind == "MissingParameter":
        return f"{_name(error.param)} is missing ({_described(error.param)})"
    if kind == "BadParameter":
        return _bad(_name(error.param), error.message)
    if kind == "BadOptionUsage":
        return f"{error.option_name} needs a value"
    if message.startswith("No such command"):
        name = message.split("'")[1]
        return f"there is no command {name}{_meant(name, MODULE_OF)}"
    if message.startswith("Got unexpected extra argument"):
        return f"{message[message.rindex('(') + 1 : message.rindex(')')]} is too much"
    return str(message).rstrip(".")


def _bad(name: str, message: str) -> str:
    for theirs, ours in FROM_LIBRARY.items():
        message = message.replace(theirs, ours)
    message = message.rstrip(".")
    return f"{name} {message}" if message.startswith("should be") else f"{name}: {message}"


def _meant(word: str, there: Iterable[str]) -> str:
    near = get_close_matches(word, list(there), 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _options(context: Any) -> list[str]:
    if context is None:
        return []
    return [name for one in context.command.params for name in one.opts if name[0] == "-"]


def _name(parameter: Any) -> str:
    """`--rig`, or an argument as the help shows it."""
    if parameter is None:
        return "an argument"
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name).upper().removesuffix("...")


def _described(parameter: Any) -> str:
    said = str(getattr(parameter, "help", None) or "").removesuffix("[required]").strip()
    return (said if said.endswith("...") else said.rstrip(".")) or "needed"
