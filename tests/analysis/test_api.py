"""What `onset.analysis` offers to a notebook."""

import inspect
import pkgutil
from importlib import import_module

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
