"""What a calibration knows of every pixel of a camera: offset, gain, read noise, bad ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from onset.analysis.kernels import Floats
from onset.errors import FileMistake
from onset.recording.layout import CALIBRATION
from onset.recording.read import Recording

PAGES = ("offset, ADU", "gain, ADU per electron", "read noise, e-", "bad pixels")


@dataclass(frozen=True, slots=True)
class CameraMaps:
    """Maps of one camera, (h, w) each."""

    offset_adu: Floats
    adu_per_electron: Floats
    read_noise_e: Floats
    bad: npt.NDArray[np.bool_]
    """Hot, dead or saturated: says nothing."""
    excess: float = 1.0
    """Squared excess noise factor: 2 behind a multiplication register, else 1."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.offset_adu.shape[0], self.offset_adu.shape[1]

    def electrons(self, image: npt.NDArray[np.generic]) -> Floats:
        """Electrons of an image in ADU."""
        seen = (image.astype(np.float32) - self.offset_adu) / self.adu_per_electron
        return np.asarray(seen, np.float32)

    def variance_adu2(self, mean: Floats) -> Floats:
        """Variance at a mean image in ADU: read, shot and excess noise; inf where bad."""
        light = np.maximum(mean - self.offset_adu, 0.0)
        read = (self.read_noise_e * self.adu_per_electron) ** 2
        seen = read + self.excess * self.adu_per_electron * light
        return np.where(self.bad, np.inf, seen).astype(np.float32)

    def part(self, x: int, y: int, width: int, height: int) -> CameraMaps:
        """The pixels of a region of interest."""
        window = (slice(y, y + height), slice(x, x + width))
        return CameraMaps(
            self.offset_adu[window], self.adu_per_electron[window], self.read_noise_e[window],
            self.bad[window], self.excess,
        )  # fmt: skip


def write_maps(maps: CameraMaps, path: Path) -> None:
    """A TIFF of four pages, float32, that Fiji shows as well."""
    pages = np.stack(
        [maps.offset_adu, maps.adu_per_electron, maps.read_noise_e, maps.bad.astype(np.float32)]
    )
    about = {"onset": "camera calibration", "excess": maps.excess, "pages": PAGES}
    tifffile.imwrite(path, pages, photometric="minisblack", description=json.dumps(about))


def read_maps(path: Path) -> CameraMaps:
    """As `write_maps` wrote them; FileMistake where it is something else."""
    try:
        with tifffile.TiffFile(path) as file:
            about = json.loads(file.pages[0].description)  # type: ignore[union-attr]
            pages = file.asarray()
    except (OSError, ValueError) as why:
        raise FileMistake(path, "", f"is not a camera calibration ({why})") from why
    if pages.ndim != 3 or len(pages) != len(PAGES) or "excess" not in about:
        raise FileMistake(path, "", "is not a camera calibration: see onset calibrate camera")
    offset, gain, noise, bad = pages.astype(np.float32)
    return CameraMaps(offset, gain, noise, bad > 0.5, float(about["excess"]))


def maps_of(recording: Recording) -> CameraMaps | None:
    """The calibration that the rig names, for the pixels of this recording; None without one."""
    rig, file = recording.rig, recording.session.rig
    if rig is None or file is None or rig.camera.calibration is None:
        return None
    copy = recording.path / CALIBRATION
    path = copy if copy.exists() else Path(file.file).parent / rig.camera.calibration
    maps = read_maps(path)
    roi = recording.protocol.camera.roi if recording.protocol else None
    if roi is not None and maps.shape != recording.shape:
        maps = maps.part(*roi)
    if maps.shape != recording.shape:
        raise FileMistake(
            path, "", f"is of {maps.shape[1]} x {maps.shape[0]} px, the film of "
            f"{recording.shape[1]} x {recording.shape[0]} px",
        )  # fmt: skip
    return maps
