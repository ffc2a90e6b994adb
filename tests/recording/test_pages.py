"""The film is a valid BigTIFF after every page."""

from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import tifffile

from onset.recording.pages import (
    FILE_HEADER,
    describe,
    page_layout,
    undescribe,
    write_all,
    write_page,
)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (32, 16)])
def test_tifffile_reads_every_state_of_the_file(
    tmp_path: Path, shape: tuple[int, int], dtype: str
) -> None:
    path, layout = tmp_path / "film.tif", page_layout(shape, dtype)
    images = [np.full(shape, 3 * i + 1, dtype) for i in range(4)]
    with FileIO(path, "wb+") as file:
        write_all(file, FILE_HEADER)
        for page, image in enumerate(images):
            write_page(file, layout, page, image)
            with tifffile.TiffFile(path) as tiff:
                assert len(tiff.pages) == page + 1
                assert (tiff.pages[page].asarray() == image).all()
                assert tiff.pages[page].dataoffsets == (layout.pixels_at(page),)


def test_pages_lie_where_they_are_computed() -> None:
    layout = page_layout((100, 100), np.uint16)
    offsets = np.array([layout.pixels_at(page) for page in range(5)])
    assert layout.pages_of(offsets).tolist() == [0, 1, 2, 3, 4]
    assert layout.end(5) == layout.header_at(5) == layout.pixels_at(4) + 20_480


def test_a_description_is_put_in_and_taken_out(tmp_path: Path) -> None:
    path, layout = tmp_path / "film.tif", page_layout((4, 4), np.uint16)
    with FileIO(path, "wb+") as file:
        write_all(file, FILE_HEADER)
        write_page(file, layout, 0, np.ones((4, 4), np.uint16))
        describe(file, layout, b"a long description")
        assert tifffile.tiffcomment(path) == "a long description"
        undescribe(file, layout)
        assert tifffile.tiffcomment(path) == "onset"


def test_the_byte_order_of_an_image_does_not_matter(tmp_path: Path) -> None:
    layout = page_layout((2, 3), ">u2")
    image = np.arange(6, dtype=">u2").reshape(2, 3)[:, ::-1]
    with FileIO(tmp_path / "film.tif", "wb+") as file:
        write_all(file, FILE_HEADER)
        write_page(file, layout, 0, image)
    assert (tifffile.imread(tmp_path / "film.tif") == image).all()


def test_complex_images_are_refused() -> None:
    with pytest.raises(ValueError, match="complex64 cannot be recorded"):
        page_layout((2, 2), np.complex64)
