"""The supervisor: passes commands on, watches the instrument, makes the rig safe when it dies."""

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
from onset.acquisition.child import Child, Word
from onset.acquisition.clients import Clients, Route
from onset.acquisition.live_run import LiveRun
from onset.acquisition.messages import (
    OPENED,
    CloseRig,
    Command,
    EmergencyStop,
    Ended,
    Found,
    OpenRig,
    Reply,
    Request,
    StartRun,
    Status,
    Watch,
)
from onset.acquisition.registry import Entry
from onset.acquisition.rigs import state_of
from onset.acquisition.runlog import logged, say
from onset.acquisition.safety import Safety, make_safe_what_was_left
from onset.acquisition.watching import STOPPED_S, Signs, fault_of
from onset.errors import OnsetError
from onset.experiment.protocol import Protocol, parse_protocol
from onset.hardware.safe import UNKNOWN
from onset.recording.read import Recording

LOOK_S = 0.05
ASLEEP_S = 1.0
"""Who looks so late was not running itself, and knows nothing of others."""
CLOSE_S = 30.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """A command on its way."""

    command: Command
    route: Route
    at_s: float


class Supervisor:
    """A context manager: leaves no instrument behind unwatched, unless a run goes on."""

    def __init__(self, who: str, *, adopts: bool = False) -> None:
        """`adopts`: an instrument that has lost its supervisor, before any client comes."""
        self.who, self._adopts = who, adopts
        self.entry: Entry = registry.new_entry("supervisor", who=who)
        self._clients = Clients(self.entry, self._asked)
        self._lock = threading.RLock()
        self._numbers = itertools.count(OPENED + 1)
        self._sent: dict[int, _Sent] = {}
        self._child: Child | None = None
        self._opening: tuple[OpenRig, Route] | None = None
        self._not_opened = ""
        self._safety: Safety | None = None
        self._live: LiveRun | None = None
        self._opened = ExitStack()
        self._leaving = threading.Event()
        self._watched_s = self._excused_s = time.monotonic()

    def __enter__(self) -> Supervisor:
        self._clients.show(Status("idle", "; ".join(make_safe_what_was_left())))
        if self._adopts:
            self._adopt_any()
        self._clients.open()
        self._opened.callback(self._clients.close)
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
        if self._live is not None:
            self._live.close()
        self._opened.close()

    @property
    def status(self) -> Status:
        """The newest snapshot."""
        return self._clients.status

    @property
    def found(self) -> Found | None:
        """What the live analysis of this run, or the last one, has found."""
        return self._live.found if self._live is not None else None

    @property
    def alone_s(self) -> float:
        """For how long no client has been there and no run under way."""
        busy = self.status.phase in ("running", "ending", "opening")
        return 0.0 if busy or self._clients.are_there else time.monotonic() - self._clients.left_s

    def catch_up(self, timeout_s: float) -> None:
        """Wait until the live analysis has seen every frame."""
        if self._live is not None:
            self._live.catch_up(timeout_s)

    def adopt(self, orphan: Entry) -> None:
        """Take over an instrument whose supervisor has died."""
        child = Child(orphan, self._as_watcher(), self._heard, self._gone)
        state = state_of(orphan.pid)
        with self._lock:
            self._child = child
            self._safety = Safety(state.text, Path(state.file)) if state is not None else None
        self._publish(rig=orphan.rig, folder=orphan.folder)
        self._analyse_what_began(self.status.folder)
        child.listen()

    def _adopt_any(self) -> None:
        for entry in registry.entries("instrument"):
            if not entry.watcher:
                with suppress(OnsetError):  # another was faster
                    self.adopt(entry)
                    return

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

    # commands

    def _asked(self, request: Request, route: Route) -> None:
        match request.command:
            case OpenRig():
                self._open(request.command, route)
            case EmergencyStop() if self._child is None:
                route.answer(None)  # nothing is open
            case _:
                self._forward(request.command, request.who, route)

    def _forward(self, command: Command, who: str, route: Route) -> None:
        with self._lock:
            child = self._child
            if child is None or (self._opening and not isinstance(command, EmergencyStop)):
                route.answer("no rig is open" if child is None else "the rig is opening")
                return
            number = next(self._numbers)
            self._sent[number] = _Sent(command, route, time.monotonic())
            child.send(Request(number, command, who))

    def _replied(self, reply: Reply) -> None:
        with self._lock:
            sent, child = self._sent.get(reply.number), self._child
            if sent is None:
                return
            if isinstance(sent.command, EmergencyStop) and reply.refused and child is not None:
                child.condemn(reply.refused)  # it cannot reach its own wires: we can, then answer
                return
            del self._sent[reply.number]
        if isinstance(sent.command, StartRun) and reply.accepted:
            self._analyse_what_begins(sent.command)
        sent.route.answer(reply.refused)

    # the instrument

    def _open(self, order: OpenRig, route: Route) -> None:
        with self._lock:
            if self._child is not None or self._opening is not None:
                route.answer(f"a rig is open: {self.status.rig or 'it is just opening'}")
                return
            self._opening = order, route
        self._show(Status(phase="opening", message="starting the instrument"))
        try:
            child = Child.born(order, self._as_watcher(), self._heard, self._gone)
        except OnsetError as fault:
            self._show(Status(phase="idle", message=str(fault)))
            self._opened_or_not(str(fault))
            return
        with self._lock:
            self._child, self._safety = child, Safety(order.rig_text, order.rig_file)
        child.listen()
        self._publish(rig=order.rig_file.name)

    def _opened_or_not(self, refused: str | None) -> None:
        with self._lock:
            opening, self._opening = self._opening, None
        if opening is not None:
            opening[1].answer(refused)

    def _heard(self, word: Word) -> None:
        match word:
            case Status():
                self._show(word)
                if word.phase == "running":
                    self._analyse_what_began(word.folder)
            case Reply() if word.number == OPENED:
                if word.refused is None:
                    self._opened_or_not(None)
                self._not_opened = word.refused or ""  # told when its process has ended
            case Reply():
                self._replied(word)
            case Ended():
                self._show(replace(self.status, phase="ended", verdict=word, folder=word.folder))

    def _gone(self, child: Child) -> None:
        """The wire to the instrument is cut: it has ended, died, or we left it."""
        if self._leaving.is_set():
            return
        code = child.end()
        with self._lock:
            if self._child is not child:
                return
        in_order = child.left.is_safe if child.left is not None else code == 0
        before, made = self.status, "" if in_order else self._make_safe()
        with self._lock:
            self._child = None
            unanswered, self._sent = self._sent.values(), {}
            refusal, self._not_opened = self._not_opened, ""
        how = _how(refusal, made) if refusal else _joined(child.condemned, _ended(code), made)
        self._show(self._after(before, None if in_order and not refusal else how))
        self._opened_or_not(how)
        for sent in unanswered:
            sent.route.answer(_fate(sent.command, how, in_order=in_order, made=made))
        self._publish(rig="")

    def _after(self, before: Status, how: str | None) -> Status:
        verdict, folder = before.verdict, before.folder
        if how is not None and folder is not None and before.phase in ("running", "ending"):
            with suppress(OSError), logged(folder):
                say(how, device="instrument", t_s=before.t_s, level=logging.ERROR)
            verdict = verdict or Ended("failed", how, folder)
        if before.preview is not None:  # a killed process leaves it behind
            with suppress(OSError):
                before.preview.unlink()
                before.preview.parent.rmdir()
        return Status("idle", how or "", folder=folder, verdict=verdict, found=before.found)

    def _make_safe(self) -> str:
        return self._safety.make_safe() if self._safety is not None else ""

    # watching

    def _watch(self) -> None:
        while not self._leaving.wait(LOOK_S):
            now_s = time.monotonic()
            slept, self._watched_s = now_s - self._watched_s > ASLEEP_S, now_s
            child = self._child
            if child is None:
                continue
            child.beat()
            self._look_for_the_end(child)
            if slept:  # we were stopped, not the child
                child.heard_s = self._excused_s = now_s
            why = None if child.condemned else fault_of(self._signs(child, now_s))
            if why is not None:
                self._show(replace(self.status, message=why))
                child.condemn(why)

    def _signs(self, child: Child, now_s: float) -> Signs:
        silent_s, status = now_s - child.heard_s, self.status
        emergency_s = self._unanswered_s(EmergencyStop, now_s)
        may_be_stopped = silent_s > STOPPED_S or emergency_s is not None
        return Signs(
            phase=status.phase,
            silent_s=silent_s,
            usual_s=child.usual_silence_s,
            is_safe=child.left.is_safe if child.left is not None else status.is_safe,
            is_opening=self._opening is not None,
            is_stopped=may_be_stopped and child.is_stopped,
            turn_age_s=child.turn_age_s,
            emergency_s=emergency_s,
            closing_s=self._unanswered_s(CloseRig, now_s),
        )

    def _unanswered_s(self, kind: type[Command], now_s: float) -> float | None:
        """Age of the oldest command of this kind that waits for its answer."""
        with self._lock:
            asked_s = [one.at_s for one in self._sent.values() if isinstance(one.command, kind)]
        return now_s - max(min(asked_s), self._excused_s) if asked_s else None

    def _look_for_the_end(self, child: Child) -> None:
        """Has the protocol's `stop_when` come true?"""
        if self._live is not None and self.status.phase == "running":
            finish = self._live.came_true()
            if finish is not None:
                child.send(Request(next(self._numbers), finish, self.who))

    # the live analysis

    def _analyse_what_begins(self, order: StartRun) -> None:
        """It waits for the recording's first frame."""
        rig_file = self._safety.rig_file if self._safety is not None else Path()
        self._analyse(
            order.folder, parse_protocol(order.protocol_text, order.protocol_file), rig_file
        )

    def _analyse_what_began(self, folder: Path | None) -> None:
        """A run that began under another supervisor is looked at from its first frame."""
        if folder is None or (self._live is not None and self._live.folder == folder):
            return
        with suppress(OnsetError), Recording(folder) as recording:
            protocol, rig = recording.protocol, recording.session.rig
            if protocol is not None and rig is not None:
                self._analyse(folder, protocol, Path(rig.file))

    def _analyse(self, folder: Path, protocol: Protocol, rig_file: Path) -> None:
        if self._live is not None:
            self._live.leave()
        self._live = LiveRun(folder, protocol, rig_file)
        self._publish(folder=str(folder))

    # what is shown

    def _show(self, status: Status) -> None:
        self._clients.show(replace(status, found=self.found or status.found))

    def _publish(self, **news: str) -> None:
        self.entry = replace(self.entry, **news)  # type: ignore[arg-type]
        registry.publish(self.entry)

    def _as_watcher(self) -> Watch:
        return Watch(self.who, self.entry.pid)


def _fate(command: Command, how: str, *, in_order: bool, made: str) -> str | None:
    """The answer to what the instrument left unanswered."""
    match command:
        case EmergencyStop():
            return None if in_order or UNKNOWN not in made else how
        case CloseRig() if in_order:
            return None
        case _:
            return "the rig was closed" if in_order else how


def _how(refusal: str, made: str) -> str:
    """Why a rig could not be opened; what was made safe is told only where more is unknown."""
    is_all = made.count(UNKNOWN) == made.count(refusal)
    return refusal if is_all else _joined(refusal, made)


def _joined(*sentences: str) -> str:
    return "; ".join(filter(None, sentences))


def _ended(code: int | None) -> str:
    if code is None:
        how = "nobody knows how"
    else:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"the instrument process ended ({how})"
