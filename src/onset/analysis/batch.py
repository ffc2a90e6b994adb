"""Many recordings on a Dask cluster that exists already; every worker analyses whole recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from onset.analysis.tables import analyse
from onset.errors import Refused

CONNECT_S = 10.0


def analyse_on_cluster(address: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Analyse recordings on the scheduler at `address`; yields each folder as it is done.

    The workers need onset and must see the folders under the same paths; the tables are written
    there, the same as on this machine.
    """
    try:
        from dask.distributed import Client, as_completed
    except ImportError:
        raise Refused("--dask needs dask.distributed: pip install 'onset[batch]'") from None
    try:
        client = Client(address, timeout=CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as why:
        raise Refused(f"no Dask scheduler at {address}: {why or 'it does not answer'}") from None
    with client:
        futures = client.map(
            _analyse_whole, [str(folder.resolve()) for folder in folders], pure=False
        )
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            yield Path(future.result())


def _analyse_whole(folder: str) -> str:
    analyse(Path(folder))
    return folder
