"""Commands for wires: emulate, devices."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.cli.console import print_json, stdout
from onset.cli.planned import AsJson
from onset.errors import Refused
from onset.experiment.clock import SystemClock
from onset.hardware.found import FoundAdapter, FoundPort, ask_on, serial_ports
from onset.hardware.found import adapters as found_adapters


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
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="address=3, faults=lost@5, ..."),
    ] = None,
) -> None:
    """Run a firmware emulator for any program; its address is the last word of the first line."""
    from onset.simulated.servers import emulate

    emulate(dialect, tcp=tcp, pty=pty, log=log, settings=dict(map(_setting, settings or [])))


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Refused(f"emulate: --set {text!r} is not KEY=VALUE")
    return key, value


def devices_command(
    *,
    dialect: Annotated[
        str | None, typer.Option(help="Ask in this dialect on --port: new-era, harvard, ...")
    ] = None,
    port: Annotated[str | None, typer.Option(help="COM3, /dev/ttyUSB0, socket://...")] = None,
    baud: Annotated[int | None, typer.Option(help="As set on the device.", min=1)] = None,
    address: Annotated[int, typer.Option(help="Of a pump.", min=0, max=99)] = 0,
    as_json: AsJson = False,
) -> None:
    """List serial ports and Micro-Manager's devices; or ask a named dialect on a named port.

    Nothing is sent to a port unless both --dialect and --port name it.
    """
    if dialect is not None or port is not None:
        if dialect is None or port is None:
            raise Refused("devices: --dialect and --port go together; no port is tried by guessing")
        _ask(port, dialect, baud, address, as_json=as_json)
        return
    ports, adapters = serial_ports(), found_adapters()
    if as_json:
        print_json({"ports": list(map(asdict, ports)), "adapters": list(map(asdict, adapters))})
        return
    _show_ports(ports)
    _show_adapters(adapters)


def _ask(port: str, dialect: str, baud: int | None, address: int, *, as_json: bool) -> None:
    said: list[tuple[str, bytes]] = []

    def on_bytes(who: str, data: bytes, _: int) -> None:
        said.append((who, data))

    heard = ask_on(
        port, dialect, baud=baud, address=address, clock=SystemClock(), on_bytes=on_bytes
    )
    trip_ms = None if heard.round_trip_ns is None else round(heard.round_trip_ns / 1e6, 3)
    if as_json:
        document: dict[str, object] = {"port": port, "dialect": dialect, "baud": baud}
        document |= {"identity": heard.identity, "state": heard.state, "round_trip_ms": trip_ms}
        print_json(document | {"bytes": [[who, repr(data)] for who, data in said]})
        return
    for who, data in said:
        stdout.print(f"{who:6} {data!r}", markup=False, soft_wrap=True)
    stdout.print(f"{heard.identity}: {heard.state}; it answers within {trip_ms} ms", markup=False)


def _show_ports(ports: list[FoundPort]) -> None:
    if not ports:
        stdout.print("no serial port found: plug the adapter in, and look for its driver")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("port", "description", "hardware"):
        table.add_column(column)
    for port in ports:
        table.add_row(port.port, port.description, port.hardware)
    stdout.print(table)


def _show_adapters(adapters: list[FoundAdapter]) -> None:
    stdout.print()
    if not adapters:
        stdout.print("no Micro-Manager adapter found: install Micro-Manager, or mm-test-adapters")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("adapter", "device", "kind", "description"):
        table.add_column(column)
    for found in adapters:
        if found.fault is not None:
            table.add_row(found.adapter, "", "", f"cannot be loaded: {found.fault}")
        for name, kind, description in found.devices:
            table.add_row(found.adapter, name, kind, description)
    stdout.print(table)
