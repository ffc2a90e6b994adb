"""Commands for wires: emulate, devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from serial.tools import list_ports

from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("emulate")(emulate_command)
    app.command("devices")(devices_command)


def emulate_command(
    dialect: Annotated[str, typer.Argument(help="new-era, uniblitz-d1, ...")],
    tcp: Annotated[str | None, typer.Option(help="HOST:PORT to listen on, loopback.")] = None,
    *,
    pty: Annotated[bool, typer.Option("--pty", help="A pseudo-terminal (Linux, macOS).")] = False,
    log: Annotated[Path | None, typer.Option(help="File for every byte string.")] = None,
) -> None:
    """Run a firmware emulator for any program; its address is the last word of the first line."""
    from onset.simulated.servers import emulate

    emulate(dialect, tcp=tcp, pty=pty, log=log)


def devices_command(*, as_json: AsJson = False) -> None:
    """List the serial ports of this computer."""
    ports = [
        {"port": port.device, "description": port.description, "hardware": port.hwid}
        for port in sorted(list_ports.comports())
    ]
    if as_json:
        print_json({"ports": ports})
        return
    if not ports:
        stdout.print("no serial port found: plug the adapter in, and look for its driver")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("port", "description", "hardware"):
        table.add_column(column)
    for port in ports:
        table.add_row(*port.values())
    stdout.print(table)
