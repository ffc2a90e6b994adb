"""What `onset.analysis` offers to a notebook."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import onset.analysis as api


def test_every_name_is_there_and_says_what_it_is():
    for name in api.__all__:
        thing = getattr(api, name)
        said = inspect.getdoc(thing)
        assert said, name
        assert not said.startswith(f"{name}("), name  # what a dataclass says without being told
        assert thing.__name__ == name


def test_no_name_is_hidden_by_a_module():
    """`from onset.analysis import NAME` must not depend on what was imported before."""
    for found in pkgutil.iter_modules(api.__path__):
        import_module(f"onset.analysis.{found.name}")
        assert found.name not in api.__all__


def test_lists_will_do_and_unequal_lengths_are_told():
    assert api.describe([1.0, 2.0, 4.0]).median == 2.0
    assert api.kaplan_meier([1.0, 2.0], [False, True]).part == [0.5]
    assert api.check_positions([1.0], [2.0], [3.0]).n == 1
    with pytest.raises(ValueError, match="censored"):
        api.kaplan_meier([1.0, 2.0], [False])
    with pytest.raises(ValueError, match="lengths differ"):
        api.check_positions([1.0], [2.0], [3.0, 4.0])
