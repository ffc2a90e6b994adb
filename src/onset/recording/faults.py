"""A disk's refusal in one sentence."""

from __future__ import annotations

import errno
from pathlib import Path

_SENTENCES = {
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "the file has reached the size limit of this system or user",
    errno.EIO: "the disk reports an input/output error",
    errno.EROFS: "the disk is read-only",
}
if hasattr(errno, "EDQUOT"):
    _SENTENCES[errno.EDQUOT] = "the disk quota of this user is used up"


def disk_sentence(path: Path, error: OSError) -> str:
    """What happened to `path`, for people."""
    what = _SENTENCES.get(error.errno or 0, error.strerror or str(error))
    return f"{path}: cannot be written: {what}"
