"""What waits to be sent: replies in order, of snapshots the newest, none ahead of what it shows."""

from multiprocessing import Pipe

from onset.acquisition.channel import Outbox
from onset.acquisition.messages import Beat, Reply, Status


def sent(*words):
    """What a reader hears of words that all wait before the first is sent."""
    ours, theirs = Pipe()
    outbox = Outbox(ours)
    for word in words:
        (outbox.post if isinstance(word, Reply) else outbox.show)(word)
    outbox.start()
    outbox.finish(5.0)
    ours.close()
    heard = []
    while True:
        try:
            heard.append(theirs.recv())
        except EOFError:
            return heard


def status(t_s):
    return Status("ready", t_s=t_s)


def test_only_the_newest_snapshot_of_each_kind_is_sent():
    words = [status(1.0), Beat(0.1), status(2.0), Beat(0.2)]
    assert sent(*words) == [status(2.0), Beat(0.2)]


def test_a_reply_comes_after_the_snapshot_that_was_shown_before_it():
    assert sent(status(1.0), Reply(1), status(2.0)) == [status(1.0), Reply(1), status(2.0)]


def test_snapshots_never_hold_back_a_reply():
    later = [status(float(t)) for t in range(50)]
    assert sent(Reply(1), Reply(2), *later) == [Reply(1), Reply(2), later[-1]]
