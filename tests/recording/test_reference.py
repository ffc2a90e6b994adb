"""The reader in docs/reference/recording.md works as it stands."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from onset.recording.layout import INDEX

from .conftest import picture

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "recording.md"


def test_the_reader_in_the_reference(
    record: Callable[[Iterable[int]], Path],
) -> None:
    numbers = [3, 4, 7]
    folder = record([*numbers, 8])
    index = folder / INDEX
    index.write_bytes(index.read_bytes()[:-5])
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, list[np.ndarray]] = {}
    exec(code.replace('"my_recording"', repr(str(folder))), names)
    assert [int(row["number"]) for row in names["rows"]] == numbers
    assert all(
        (image == picture(n)).all() for image, n in zip(names["images"], numbers, strict=True)
    )
