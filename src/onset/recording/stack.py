"""A film as one array-like that can be sent to other processes and reads only what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onset.recording.pages import PageLayout

_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class PageStack:
    """Shape (n, height, width); indexed like a NumPy array, copies what it gives."""

    path: Path
    offsets: npt.NDArray[np.int64]
    layout: PageLayout

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height, width."""
        return (len(self.offsets), *self.layout.shape)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the pixels."""
        return self.layout.dtype

    ndim = 3

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, key: Any) -> npt.NDArray[np.generic]:
        first, *rest = key if isinstance(key, tuple) else (key,)
        pages = np.atleast_1d(self.offsets[first])
        out = np.empty((len(pages), *self.layout.shape), self.dtype)
        with self.path.open("rb") as file:
            for image, offset in zip(out, pages.tolist(), strict=True):
                file.seek(offset)
                file.readinto(memoryview(image).cast("B"))
        one = isinstance(first, (int, np.integer))
        picked: npt.NDArray[np.generic] = out[(0 if one else slice(None), *rest)]
        return picked

    def one_by_one(self, start: int, end: int) -> Iterator[npt.NDArray[np.generic]]:
        """Frames by position, (h, w) each, in memory that the next one takes over."""
        image = np.empty(self.layout.shape, self.dtype)
        with self.path.open("rb", buffering=0) as file:
            for offset in self.offsets[start:end].tolist():
                file.seek(offset)
                file.readinto(image.data.cast("B"))
                yield image

    def to_dask(self, frames_per_chunk: int | None = None) -> Any:
        """A dask array over this film."""
        import dask.array

        per_chunk = frames_per_chunk or max(_CHUNK_BYTES // self.layout.n_bytes, 1)
        chunks = (per_chunk, *self.layout.shape)
        return dask.array.from_array(self, chunks=chunks, asarray=False)  # type: ignore[no-untyped-call]
