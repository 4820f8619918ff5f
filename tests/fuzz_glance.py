"""Damage headers by the thousand and compare a glance with pydicom: ``python tests/fuzz_glance.py 20000 --seed 1``.

The test suite does the same with a few hundred. Exit code 1 when a damaged file was accepted with another value.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from pydicom.data import DATA_ROOT
from test_files_glance import SAMPLES, damaged, difference

from dicomview.files import Glancer, locate
from dicomview.quiet import quiet

_AGAIN = 200  # damaged versions of one file, whose template is learnt before
_LARGEST = 300_000


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--more", type=Path, default=[], nargs="*", help="folders of further files to damage")
    options = parser.parse_args()
    rng, glancer = random.Random(options.seed), Glancer()
    whole = [
        path
        for root in (DATA_ROOT, SAMPLES, *options.more)
        for path in (one.path for one in locate(root) if one.member is None)
        if path is not None and 1000 < path.stat().st_size < _LARGEST
    ]
    accepted = silent = 0
    with tempfile.TemporaryDirectory() as folder:
        victim = Path(folder, "damaged.dcm")
        for number in range(options.count):
            if number % _AGAIN == 0:
                content = rng.choice(whole).read_bytes()
                victim.write_bytes(content)
                for _ in range(4):
                    glancer.file(os.fspath(victim))
            victim.write_bytes(damaged(content, rng))
            before = glancer.handed_over
            with quiet():
                found = difference(glancer, victim)
            accepted += glancer.handed_over == before
            if found:
                silent += 1
                print(f"{number}: {found[:3]}")
    print(f"{options.count} damaged files, {accepted} accepted, {silent} of them with another value than pydicom's")
    return int(silent > 0)


if __name__ == "__main__":
    sys.exit(main())
