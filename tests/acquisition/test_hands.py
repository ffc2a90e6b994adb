"""A hand does one thing after the other; in an emergency only what makes safe."""

import threading

import pytest

from onset.acquisition.hands import HALTED, Hand
from onset.experiment.clock import SystemClock


class Busy:
    """A hand in the middle of a job, and what became of all others."""

    def __init__(self):
        self.told, self.done, self.answers = [], [], {}
        self.hand = Hand("a device", SystemClock(), self.told.append)
        self.let_go, begun = threading.Event(), threading.Event()
        self.hand.start()
        self.hand.do(lambda: (begun.set(), self.let_go.wait(30)))
        begun.wait(30)

    def ask(self, what, **how):
        self.hand.do(
            lambda: self.done.append(what), lambda why: self.answers.update({what: why}), **how
        )

    def end(self):
        self.let_go.set()
        self.hand.finish(30)


@pytest.fixture
def busy():
    busy = Busy()
    yield busy
    busy.end()


def test_each_job_is_answered_and_the_first_in_line_comes_first(busy):
    busy.ask("start")
    busy.ask("stop", first=True)
    busy.end()
    assert busy.done == ["stop", "start"]
    assert busy.answers == {"stop": None, "start": None}


def test_after_an_emergency_nothing_that_waited_is_done_nor_what_comes_later(busy):
    busy.ask("start")
    busy.hand.halt()
    busy.ask("stop", safe=True)
    busy.ask("start again")
    busy.end()
    assert busy.done == ["stop"]
    assert busy.answers == {"start": HALTED, "stop": None, "start again": HALTED}


def test_a_fault_ends_the_hand_and_what_waits_is_told_so(busy):
    def breaks():
        raise OSError("broken")

    busy.hand.do(breaks)
    busy.ask("start")
    busy.end()
    busy.ask("too late")
    assert all("its thread has ended" in busy.answers[what] for what in ("start", "too late"))
    assert [str(report.fault) for report in busy.told] == ["broken"]
