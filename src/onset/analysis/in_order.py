"""Work on several threads whose results come in the order of what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_order(work: Callable[[int], T], items: Iterable[int], workers: int) -> Iterator[T]:
    """Results in the order of the items; at most two per worker wait."""
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = []
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def one_ahead(work: Callable[[int], T], items: Iterable[int], workers: int) -> Iterator[T]:
    """Results in the order of the items, each made while the one before is used.

    One thread makes them, one after the other: what it keeps from item to item is safe.
    """
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(1) as pool:
        waiting = []
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 1:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
