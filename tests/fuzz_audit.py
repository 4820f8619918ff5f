"""Damage files by the thousand; scan, audit and report them: ``python tests/fuzz_audit.py 5000 --seed 1``.

The test suite does the same with a few. An error that gets through ends the run, with the folder kept.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from test_bad_input import fuzz

_AT_ONCE = 200


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for begin in range(0, options.count, _AT_ONCE):
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        try:
            fuzz(folder, rng, min(_AT_ONCE, options.count - begin))
        except Exception:
            print(f"the files are in {folder}", file=sys.stderr)
            raise
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    print(f"{options.count} damaged files, each a row")
    return 0


if __name__ == "__main__":
    sys.exit(main())
