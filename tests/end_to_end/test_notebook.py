"""The tutorial notebook runs as it stands, and what it finds is the truth."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tutorial" / "analysis.ipynb"


@pytest.mark.filterwarnings("default")  # of Jupyter's own event loop
def test_the_tutorial_notebook_runs_and_finds_the_particles(tmp_path, caplog):
    caplog.set_level(logging.WARNING)  # Jupyter logs in debug what logging cannot format
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=200, kernel_name="python3", resources=resources).execute()
    said = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    shown = [o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    assert sum("image/png" in output["data"] for output in shown) == 2
    found, particles = map(int, re.search(r"(\d+) of (\d+) found", said).groups())
    assert found >= 0.9 * particles
    assert float(re.search(r"farthest from its particle ([\d.]+) px", said)[1]) < 1.0
    assert "b is held at 0" in said


def test_the_notebook_is_stored_without_its_output():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
