"""The command `onset`: all its subcommands, and what becomes of errors."""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import NoReturn

import typer

from onset import __version__
from onset.cli.catalogue import Catalogue
from onset.cli.console import ERROR, REFUSED, print_json, say_error
from onset.cli.usage import usage_sentence
from onset.cli.window import begin
from onset.errors import FileMistake, OnsetError, Refused

app = typer.Typer(
    name="onset",
    cls=Catalogue,
    help="Runs single-particle turn-on experiments: camera, syringe pump and UV shutter.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        typer.echo(f"onset {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    context: typer.Context,
    *,
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(  # noqa: ARG001 - acted on by its callback
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    if debug:
        os.environ["ONSET_DEBUG"] = "1"
    if context.invoked_subcommand is None:
        begin(context)


def main() -> None:
    """Entry point: run a command, tell an error in one sentence, end with its code."""
    multiprocessing.freeze_support()
    try:
        code = app(standalone_mode=False)
    except OnsetError as error:
        if os.environ.get("ONSET_DEBUG"):
            raise
        _fail(str(error), REFUSED if isinstance(error, FileMistake | Refused) else ERROR)
    except OSError as error:
        if error.filename is None or os.environ.get("ONSET_DEBUG"):
            raise
        _fail(f"{error.filename}: {error.strerror}", ERROR)
    except typer.Abort:
        sys.exit(ERROR)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _fail(usage_sentence(error, sys.argv[1:]), REFUSED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(sentence: str, code: int) -> NoReturn:
    """One sentence for a person; with --json also one document for a program."""
    say_error(sentence)
    if "--json" in sys.argv[1:]:
        print_json({"error": {"message": sentence, "exit_code": code}})
    sys.exit(code)
