"""The supervisor: serves clients, watches the instrument, and makes the rig safe when it dies."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from onset.acquisition import registry
from onset.acquisition.adaptive import Plateaus, StopWatch
from onset.acquisition.channel import LOST, Door, Outbox, Talk
from onset.acquisition.child import Child, Word
from onset.acquisition.instrument import OPENED
from onset.acquisition.live import LiveFeed
from onset.acquisition.messages import (
    VERSION,
    CloseRig,
    Command,
    EmergencyStop,
    Ended,
    Finish,
    Found,
    Goodbye,
    OpenRig,
    Reply,
    Request,
    StartRun,
    Status,
    Watch,
)
from onset.acquisition.registry import Entry
from onset.acquisition.rigs import left_unsafe, state_of
from onset.acquisition.runlog import logged, say
from onset.acquisition.safety import Safety
from onset.errors import OnsetError
from onset.experiment.protocol import Protocol, parse_protocol
from onset.hardware.safe import UNKNOWN

BEAT_S = 0.1
SILENT_S = 3.0
"""An instrument that says nothing for so long is taken for dead ..."""
SILENT_OPENING_S = 60.0
"""... but loading camera drivers may keep every thread of it waiting."""
STUCK_S = 15.0
"""Who decides has not come round for so long: a disk or device holds it up."""
CLOSE_S = 30.0
EMERGENCY_S = 1.0
"""An instrument that has not answered an emergency stop by then is killed."""


@dataclass(slots=True)
class _Client:
    outbox: Outbox
    who: str = ""


@dataclass(frozen=True, slots=True)
class _Route:
    client: _Client
    number: int


class Supervisor:
    """A context manager: leaves no instrument behind unwatched, unless a run goes on."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.entry: Entry = registry.new_entry("supervisor", who=who)
        self._lock = threading.RLock()
        self._numbers = itertools.count(OPENED + 1)
        self._routes: dict[int, _Route] = {}
        self._clients: list[_Client] = []
        self._child: Child | None = None
        self._opening: tuple[OpenRig, _Route | None] | None = None
        self._safety: Safety | None = None
        self._status = Status(phase="idle")
        self._feed: LiveFeed | None = None
        self._opened = ExitStack()
        self._emergencies: dict[int, float] = {}
        self._stop_watch: StopWatch | None = None
        self._plateaus: Plateaus | None = None
        self._leaving = threading.Event()
        self._watched_s = time.monotonic()
        self.left_s = time.monotonic()
        """When the last client left."""

    def __enter__(self) -> Supervisor:
        self._make_safe_what_was_left()
        door = Door(self.entry, self._meet)
        door.start()
        self._opened.callback(door.close)
        self._opened.enter_context(registry.registered(self.entry))
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.leave()  # the instrument is an orphan now and ends as its protocol says
        if self._feed is not None:
            self._feed.__exit__(None, None, None)
        self._opened.close()

    @property
    def status(self) -> Status:
        """The newest snapshot."""
        return self._status

    @property
    def found(self) -> Found | None:
        """What the live analysis of this run, or the last one, has found."""
        if self._feed is None:
            return None
        live = self._feed.state
        return Found(live.direction, live.count, live.ensemble, live.message)

    @property
    def is_alone(self) -> bool:
        """Is no client there, and no run under way?"""
        return not self._clients and self._status.phase not in ("running", "ending", "opening")

    def catch_up(self, timeout_s: float) -> None:
        """Wait until the live analysis has seen every frame."""
        if self._feed is not None:
            self._feed.catch_up(timeout_s)

    def adopt(self, orphan: Entry) -> None:
        """Take over an instrument whose supervisor has died."""
        self._child = Child(orphan, self._as_watcher(), self._heard, self._gone)
        state = state_of(orphan.pid)
        if state is not None:
            self._safety = Safety(state.text, Path(state.file))
        self._child.listen()
        self._publish(rig=orphan.rig, folder=orphan.folder)

    def close_rig(self) -> None:
        """Nobody is left who could want it: ask for it and wait."""
        with self._lock:
            child = self._child
        if child is None:
            return
        child.send(Request(next(self._numbers), CloseRig(), self.who))
        until_s = time.monotonic() + CLOSE_S
        while self._child is child and time.monotonic() < until_s:
            time.sleep(0.02)

    # clients

    def _meet(self, talk: Talk) -> None:
        client = _Client(Outbox(talk))
        with self._lock:
            client.outbox.show(self._status)
            self._clients.append(client)
        client.outbox.start()
        try:
            while not isinstance(word := talk.recv(), Goodbye):
                self._asked(client, word)
        except LOST:
            pass
        finally:
            with self._lock:
                self._clients.remove(client)
                self.left_s = time.monotonic()
            client.outbox.finish(1.0)
            with suppress(*LOST):
                talk.close()

    def _asked(self, client: _Client, request: object) -> None:
        if not isinstance(request, Request) or request.version != VERSION:
            return
        client.who = request.who
        route = _Route(client, request.number)
        match request.command:
            case OpenRig():
                self._open(request.command, route)
            case EmergencyStop() if self._child is None:
                self._answer(route, None)  # nothing is open
            case _:
                self._forward(request.command, request.who, route)

    def _forward(self, command: Command, who: str, route: _Route) -> None:
        with self._lock:
            child = self._child
            if child is None or (self._opening and not isinstance(command, EmergencyStop)):
                self._answer(route, "no rig is open" if child is None else "the rig is opening")
                return
            number = next(self._numbers)
            self._routes[number] = route
            if isinstance(command, EmergencyStop):
                self._emergencies[number] = time.monotonic()
            child.send(Request(number, command, who))
        if isinstance(command, StartRun):
            self._expect(command)

    def _answer(self, route: _Route | None, refused: str | None) -> None:
        if route is not None:
            route.client.outbox.post(Reply(route.number, refused))

    # the instrument

    def _open(self, order: OpenRig, route: _Route | None) -> None:
        with self._lock:
            if self._child is not None or self._opening is not None:
                self._answer(route, f"a rig is open: {self._status.rig or 'it is just opening'}")
                return
            self._opening = order, route
        self._show(Status(phase="opening", message="starting the instrument"))
        try:
            child = Child.born(order, self._as_watcher(), self._heard, self._gone)
        except OnsetError as fault:
            self._opened_or_not(str(fault))
            self._show(Status(phase="idle", message=str(fault)))
            return
        with self._lock:
            self._child, self._safety = child, Safety(order.rig_text, order.rig_file)
        child.listen()
        self._publish(rig=order.rig_file.name)

    def _opened_or_not(self, refused: str | None) -> None:
        with self._lock:
            opening, self._opening = self._opening, None
        if opening is not None:
            self._answer(opening[1], refused)

    def _heard(self, word: Word) -> None:
        match word:
            case Status():
                self._show(word)
            case Reply() if word.number == OPENED:
                if word.refused is not None:
                    self._show(Status(phase="idle", message=word.refused))
                self._opened_or_not(word.refused)
            case Reply():
                self._replied(word)
            case Ended():
                found = self.found
                if word.status == "complete" and found is not None and self._plateaus is not None:
                    self._plateaus.remember(found.count)
                self._show(replace(self._status, phase="ended", verdict=word, folder=word.folder))

    def _replied(self, reply: Reply) -> None:
        with self._lock:
            route = self._routes.pop(reply.number, None)
            emergency = self._emergencies.pop(reply.number, None)
        if emergency is not None and reply.refused is not None and self._child is not None:
            self._child.kill()  # it cannot reach its own wires: we can
        if route is not None:
            self._answer(route, reply.refused)

    def _gone(self, child: Child) -> None:
        """The wire to the instrument is cut: it has ended, died, or we left it."""
        if self._leaving.is_set():
            return
        code = child.how_it_ended()
        if child.is_alive:
            child.kill()
            code = child.how_it_ended()
        with self._lock:
            if self._child is not child:
                return
        before = self._status
        made = "" if code == 0 else self._make_safe()
        with self._lock:
            self._child = None
            routes, self._routes = self._routes, {}
            emergencies, self._emergencies = set(self._emergencies), {}
        how = f"the instrument process ended ({_how(code)})"
        self._opened_or_not(how)
        self._show(self._after(before, code, f"{how}; {made}" if made else how))
        for number, route in routes.items():
            done = code == 0 or (number in emergencies and UNKNOWN not in made)
            self._answer(route, None if done else how)
        self._publish(rig="")

    def _after(self, before: Status, code: int | None, sentence: str) -> Status:
        verdict = before.verdict
        if code != 0 and before.folder is not None and before.phase in ("running", "ending"):
            with logged(before.folder):
                say(sentence, device="instrument", t_s=before.t_s, level=logging.ERROR)
        if verdict is None and before.phase in ("running", "ending") and before.folder:
            verdict = Ended("failed", sentence, before.folder)
        message = "" if code == 0 else sentence
        return Status("idle", message, folder=before.folder, verdict=verdict, found=before.found)

    def _make_safe(self) -> str:
        return self._safety.make_safe() if self._safety is not None else ""

    def _make_safe_what_was_left(self) -> None:
        told = [
            f"process {state.pid} ({state.holder}) left the rig '{state.name}' without making "
            f"it safe; now {Safety(state.text, Path(state.file)).make_safe()}"
            for state in left_unsafe()
        ]
        if told:
            self._status = replace(self._status, message="; ".join(told))

    # watching

    def _watch(self) -> None:
        while not self._leaving.wait(BEAT_S):
            now_s = time.monotonic()
            slept, self._watched_s = now_s - self._watched_s > 10 * BEAT_S, now_s
            child = self._child
            if child is None:
                continue
            child.beat()
            self._look_for_the_end(child)
            if slept:  # we were stopped, not the child
                child.heard_s = now_s
            elif (why := self._is_at_fault(child, now_s)) is not None:
                self._show(replace(self._status, message=why))
                child.kill()

    def _look_for_the_end(self, child: Child) -> None:
        """Has the protocol's `stop_when` come true?"""
        watch, feed = self._stop_watch, self._feed
        if watch is None or feed is None or self._status.phase != "running":
            return
        seen = watch.look(feed.state)
        if seen is not None:
            self._stop_watch = None
            child.send(Request(next(self._numbers), Finish(watch.rule.text, seen), self.who))

    def _is_at_fault(self, child: Child, now_s: float) -> str | None:
        silent_s = now_s - child.heard_s
        if silent_s > (SILENT_OPENING_S if self._opening else SILENT_S):
            return f"the instrument has been silent for {silent_s:.1f} s"
        asked_s = min(self._emergencies.values(), default=now_s)
        if now_s - asked_s > EMERGENCY_S:
            return "the instrument does not answer an emergency stop"
        if child.turn_age_s > STUCK_S and self._status.phase == "running":
            return f"the instrument decides nothing for {child.turn_age_s:.0f} s"
        return None

    # what is shown

    def _show(self, status: Status) -> None:
        found = self.found
        if found is not None:
            status = replace(status, found=found)
        with self._lock:
            self._status = status
            clients = list(self._clients)
        for client in clients:
            client.outbox.show(status)

    def _expect(self, order: StartRun) -> None:
        """The live analysis waits for the recording."""
        if self._feed is not None:
            self._feed.__exit__(None, None, None)
        self._feed = None
        with suppress(OnsetError):  # the instrument says what is wrong with it
            protocol = parse_protocol(order.protocol_text, order.protocol_file)
            self._feed = LiveFeed(order.folder, protocol)
            self._feed.__enter__()
            self._watch_for_the_end(protocol)
        self._publish(folder=str(order.folder))

    def _watch_for_the_end(self, protocol: Protocol) -> None:
        self._stop_watch = None
        if self._safety is not None:
            self._plateaus = Plateaus(self._safety.rig_file, protocol)
            if protocol.end.rule is not None:
                self._stop_watch = StopWatch(protocol.end.rule, self._plateaus.last())

    def _publish(self, **news: str) -> None:
        self.entry = replace(self.entry, **news)  # type: ignore[arg-type]
        registry.publish(self.entry)

    def _as_watcher(self) -> Watch:
        return Watch(self.who, self.entry.pid)


def _how(code: int | None) -> str:
    if code is None:
        return "nobody knows how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
