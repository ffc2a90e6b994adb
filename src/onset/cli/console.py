"""Where words go: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys

import typer
from rich.console import Console

from onset.errors import Refused

COMPLETE, ERROR, REFUSED, ABORTED, FAILED = 0, 1, 2, 3, 4
CODES = {"complete": COMPLETE, "aborted": ABORTED, "failed": FAILED}

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False)


def say_error(sentence: str) -> None:
    """One error, one line."""
    typer.echo(f"onset: {sentence}", err=True)


def print_json(document: object) -> None:
    """The one JSON document of a command with --json."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask a person; without one, `--yes` must have been said (`Refused`)."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Refused(f"{question} There is nobody to ask: add --yes")
    return typer.confirm(question, err=True)
