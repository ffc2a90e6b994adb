"""One HTML file with everything in it: templates, pictures as data, figures saved beside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from onset.report.style import Drawn, house_look, save


@dataclass(frozen=True, slots=True)
class Embedded:
    """A figure as a page shows it."""

    name: str
    title: str
    caption: str
    alt: str
    source: str
    """data: URL; empty where there is nothing to see."""
    nothing: str


def embed(drawn: Drawn, folder: Path) -> Embedded:
    """Save the figure in all formats, and take the one for the page in."""
    if drawn.nothing:
        return Embedded(drawn.name, drawn.title, "", "", "", drawn.nothing)
    with house_look():
        paths = save(drawn, folder)
    kind, mime = ("png", "image/png") if drawn.is_picture else ("svg", "image/svg+xml")
    data = base64.b64encode(paths[kind].read_bytes()).decode("ascii")
    source = f"data:{mime};base64,{data}"
    return Embedded(drawn.name, drawn.title, drawn.caption, drawn.alt, source, "")


def fill(template: str, **content: object) -> str:
    """The page; a name that the template asks for and does not get is an error."""
    environment = Environment(
        loader=PackageLoader("onset.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**content)
