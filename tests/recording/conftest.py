"""Recordings for the tests: small, with known pixels and times."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from onset.experiment.records import Frame, FrameFlag, Mark, Stamps
from onset.recording.session import CameraHeader, Session, new_session
from onset.recording.write import Recorder

SHAPE = (24, 32)
INTERVAL_NS = 50_000_000
HOST_NS = 1_000_000_000_000
FLAGS = FrameFlag.COUNTED | FrameFlag.CAMERA_TIME | FrameFlag.LIT


def picture(number: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Pixels that tell the frame's number; never all zero."""
    return (np.arange(shape[0] * shape[1]).reshape(shape) + 7 * number + 1).astype(np.uint16)


def a_frame(number: int, shape: tuple[int, int] = SHAPE, flags: FrameFlag = FLAGS) -> Frame:
    """Taken 1 ms (and up to 3 ms more) after the end of its exposure of 50 ms."""
    camera_ns = 123_457 + number * INTERVAL_NS
    late_ns = 1_000_000 * (number % 4)
    host_ns = HOST_NS + (number + 1) * INTERVAL_NS + 1_000_000 + late_ns
    return Frame(number, picture(number, shape), camera_ns, None, host_ns, flags)


def a_mark(what: str, t_s: float, width_ms: float = 10.0, **given: object) -> Mark:
    """A mark `t_s` after the start of frame 0, known to `width_ms`."""
    asked = HOST_NS + round(t_s * 1e9)
    stamps = Stamps(asked, asked, asked + 1_000_000, asked + 2_000_000, None)
    return Mark(what, 0, stamps, asked, asked + round(width_ms * 1e6), **given)  # type: ignore[arg-type]


@pytest.fixture
def session() -> Session:
    camera = CameraHeader(
        shape=SHAPE,
        dtype="uint16",
        exposure_ms=50,
        pixel_size_um=0.16,
        latency_ms=(0, 2),
        counter_tag="FrameCounter",
    )
    return new_session(camera, start_ns=HOST_NS, rig_name="demo", protocol_name="tbab")


@pytest.fixture
def recorder(tmp_path: Path, session: Session) -> Iterable[Recorder]:
    with Recorder(tmp_path / "rec", session) as recorder:
        yield recorder


@pytest.fixture
def record(recorder: Recorder) -> Callable[[Iterable[int]], Path]:
    """Append frames of these numbers; gives the folder."""

    def append(numbers: Iterable[int]) -> Path:
        for number in numbers:
            recorder.append(a_frame(number))
        return recorder.folder

    return append
