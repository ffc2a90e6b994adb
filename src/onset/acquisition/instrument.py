"""The instrument: a process without a window that owns one rig from its opening to its closing."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

from onset.acquisition import registry
from onset.acquisition.emergency import Emergency
from onset.acquisition.hands import as_fault
from onset.acquisition.link import Link
from onset.acquisition.messages import OPENED, OpenRig, Reply, Status
from onset.acquisition.operator import Operator
from onset.acquisition.rigs import held
from onset.acquisition.signals import be_deaf
from onset.acquisition.wires import WireLog
from onset.errors import FileMistake, OnsetError, Refused
from onset.experiment import clock as clocks
from onset.experiment.clock import Clock, ScaledClock, SystemClock
from onset.experiment.rig import Rig, parse_rig
from onset.hardware.bench import Bench

LEFT_UNSAFE = 5
"""Exit code: something hangs; whoever watches must make the wires safe."""


def main(order: OpenRig, who: str) -> None:
    """Body of the process: open, serve, close."""
    if sys.stderr is not None:  # Windows: there may be none
        faulthandler.enable()
    emergency = Emergency()
    link = Link(registry.new_entry("instrument", rig=order.rig_file.name, who=who), emergency.stop)
    be_deaf(lambda: link.end_soon("the operating system asked the instrument to end"))
    link.open()
    _end(link, is_safe=operate(order, link, emergency, who))


def operate(order: OpenRig, link: Link, emergency: Emergency, who: str) -> bool:
    """Is the rig known to be safe afterwards?"""
    wires = WireLog()
    try:
        rig = parse_rig(order.rig_text, order.rig_file)
        with held(rig, who) as hold, ExitStack() as opened:
            hold.say(safe=False)
            try:
                bench, clock = opened.enter_context(_opened(order, rig, link, wires))
            except OnsetError:  # what was reached has been left shut, the rest as it was found
                hold.say(safe=hold.was_safe)
                raise
            operator = Operator(order, rig, bench, clock, link, emergency, wires)
            if not operator.serve():
                _end(link, is_safe=False)  # what hangs holds its wires: nothing can be closed
            emergency.take_charge_of(None)
            is_safe = not bench.make_safe()
            hold.say(safe=is_safe)
            return is_safe
    except (FileMistake, Refused) as mistake:
        link.post(Reply(OPENED, str(mistake)))
        return True
    except Exception as fault:  # noqa: BLE001 - the last word must be sent
        if os.environ.get("ONSET_DEBUG"):
            traceback.print_exc()
        link.post(Reply(OPENED, as_fault("the instrument", fault)))
        return False


def _end(link: Link, *, is_safe: bool) -> NoReturn:
    """At once: drivers written in C crash while an interpreter takes itself apart, or hang."""
    link.close(is_safe=is_safe)
    logging.shutdown()
    os._exit(0 if is_safe else LEFT_UNSAFE)


@contextmanager
def _opened(order: OpenRig, rig: Rig, link: Link, wires: WireLog) -> Iterator[tuple[Bench, Clock]]:
    if order.speed != 1.0 and not rig.is_simulated:
        raise Refused(f"--speed needs a fully simulated rig; '{rig.name}' has real devices")
    clock: Clock = SystemClock() if order.speed == 1.0 else ScaledClock(order.speed)
    clocks.install(clock)
    link.tell(Status(phase="opening", message=f"opening the rig '{rig.name}'", rig=rig.name))
    strengths = {name: spec.ug_per_ml for name, spec in rig.pumps.items()}
    with Bench(rig, clock, wires.of, strengths) as bench:
        yield bench, clock
