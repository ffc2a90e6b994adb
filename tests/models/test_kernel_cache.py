"""Kernels on disk live as long as the source of all kernels stays as it is."""

import pytest

from onset.models.kernel_cache import forget_outdated

KERNEL = """from onset.analysis.compiled import compiled

@compiled
def add(a, b):
    return a + b
"""


@pytest.fixture
def package(tmp_path):
    """One kernel, one file without, kept machine code beside them, looked at once."""
    kept = tmp_path / "analysis" / "__pycache__"
    kept.mkdir(parents=True)
    (tmp_path / "analysis" / "sums.py").write_text(KERNEL, "utf-8")
    (tmp_path / "analysis" / "words.py").write_text("HELLO = 1\n", "utf-8")
    assert looked_at(tmp_path)
    (kept / "sums.add-6.py311.nbi").write_bytes(b"index")
    (kept / "sums.add-6.py311.1.nbc").write_bytes(b"code")
    return tmp_path


def looked_at(package):
    """As by a program that starts now."""
    forget_outdated.cache_clear()
    return forget_outdated(package)


def kept(package):
    return sorted(file.suffix for file in package.glob("*/__pycache__/*.nb?"))


def test_the_same_source_keeps_its_kernels(package):
    (package / "analysis" / "words.py").write_text("HELLO = 2\n", "utf-8")
    assert not looked_at(package)
    assert kept(package) == [".nbc", ".nbi"]


@pytest.mark.parametrize("changed", ["sums.py", "more.py"])
def test_a_kernel_that_changes_takes_all_kept_ones_along(package, changed):
    (package / "analysis" / changed).write_text(KERNEL.replace("+", "-"), "utf-8")
    assert looked_at(package)
    assert kept(package) == []
    assert not looked_at(package)


def test_kernels_kept_by_a_version_without_a_stamp_are_forgotten(package):
    (package / "__pycache__" / "kernels.sha256").unlink()
    assert looked_at(package)
    assert kept(package) == []


def test_a_package_that_cannot_be_written_is_left_alone(package):
    stamp = package / "__pycache__" / "kernels.sha256"
    stamp.unlink()
    stamp.parent.rmdir()
    (package / "__pycache__").write_text("a file where the folder should be", "utf-8")
    assert not looked_at(package)
    assert kept(package) == [".nbc", ".nbi"]
