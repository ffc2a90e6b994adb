"""An instrument's wire: one supervisor at a time, each command answered once, the last too."""

import threading

import pytest

from onset.acquisition import registry
from onset.acquisition.channel import connect, first_word
from onset.acquisition.link import Link
from onset.acquisition.messages import (
    Beat,
    CloseRig,
    EmergencyStop,
    Glance,
    Leaving,
    MoveShutter,
    Reply,
    Request,
    Status,
    Watch,
)
from onset.acquisition.pressing import glance, press
from onset.errors import WireFault

ME = Watch("a supervisor", 1)


@pytest.fixture
def link():
    pressed = []
    link = Link(registry.new_entry("instrument", who="a test"), pressed.append)
    link.pressed = pressed
    link.open()
    link.entry = link._entry
    yield link
    link.close(is_safe=True)


def watching(link):
    talk = connect(link.entry)
    talk.send(ME)
    assert isinstance(first_word(talk, link.entry), Status)
    return talk


def asked(link):
    """The commands that have come, once there are some."""
    waited = threading.Event()
    while not (found := link.commands()):
        waited.wait(0.005)
    return found


def words(talk):
    """Everything but beats and snapshots until it hangs up or has answered."""
    while True:
        word = talk.recv()
        if not isinstance(word, Beat | Status):
            return word


def test_a_command_is_answered_once_however_often_it_is_tried(link):
    with watching(link) as talk:
        for number in (7, 8):
            talk.send(Request(number, MoveShutter(opens=True), "me"))
        first, *rest = asked(link)
        second = rest[0] if rest else asked(link)[0]
        first.answer(None)
        first.answer("too late")
        second.answer("jammed")
        link.tell(Status("ready"))
        assert [words(talk), words(talk)] == [Reply(7), Reply(8, "jammed")]


def test_what_comes_when_the_rig_is_closed_is_refused_before_the_last_word(link):
    with watching(link) as talk:
        talk.send(Request(1, CloseRig(), "me"))
        asked(link)[0].answer(None)
        talk.send(Request(2, MoveShutter(opens=True), "me"))
        waited = threading.Event()
        while not link._asked:
            waited.wait(0.005)
        link.close(is_safe=True)
        assert words(talk) == Reply(1)
        assert words(talk) == Reply(2, "the rig was closed")
        assert words(talk) == Leaving(is_safe=True)


def test_a_second_supervisor_is_refused_by_name_and_let_in_when_the_first_has_gone(link):
    with watching(link), connect(link.entry) as other:
        other.send(ME)
        assert "watched by a supervisor" in other.recv().refused
    waited = threading.Event()
    while not link.is_orphan:
        waited.wait(0.005)
    watching(link).close()


def test_an_emergency_stop_needs_no_supervisor(link):
    assert press([link.entry], "me", "smoke") == [None]
    assert link.pressed == ["smoke"]
    assert asked(link)[0].command == EmergencyStop("smoke")
    link._emergency = lambda _: "not known to be safe: shutter"
    assert press([link.entry], "me", "smoke") == ["not known to be safe: shutter"]


def test_anybody_with_the_secret_may_glance(link):
    link.tell(Status("running", t_s=3.0))
    assert glance(link.entry).t_s == 3.0


def test_whoever_accepts_a_call_and_says_nothing_is_not_waited_for_for_ever():
    import socket

    entry = registry.new_entry("instrument")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(entry.address)
        mute.listen()
        with pytest.raises(WireFault, match=r"said nothing for 0\.1 s"):
            connect(entry, 0.1)
    registry.withdraw(entry)


def test_a_message_of_another_version_is_told_so(link):
    with connect(link.entry) as talk:
        talk.send(Glance(version=1))
        assert "another version" in talk.recv().refused
