"""One word to an instrument past its supervisor: how does it stand, or emergency stop."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from onset.acquisition.channel import connect, first_word
from onset.acquisition.messages import EmergencyStop, Glance, Reply, Request, Status
from onset.acquisition.registry import Entry
from onset.errors import WireFault

WORD_S = 1.0


def glance(entry: Entry) -> Status | None:
    """The newest snapshot, None where it does not answer."""
    seen = _told(entry, Glance())
    return seen if isinstance(seen, Status) else None


def press(entries: Sequence[Entry], who: str, reason: str) -> list[str | None]:
    """Emergency stop of all at the same time; None where it is done, else why it is not known."""
    request = Request(0, EmergencyStop(reason), who)
    with ThreadPoolExecutor(max(1, len(entries))) as pool:
        said = list(pool.map(lambda entry: _told(entry, request), entries))
    return [one.refused if isinstance(one, Reply) else "it did not answer" for one in said]


def _told(entry: Entry, word: object) -> object:
    """What it answers to one word; None where it does not."""
    try:
        with connect(entry, WORD_S) as talk:
            return first_word(talk, entry, WORD_S, asked=word)
    except WireFault:
        return None
