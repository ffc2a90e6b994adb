"""Many recordings on a Dask cluster that exists already; every worker analyses whole recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from onset.analysis.tables import analyse
from onset.errors import Refused
from onset.recording.read import Recording

CONNECT_S, WORKER_S = 10.0, 10.0


def analyse_on_cluster(address: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Analyse recordings on the scheduler at `address`; yields each folder as it is done.

    The workers need onset and must see the folders under the same paths; the tables are written
    there, the same as on this machine.
    """
    try:
        from dask.distributed import Client, KilledWorker, as_completed
    except ImportError:
        raise Refused("--dask needs dask.distributed: pip install 'onset[batch]'") from None
    for folder in folders:
        Recording(folder).close()  # what is none is refused before anything is begun
    try:
        client = Client(address, timeout=CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as why:
        raise Refused(f"no Dask scheduler at {address}: {why or 'it does not answer'}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKER_S)
        except TimeoutError:
            raise Refused(
                f"no worker at the Dask scheduler {address}: start one with: dask worker {address}"
            ) from None
        futures = client.map(
            _analyse_whole, [str(folder.resolve()) for folder in folders], pure=False
        )
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            try:
                yield Path(future.result())
            except KilledWorker as died:
                raise Refused(
                    f"{address}: workers died again and again while they analysed a recording "
                    f"(memory?), see their logs: {died}"
                ) from None


def _analyse_whole(folder: str) -> str:
    analyse(Path(folder))
    return folder
