"""The instrument: a process without a window that owns one rig from its opening to its closing."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager

from onset.acquisition import registry
from onset.acquisition.emergency import Emergency
from onset.acquisition.hands import as_fault
from onset.acquisition.link import Link
from onset.acquisition.messages import OpenRig, Reply, Status
from onset.acquisition.operator import Operator
from onset.acquisition.rigs import held
from onset.acquisition.signals import be_deaf
from onset.acquisition.wires import WireLog
from onset.errors import FileMistake, Refused
from onset.experiment import clock as clocks
from onset.experiment.clock import Clock, ScaledClock, SystemClock
from onset.experiment.rig import Rig, parse_rig
from onset.hardware.bench import Bench

LEFT_UNSAFE = 5
"""Exit code: something hangs; whoever watches must make the wires safe."""
OPENED = 0
"""Number of the reply to the order with which the process was started."""


def main(order: OpenRig, who: str) -> None:
    """Body of the process: open, serve, close."""
    faulthandler.enable()
    emergency = Emergency()
    link = Link(registry.new_entry("instrument", rig=order.rig_file.name, who=who), emergency.stop)
    be_deaf(lambda: link.end_soon("the operating system asked the instrument to end"))
    link.open()
    is_safe = operate(order, link, emergency, who)
    link.close()
    if not is_safe:
        os._exit(LEFT_UNSAFE)  # a thread hangs in a driver: nothing can be closed in order


def operate(order: OpenRig, link: Link, emergency: Emergency, who: str) -> bool:
    """Is the rig known to be safe afterwards?"""
    wires = WireLog()
    try:
        rig = parse_rig(order.rig_text, order.rig_file)
        with held(rig, who) as hold, _opened(order, rig, link, wires) as (bench, clock):
            hold.say(safe=False)
            operator = Operator(order, rig, bench, clock, link, emergency, wires)
            link.post(Reply(OPENED))
            if not operator.serve():
                return False
            emergency.take_charge_of(None)
            faults = bench.make_safe()
            hold.say(safe=not faults)
            return not faults
    except (FileMistake, Refused) as mistake:
        link.post(Reply(OPENED, str(mistake)))
        return True
    except Exception as fault:  # the last word must be sent
        if os.environ.get("ONSET_DEBUG"):
            raise
        link.post(Reply(OPENED, as_fault("the instrument", fault)))
        return False


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
