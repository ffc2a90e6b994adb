"""What the window's parts show at one moment, from recording and instrument; nothing is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from onset.acquisition.messages import Ended, Status
from onset.experiment.timeline import Timeline
from onset.viewer import colours
from onset.viewer.alarms import Alarms
from onset.viewer.axis import film_axis, onset_axis
from onset.viewer.column import Column
from onset.viewer.controls.protocol_panel import ProtocolPanel
from onset.viewer.controls.rig_panel import why_not_by_hand
from onset.viewer.figures import Figure, recording_figures, run_figures
from onset.viewer.film import Film
from onset.viewer.lines import log_of, now_and_next, step_text
from onset.viewer.notices import Notices
from onset.viewer.seen import Seen
from onset.viewer.shown import Axes, Shown
from onset.viewer.stage import Stage
from onset.viewer.statusline import StatusLine
from onset.viewer.timeline_strip import State, Strip, blocks_of
from onset.viewer.top_bar import Mode, TopBar

CURVES_S = 0.4
"""Curves of a run are drawn no more often: they are the dearest part of the window."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is shown on."""

    stage: Stage
    column: Column
    top_bar: TopBar
    status_line: StatusLine
    notices: Notices


@dataclass(frozen=True, slots=True)
class Now:
    """What is known at this moment."""

    mode: Mode
    status: Status
    film: Film | None
    connected: bool

    @property
    def ended(self) -> bool:
        """Is the run over that the window shows?"""
        return self.status.phase not in ("running", "ending", "opening")


class Showing:
    """Shows a `Now`; draws only what has changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drawn: object = None
        self._due_s = 0.0
        self._said: set[str] = set()
        self._alarms = Alarms()
        self._log = ""
        self._step_told = ""

    def forget(self) -> None:
        """Draw everything anew."""
        self._drawn, self._due_s = None, 0.0

    def start_over(self) -> None:
        """Another film or run: its sentences may be said again."""
        self._said.clear()
        self._alarms = Alarms()
        self._drawn = None

    def refresh(self, now: Now) -> None:
        """Figures, bars, curves: four times a second."""
        stage, column = self._parts.stage, self._parts.column
        stage.take_seen()
        self._show_bar(now)
        self._show_figures(now)
        if now.connected:
            column.devices.show_status(now.status)
            column.rig.show_status(now.status)
        can_set = now.connected and now.mode == "set up"
        why = why_not_by_hand(now.status) if now.connected else "No rig is open"
        column.image.show_region(None, can_set=can_set and not why, why_not=why)
        if stage.picture is not None and column.image.isVisible():
            column.image.show_picture(stage.picture)
        if now.mode in ("run", "watch", "replay"):
            self._show_film(now)

    def tell_verdict(self, verdict: Ended) -> None:
        """How the run ended, until it is read."""
        words = f"The run is {verdict.status}. Recording: {verdict.folder}"
        if verdict.status != "complete":
            words = f"The run {verdict.status}: {verdict.reason or 'no reason was given'}."
        bad = {"failed": "error", "aborted": "warning"}
        self._parts.notices.say(words, bad.get(verdict.status, "done"))  # type: ignore[arg-type]

    def tell_step(self, step: int) -> None:
        """What was sent for a step, what was answered, and when."""
        notices = self._parts.notices
        notices.dismiss(self._step_told)
        self._step_told = step_text(self._parts.stage.seen, step)
        notices.say(self._step_told, "done")

    def _show_bar(self, now: Now) -> None:
        bar, panel = self._parts.top_bar, self._parts.column.protocol
        bar.show_mode(now.mode, ended=now.ended, connected=now.connected)
        if now.mode == "set up":
            bar.show_name(now.status.rig or "rig", panel.name)
            bar.allow_run(why_no_run(now.status, panel))
        elif now.film is not None and now.mode != "start":
            bar.show_name(now.film.name, now.film.detail)
        else:
            bar.show_name("onset", "")
        if now.connected and (now.mode == "set up" or (now.mode == "run" and not now.ended)):
            bar.show_status(now.status)
        else:
            seen = self._parts.stage.seen
            words = seen.status if now.mode == "run" and now.film is not None else ""
            bar.show_phase(words, _status_colour(words))

    def _show_figures(self, now: Now) -> None:
        line, seen = self._parts.status_line, self._parts.stage.seen
        picture = self._parts.stage.picture
        live = now.mode == "set up" or (now.mode == "run" and not now.ended)
        if now.connected and live:
            figures = run_figures(now.status, seen, picture.focus if picture else None)
        elif now.film is not None and now.mode != "start":
            figures = recording_figures(seen)
        else:
            figures = []
        line.show_figures(figures)
        wrong = seen.trouble or ""
        line.say_reason(wrong or seen.reason or "", bad=bool(wrong))
        self._say_sentences(figures)
        if wrong:
            self._say(wrong)

    def _say_sentences(self, figures: list[Figure]) -> None:
        for figure in self._alarms.due(figures, time.monotonic()):
            severity = "error" if figure.level == "red" else "warning"
            self._parts.notices.say(figure.sentence, severity)  # type: ignore[arg-type]

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._parts.notices.say(sentence)

    def _show_film(self, now: Now) -> None:
        stage, column, seen = self._parts.stage, self._parts.column, self._parts.stage.seen
        axes = Axes(film_axis(seen), onset_axis(seen), stage.wish.inverted)
        held_s = None if stage.following or stage.picture is None else stage.picture.t_s
        read = int(np.count_nonzero(~np.isnan(seen.means)))
        traced = sum(int(np.count_nonzero(~np.isnan(t.values))) for t in seen.traces)
        traces = tuple(trace.number for trace in seen.traces)  # the chosen ones come a look later
        chosen = (traces, traced, column.curves.window_s)
        news = (held_s, axes, read, len(seen.spots), seen.ticks, chosen)
        now_s = time.monotonic()
        due = now_s >= self._due_s or held_s is not None
        if due and news != self._drawn and column.curves.isVisible():
            self._due_s = now_s + CURVES_S
            until_s = seen.end_s if held_s is None else held_s
            column.curves.show_seen(Shown(seen, axes, until_s, stage.shown))
            column.curves.show_cursor(None if held_s is None else held_s - seen.zero_s)
            self._drawn = news
        column.headline.show_spots(seen.spots, stage.shown, stage.appears_s(), stage.t_s)
        self._show_timeline(now, seen, held_s)
        if now.mode != "replay" and seen.status != "running":
            stage.time_bar.show()  # it has become a film to look at
        log = log_of(seen)
        if log != self._log:
            self._log = log
            column.log.setPlainText(log)

    def _show_timeline(self, now: Now, seen: Seen, held_s: float | None) -> None:
        column, film = self._parts.column, now.film
        column.strip.setVisible(film is not None and film.plan is not None)
        if film is None or film.plan is None:
            column.say_steps("", "")
            return
        live = now.connected and now.mode == "run" and not now.ended
        at_s = now.status.t_s if live else (seen.end_s if held_s is None else held_s)
        begun = {tick.step: tick.t_s for tick in seen.ticks if tick.step is not None}
        steps = {step.number: step.state for step in now.status.steps} if live else {}
        states: dict[int, State] = {**states_at(film.plan, begun, at_s), **steps}
        end_s = max(film.plan.end_s or 0.0, seen.end_s, 1.0)
        blocks = blocks_of(film.plan.rows, end_s, states, begun)
        column.strip.show_strip(Strip(blocks, seen.ticks, end_s, at_s, seen.zero_s))
        planned = {row.step: row.start_s for row in film.plan.rows}
        column.say_steps(*(now_and_next(now.status, planned) if live else ("", "")))


def _status_colour(status: str) -> str:
    theme = colours.theme()
    colour = {"complete": theme.green, "aborted": theme.amber}
    return colour.get(status, theme.red if status in ("failed", "killed") else theme.faint)


def states_at(plan: Timeline, begun: dict[int, float], at_s: float) -> dict[int, State]:
    """What was done, going on and to come at a time of the film."""
    found: dict[int, State] = {}
    for row in plan.rows:
        start_s = begun.get(row.step, row.start_s)
        if at_s < start_s:
            found[row.step] = "to come"
        else:
            found[row.step] = "doing" if at_s < start_s + row.end_s - row.start_s else "done"
    opened = None
    for row in plan.rows:
        if row.do == "shutter-open":
            opened = row.step if found[row.step] == "done" else None
        elif row.do == "shutter-close" and opened is not None and found[row.step] != "done":
            found[opened] = "doing"
    return found


def why_no_run(status: Status, panel: ProtocolPanel) -> str:
    """Why the protocol cannot start now; empty where it can."""
    by_hand = why_not_by_hand(status)
    outcome = panel.outcome
    if by_hand:
        return by_hand
    if outcome is None:
        return "Choose a protocol"
    if panel.mistakes:
        return "; ".join(panel.mistakes)
    if outcome.plan is None and not outcome.mistake:
        return ""  # the rig's file is not known here: the instrument checks
    return "" if outcome.can_run else "; ".join(outcome.refusals)
