"""The site's order (a page that is added is listed), and notebooks as pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SECTIONS = {
    "Tutorial": "tutorial",
    "How to": "how-to",
    "Reference": "reference",
    "Explanation": "explanation",
    "Decisions": "decisions",
}
FIRST = ("tutorial/first-experiment.md", "reference/commands.md")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every page under its section; a section begins with the page that it should."""
    docs = Path(config.docs_dir)
    nav: list[Any] = ["index.md"]
    for title, folder in SECTIONS.items():
        pages = [path.relative_to(docs).as_posix() for path in (docs / folder).glob("*.md")]
        pages += [_page(path.relative_to(docs)) for path in (docs / folder).glob("*.ipynb")]
        if pages:
            nav.append({title: sorted(pages, key=lambda page: (page not in FIRST, page))})
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page for each notebook, without its output: a reader who wants that runs it."""
    for path in sorted(Path(config.docs_dir).rglob("*.ipynb")):
        relative = path.relative_to(config.docs_dir)
        content = as_markdown(json.loads(path.read_text(encoding="utf-8")), path.name)
        files.append(File.generated(config, _page(relative), content=content))
    return files


def as_markdown(notebook: dict[str, Any], name: str) -> str:
    """Cells in order: prose as it is, code in fences; the notebook itself to take away."""
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    parts.append(f"[This page as a notebook]({name})")
    return "\n\n".join(parts) + "\n"


def _page(notebook: Path) -> str:
    return notebook.with_suffix(".md").as_posix()
