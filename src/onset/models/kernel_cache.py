"""Compiled kernels that are kept on disk: forgotten when the source of any of them has changed.

Numba looks at the file that a kernel stands in, not at those whose kernels it calls: after an
update of the source in place it would go on with code of the old ones.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDERS = ("analysis", "models", "simulated")
KERNELS = re.compile(
    rb"^(import numba|from numba\b|from onset\.\w+\.compiled import)", re.MULTILINE
)


@cache
def forget_outdated(package: Path) -> bool:
    """Remove kept kernels of `package` unless they are of the present source; whether it did so.

    In a package that cannot be written to nothing is done: it has no kernels beside its source.
    The answer is kept, as the source of a running program is.
    """
    digest = _digest(package)
    stamp = package / "__pycache__" / "kernels.sha256"
    try:
        if stamp.is_file() and stamp.read_text("ascii") == digest:
            return False
        stamp.parent.mkdir(exist_ok=True)
        for folder in FOLDERS:
            for kept in (package / folder / "__pycache__").glob("*.nb[ci]"):
                kept.unlink(missing_ok=True)
        # last: whoever comes between finds no stamp, and removes them, too
        stamp.write_text(digest, "ascii")
    except OSError:
        return False
    return True


def _digest(package: Path) -> str:
    """Of all source files with kernels."""
    total = sha256()
    for folder in FOLDERS:
        for file in sorted((package / folder).glob("*.py")):
            source = file.read_bytes()
            if KERNELS.search(source):
                total.update(file.name.encode() + b"\0" + source)
    return total.hexdigest()
