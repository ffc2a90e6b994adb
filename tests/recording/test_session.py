"""session.json is replaced in one step; a process is known by its number and its birth."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onset.recording.layout import SESSION
from onset.recording.session import Session, Writer, is_alive, read_session, write_session


def test_it_comes_back(tmp_path: Path, session: Session) -> None:
    write_session(tmp_path, session)
    assert read_session(tmp_path) == session
    assert [path.name for path in tmp_path.iterdir()] == [SESSION]


def test_it_says_who_records_what_with_what(session: Session) -> None:
    assert session.writer.pid == os.getpid()
    assert {"python", "onset", "numpy"} <= set(session.versions)
    assert session.status == "running"
    assert session.started_utc.endswith("+00:00")


def test_this_process_is_alive(session: Session) -> None:
    assert is_alive(session.writer, 0, 0)


def test_another_process_with_the_same_number_is_not_it(session: Session) -> None:
    assert not is_alive(session.writer.model_copy(update={"created_s": 1.0}), 0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no zombies there")
def test_a_process_that_nobody_waited_for_is_dead() -> None:
    import psutil

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        known = psutil.Process(process.pid)
        writer = Writer(
            pid=process.pid, created_s=known.create_time(), hostname=os.uname().nodename
        )
        assert is_alive(writer, 0, 0)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(writer, 0, 0)


def test_on_another_machine_the_last_write_counts(session: Session) -> None:
    elsewhere = session.writer.model_copy(update={"hostname": "another"})
    assert is_alive(elsewhere, last_written_s=1000, now_s=1030)
    assert not is_alive(elsewhere, last_written_s=1000, now_s=1100)
