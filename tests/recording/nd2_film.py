"""A small ND2 film, as NIS-Elements lays its chunks out (version 3, metadata as XML variants)."""

import struct
from pathlib import Path

import numpy as np

MAGIC = 0x0ABECEDA
KINDS = {int: "lx_uint32", float: "double", bool: "bool", str: "CLxStringW"}


def variant(value: dict) -> bytes:
    return f'<variant version="1.0">{nodes(value)}</variant>'.encode()


def nodes(value: dict) -> str:
    return "".join(
        f'<{name} runtype="CLxListVariant">{nodes(one)}</{name}>'
        if isinstance(one, dict)
        else f'<{name} runtype="{KINDS[type(one)]}" value="{one}"/>'
        for name, one in value.items()
    )


def write_nd2(path: Path, film: np.ndarray, times_ms: np.ndarray, channels: int = 1) -> None:
    """`film` (n, height, width) uint16; a second channel repeats the first."""
    n, height, width = film.shape
    attributes = {
        "uiWidth": width, "uiWidthBytes": 2 * width * channels, "uiHeight": height,
        "uiComp": channels, "uiBpcInMemory": 16, "uiBpcSignificant": 16, "uiSequenceCount": n,
        "eCompression": 2,
    }  # fmt: skip
    probe = {"m_sName": "none"}
    planes = {
        f"a{c}": {"sDescription": f"c{c}", "uiCompCount": 1, "pFluorescentProbe": probe}
        for c in range(channels)
    }
    picture = {
        "bCalibrated": True, "dCalibration": 0.16, "dXPos": 0.0, "dYPos": 0.0, "dZPos": 0.0,
        "dTimeAbsolute": 2459000.0, "dTimeMSec": 0.0,
        "sPicturePlanes": {"uiCount": channels, "sPlaneNew": planes},
    }  # fmt: skip
    loop = {
        "eType": 1,
        "uLoopPars": {
            "uiCount": n,
            "dStart": 0.0,
            "dPeriod": 100.0,
            "dDuration": 100.0 * n,
            "dMinPeriodDiff": 0.0,
            "dMaxPeriodDiff": 0.0,
            "dAvgPeriodDiff": 100.0,
        },
    }
    chunks = {
        b"ImageAttributesLV!": variant({"SLxImageAttributes": attributes}),
        b"ImageMetadataLV!": variant({"SLxExperiment": loop}),
        b"ImageMetadataSeqLV|0!": variant({"SLxPictureMetadata": picture}),
        b"CustomData|AcqTimesCache!": times_ms.astype("<f8").tobytes(),
    }
    for i, image in enumerate(film):
        pixels = np.repeat(image[..., None], channels, axis=2).astype("<u2")
        chunks[f"ImageDataSeq|{i}!".encode()] = struct.pack("<d", times_ms[i]) + pixels.tobytes()
    with path.open("wb") as file:
        signature = b"ND2 FILE SIGNATURE CHUNK NAME01!" + b"Ver3.0".ljust(64, b"\0")
        file.write(struct.pack("<IIQ", MAGIC, 32, 64) + signature)
        places = []
        for name, data in chunks.items():
            file.write(b"\0" * (-file.tell() % 4096))
            places.append(name + struct.pack("<QQ", file.tell(), len(data)))
            room = 4072 if name.startswith(b"ImageData") else 256
            file.write(struct.pack("<IIQ", MAGIC, room, len(data)) + name.ljust(room, b"\0"))
            file.write(data)
        at = file.tell()
        table = b"".join(places) + b"ND2 CHUNK MAP SIGNATURE 0000001!" + struct.pack("<Q", at)
        filemap = b"ND2 FILEMAP SIGNATURE NAME 0001!"
        file.write(struct.pack("<IIQ", MAGIC, 32, len(table)) + filemap + table)
