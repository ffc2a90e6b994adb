"""A state folder that several users of a microscope share."""

import getpass
import sys

import pytest

from onset.experiment.places import make_common, own_name, share, state_folder


@pytest.fixture
def shared(monkeypatch, tmp_path):
    """Whoever is of the group may write there."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o775)
    monkeypatch.setenv("ONSET_STATE", str(folder))
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_what_is_made_there_may_be_written_by_the_others(shared):
    folder = make_common(state_folder() / "rigs")
    lock = folder / "a.lock"
    lock.touch(mode=0o600)
    share(lock)
    assert folder.stat().st_mode & 0o777 == 0o775
    assert lock.stat().st_mode & 0o777 == 0o664


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_sticky_bit_is_not_handed_on(shared):
    shared.chmod(0o1777)
    folder = make_common(state_folder() / "rigs")
    assert folder.stat().st_mode & 0o7777 == 0o777


def test_processes_are_kept_apart_by_user_only_where_they_share(shared, monkeypatch):
    assert own_name("running") == f"running-{getpass.getuser()}"
    monkeypatch.delenv("ONSET_STATE")
    assert own_name("running") == "running"
