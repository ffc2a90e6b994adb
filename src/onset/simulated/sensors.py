"""Camera models: a plain one, CCD, sCMOS with its maps, EMCCD with its gain; electrons to ADU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from onset.models.compiled import compiled
from onset.simulated.noise import (
    BLOCK,
    LOW12,
    S12,
    S32,
    S44,
    TABLE_END,
    Sensor,
    Singles,
    expose,
    few,
    many,
    random_bits,
    tables,
)
from onset.simulated.optics import View

HOT = 1e-3  # part of the pixels of an sCMOS
SECOND = 0x5DEECE66D  # another stream of random numbers for the multiplication


@dataclass(frozen=True, slots=True)
class Maps:
    """What differs from pixel to pixel; (height, width) float32."""

    offset_adu: Singles
    adu_per_electron: Singles
    read_noise_electrons: Singles
    dark_electrons_per_s: Singles


@dataclass(frozen=True, slots=True)
class CameraModel:
    """One camera: the same for all pixels, unless it has maps or multiplies."""

    sensor: Sensor
    em_gain: float = 0.0
    """Mean gain of the multiplication register; 0: there is none."""
    extra_electrons: float = 0.0
    """Spurious charge per pixel and frame."""
    has_maps: bool = False

    def with_gain(self, gain: float, em_gain: float) -> CameraModel:
        """`gain` times as many ADU per electron; `em_gain` where there is a register."""
        sensor = replace(self.sensor, electrons_per_adu=self.sensor.electrons_per_adu / gain)
        return replace(self, sensor=sensor, em_gain=em_gain if self.em_gain else 0.0)


MODELS = {
    "plain": CameraModel(Sensor()),
    "ccd": CameraModel(Sensor(300.0, 1.0, 6.0)),
    "scmos": CameraModel(Sensor(100.0, 0.474, 1.13), has_maps=True),
    "emccd": CameraModel(Sensor(200.0, 12.0, 45.0), em_gain=300.0, extra_electrons=0.005),
}
"""The sCMOS after the calibration in storm-analysis (2.11 ADU per electron, worst pixel 21 e-)."""


class Chip:
    """The part of a camera's sensor that is read out."""

    def __init__(self, model: CameraModel, view: View, sensor_px: int) -> None:
        self.model = model
        self.maps: Maps | None = None
        if model.has_maps:
            gain = 1.0 / model.sensor.electrons_per_adu
            self.maps = _seen(maps(sensor_px), view, gain, model.sensor)

    def expose(
        self,
        electrons: Singles,
        exposure_s: float,
        seed: int,
        frame: int,
        out: npt.NDArray[np.uint16],
    ) -> None:
        """One exposure of expected `electrons` (h, w) into `out` (h, w), ADU.

        The noise of a pixel depends on nothing but seed, frame, place and expected electrons.
        """
        model = self.model
        if self.maps is not None:
            seen = electrons + self.maps.dark_electrons_per_s * np.float32(exposure_s)
            _expose_maps(
                seen.ravel(),
                self.maps.offset_adu.ravel(),
                self.maps.adu_per_electron.ravel(),
                self.maps.read_noise_electrons.ravel(),
                _key(seed, frame),
                tables().alias,
                tables().normal,
                out.reshape(-1),
            )
        elif model.em_gain:
            _expose_em(
                (electrons + np.float32(model.extra_electrons)).ravel(),
                np.float32(model.sensor.offset_adu + 0.5),
                np.float32(1.0 / model.sensor.electrons_per_adu),
                np.float32(model.sensor.read_noise_electrons),
                np.float32(model.em_gain),
                _key(seed, frame),
                _key(seed ^ SECOND, frame),
                tables().alias,
                tables().normal,
                out.reshape(-1),
            )
        else:
            expose(electrons, model.sensor, seed, frame, out)


@lru_cache(maxsize=4)
def maps(sensor_px: int) -> Maps:
    """Maps of one camera, relative gain 1: always the same ones, whatever the sample's seed."""
    rng = np.random.default_rng(20_200_131)
    shape = (sensor_px, sensor_px)
    columns = rng.normal(0.0, 0.8, sensor_px)
    offset = rng.normal(0.0, 1.5, shape) + columns
    hot = rng.random(shape) < HOT
    noise = np.exp(rng.normal(0.0, 0.12, shape))
    noise[hot] *= rng.uniform(4.0, 18.0, int(hot.sum()))
    dark = np.where(hot, rng.exponential(150.0, shape), 0.1)
    gain = rng.normal(1.0, 0.012, shape)
    return Maps(*(one.astype(np.float32) for one in (offset, gain, noise, dark)))


def _seen(whole: Maps, view: View, gain: float, sensor: Sensor) -> Maps:
    """Of the pixels that are read out; binned after the readout, so that noise adds up."""
    b = view.binning

    def part(values: Singles) -> npt.NDArray[np.float64]:
        rows, columns = (
            slice(view.y * b, (view.y + view.height) * b),
            slice(view.x * b, (view.x + view.width) * b),
        )
        return values[rows, columns].astype(float).reshape(view.height, b, view.width, b)

    offset = sensor.offset_adu + part(whole.offset_adu).mean(axis=(1, 3))
    gains = gain * part(whole.adu_per_electron).mean(axis=(1, 3))
    noise = part(whole.read_noise_electrons) * sensor.read_noise_electrons
    return Maps(
        *(
            values.astype(np.float32)
            for values in (
                offset,
                gains,
                np.sqrt((noise**2).sum(axis=(1, 3))),
                part(whole.dark_electrons_per_s).sum(axis=(1, 3)),
            )
        )
    )


def _key(seed: int, frame: int) -> np.uint64:
    key: np.uint64 = np.random.SeedSequence([seed, frame]).generate_state(1, np.uint64)[0]
    return key


@compiled
def _expose_maps(
    electrons: Singles,
    offset: Singles,
    adu_per_electron: Singles,
    read_noise: Singles,
    key: np.uint64,
    alias: npt.NDArray[np.uint32],
    normal: Singles,
    out: npt.NDArray[np.uint16],
) -> None:
    bits = np.empty(BLOCK, np.uint64)
    counts = np.empty(BLOCK, np.float32)
    entries = np.empty(BLOCK, np.uint32)
    for start in range(0, electrons.size, BLOCK):
        mean = electrons[start : start + BLOCK]
        random_bits(key, start, bits)
        if mean.max() < np.float32(TABLE_END):
            few(mean, bits, alias, entries, counts)
        else:
            many(mean, bits, alias, normal, counts)
        for i in range(mean.size):
            z = normal[np.uint32(bits[i] >> S32) & LOW12]
            k = start + i
            value = offset[k] + np.float32(0.5)
            value += (counts[i] + read_noise[k] * z) * adu_per_electron[k]
            value = min(max(value, np.float32(0.0)), np.float32(65535.0))
            out[k] = np.uint16(np.int32(value))


@compiled
def _expose_em(
    electrons: Singles,
    offset: np.float32,
    adu_per_electron: np.float32,
    read_noise: np.float32,
    em_gain: np.float32,
    key: np.uint64,
    second: np.uint64,
    alias: npt.NDArray[np.uint32],
    normal: Singles,
    out: npt.NDArray[np.uint16],
) -> None:
    bits = np.empty(BLOCK, np.uint64)
    more = np.empty(BLOCK, np.uint64)
    counts = np.empty(BLOCK, np.float32)
    entries = np.empty(BLOCK, np.uint32)
    for start in range(0, electrons.size, BLOCK):
        mean = electrons[start : start + BLOCK]
        random_bits(key, start, bits)
        random_bits(second, start, more)
        if mean.max() < np.float32(TABLE_END):
            few(mean, bits, alias, entries, counts)
        else:
            many(mean, bits, alias, normal, counts)
        for i in range(mean.size):
            z = normal[np.uint32(bits[i] >> S32) & LOW12]
            value = offset + (em_gain * _gamma(counts[i], more[i], normal) + read_noise * z) * (
                adu_per_electron
            )
            value = min(max(value, np.float32(0.0)), np.float32(65535.0))
            out[start + i] = np.uint16(np.int32(value))


@compiled
def _gamma(n: np.float32, bits: np.uint64, normal: Singles) -> np.float32:
    """Gamma-distributed with shape `n`: sums of exponentials to 3, then Wilson and Hilferty's."""
    if n == np.float32(0.0):
        return np.float32(0.0)
    if n <= np.float32(3.0):
        product = np.float32(1.0)
        for k in range(int(n)):
            part = np.uint32(bits >> np.uint64(21 * k)) & np.uint32(0x1FFFFF)
            product *= (np.float32(np.int32(part)) + np.float32(0.5)) * np.float32(2.0**-21)
        return np.float32(-np.log(product))
    z = normal[np.uint32(bits) & LOW12] + normal[np.uint32(bits >> S12) & LOW12]
    z += normal[np.uint32(bits >> S44) & LOW12]
    z *= np.float32(0.57735027)
    c = np.float32(1.0) / (np.float32(9.0) * n)
    root = np.float32(1.0) - c + z * np.sqrt(c)
    return np.float32(n * root * root * root)
