"""Values become JSON that is spelt the same everywhere."""

from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from onset.experiment.records import FrameFlag, Stamps
from onset.recording.plain import canonical, crc32, plain


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (float("nan"), "nan"),
        (b"\x02A\xff", "b'\\x02A\\xff'"),
        (Colour.RED, "red"),
        (FrameFlag.LIT | FrameFlag.COUNTED, 9),
        (Path("a") / "b", "a/b"),
        (np.array([1, 2], np.uint8), [1, 2]),
        ({3: (1, None)}, {"3": [1, None]}),
        (
            Stamps(1, 2, 3),
            {"due_ns": 1, "asked_ns": 2, "sent_ns": 3, "replied_ns": None, "confirmed_ns": None},
        ),
    ],
)
def test_becomes_plain(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(TypeError, match="no place in a ledger"):
        plain(object())


def test_order_of_keys_does_not_matter() -> None:
    assert canonical({"b": 1, "a": "µ"}) == canonical({"a": "µ", "b": 1}) == '{"a":"\\u00b5","b":1}'
    assert crc32("{}") == 2745614147
