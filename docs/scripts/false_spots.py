"""Counts false spots in dark films: python docs/scripts/false_spots.py [--films N] [--px N] KIND...

Run from the root of a checkout; without a KIND all kinds of `tests/analysis/dark_films.py`. A film
has 3,000 frames after its baseline; the promise is one film in ten, whatever its size.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.analysis.dark_films import KINDS, false_spots


def main() -> None:
    """One line per kind: films, films with a false spot, all false spots, where and when."""
    ask = argparse.ArgumentParser()
    ask.add_argument("kinds", nargs="*", choices=[[], *KINDS], metavar="KIND")
    ask.add_argument("--films", type=int, default=40)
    ask.add_argument("--px", type=int, default=256)
    told = ask.parse_args()
    for kind in told.kinds or KINDS:
        shape = (told.px, told.px)
        spots = [false_spots(kind, seed, shape=shape) for seed in range(told.films)]
        where = [(seed, *map(round, at)) for seed, found in enumerate(spots) for at in found]
        with_spot = sum(map(bool, spots))
        print(f"{kind:26} {told.films:4} films {with_spot:4} with {len(where):4} spots", where[:6])


if __name__ == "__main__":
    main()
