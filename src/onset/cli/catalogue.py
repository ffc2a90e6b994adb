"""Which module brings which command; only what is typed is imported, for a quick start."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES = {
    "running": ("demo", "run"),
    "supervised": ("status", "abort", "adopt"),
    "stopped": ("stop",),
    "planned": ("check", "schema"),
    "rehearsed": ("rehearse",),
    "simulated_film": ("simulate",),
    "modelled": ("model",),
    "recordings": ("info", "frames", "recover", "report-bug", "watch", "replay"),
    "wires": ("emulate", "devices"),
    "benchwork": ("pump", "shutter"),
    "syringe": ("syringe",),
    "exchanged": ("import", "export"),
    "measured": ("measure",),
    "calibrated": ("calibrate",),
    "analysed": ("analyze",),
    "benched": ("bench",),
    "compared": ("compare",),
}
MODULE_OF = {command: module for module, commands in MODULES.items() for command in commands}


class Catalogue(TyperGroup):
    """All commands by name; the module of one is imported when the command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of an experiment."""
        return list(MODULE_OF)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, None where there is none of that name."""
        if cmd_name not in MODULE_OF:
            return None
        return commands_of(MODULE_OF[cmd_name])[cmd_name]


def commands_of(module: str) -> dict[str, Any]:
    """The commands that a module of `onset.cli` adds."""
    part = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    import_module(f"onset.cli.{module}").add_to(part)
    return dict(get_group(part).commands)
