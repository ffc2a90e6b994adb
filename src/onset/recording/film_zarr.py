"""OME-Zarr films (0.4 and 0.5) of gray images, read through tensorstore where it is installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from onset.errors import FileMistake, Refused
from onset.recording.film_formats import Pages
from onset.recording.film_times import SECONDS, growing


def zarr_pages(folder: Path) -> Pages:
    """The full resolution of the first image; axes besides t, y and x must be of length one."""
    if importlib.util.find_spec("tensorstore") is None:
        raise Refused('OME-Zarr is read by tensorstore: pip install "onset[formats]"')
    attributes, driver = _attributes(folder)
    scales = _in(folder, attributes.get("ome", attributes), "multiscales")[0]
    names = [axis if isinstance(axis, str) else axis["name"] for axis in scales["axes"]]
    dataset = scales["datasets"][0]
    film = _opened(folder / dataset["path"], driver)
    lengths = dict(zip(names, film.shape, strict=True))
    if names[-2:] != ["y", "x"] or any(lengths[name] > 1 for name in names[:-2] if name != "t"):
        raise FileMistake(folder, "", f"is not one film in time but {lengths}")
    dtype = np.dtype(film.dtype.numpy_dtype)
    if dtype not in (np.uint8, np.uint16):
        raise FileMistake(folder, "", f"pixels are {dtype}, not gray of 8 or 16 unsigned bit")
    n = lengths.get("t", 1)

    def read(position: int) -> Any:
        place = tuple(position if name == "t" else 0 for name in names[:-2])
        return film[place].read().result()

    return Pages(
        (n, lengths["y"], lengths["x"]),
        read,
        lambda: None,
        interval_s=_interval_s(scales, dataset, names),
        times_s=_times_s(attributes, n),
    )


def is_zarr(folder: Path) -> bool:
    """Whether a folder is a Zarr group."""
    return (folder / "zarr.json").is_file() or (folder / ".zattrs").is_file()


def _attributes(folder: Path) -> tuple[dict[str, Any], str]:
    """Of the group, and the driver of its arrays; of the first image where it holds several."""
    newer, older = folder / "zarr.json", folder / ".zattrs"
    try:
        if newer.is_file():
            attributes, driver = json.loads(newer.read_bytes()).get("attributes", {}), "zarr3"
        else:
            attributes, driver = json.loads(older.read_bytes()), "zarr"
    except ValueError as why:
        raise FileMistake(folder, "", f"its attributes are no JSON ({why})") from None
    return attributes, driver


def _opened(array: Path, driver: str) -> Any:
    import tensorstore

    store = {"driver": "file", "path": str(array)}
    try:
        return tensorstore.open({"driver": driver, "kvstore": store}, open=True).result()
    except ValueError as why:
        raise FileMistake(array, "", f"cannot be read ({str(why).splitlines()[0]})") from why


def _in(folder: Path, attributes: dict[str, Any], key: str) -> Any:
    if not attributes.get(key):
        raise FileMistake(folder, key, "is missing: not an OME-Zarr image (name the image itself)")
    return attributes[key]


def _interval_s(scales: dict[str, Any], dataset: dict[str, Any], names: list[str]) -> float | None:
    """The scale of t, where it has a unit: 1 without a unit says nothing."""
    axis = scales["axes"][names.index("t")] if "t" in names else None
    unit = axis.get("unit") if isinstance(axis, dict) else None
    scale = next(
        (one["scale"] for one in dataset["coordinateTransformations"] if one["type"] == "scale"),
        None,
    )
    if unit not in SECONDS or scale is None:
        return None
    return float(scale[names.index("t")]) * SECONDS[unit] or None


def _times_s(attributes: dict[str, Any], n: int) -> Any:
    """Times of single frames as ome-writers (pymmcore-plus) keeps them."""
    frames = attributes.get("ome_writers", {}).get("frame_metadata", [])
    found = {frame["storage_index"][0]: frame.get("delta_t") for frame in frames}
    return growing([found.get(t) for t in range(n)])
