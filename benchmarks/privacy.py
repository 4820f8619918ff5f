"""De-identification of many files: ``python -m benchmarks.privacy --files 10000``.

Seconds and the most memory of each step; memory has to stay where it is however many files there are. Not quick: about
15 ms of one core a file.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from benchmarks.report import machine
from dicomview.demo.synthetic import demo_uid, instances, write
from dicomview.privacy import apply, plan, verify

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_SLICES = 200  # of a series
_SERIES = 5  # of a patient


def _pile(folder: Path, count: int) -> None:
    """Write slices of 64 × 64, a patient for each thousand."""
    noise = np.random.default_rng(0).integers(0, 4095, (_SLICES, 64, 64)).astype(np.int16)
    for series in range(-(-count // _SLICES)):
        patient = series // _SERIES
        tags = {"PatientName": f"Zebrawitz^Q{patient}", "PatientID": f"QX-{patient:05}", "StudyDate": "20190318"}
        tags |= {"BurnedInAnnotation": "NO", "AccessionNumber": f"ACC77{patient:05}"}
        made = instances(noise, seed=f"study{patient}/{series}", tags=tags)
        for dataset in made:
            dataset.StudyInstanceUID = demo_uid("study", str(patient))
        write(made[: count - series * _SLICES], folder / f"{series:03}")


def _timed(name: str, work: Callable[[], T]) -> T:
    wall, core = time.perf_counter(), time.process_time()
    found = work()
    wall, core = time.perf_counter() - wall, time.process_time() - core
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:8} {wall:8.1f} s {core:8.1f} s of the core {memory:8.0f} MB at most", flush=True)
    return found


def main() -> None:
    """Run the three steps over a pile of synthetic files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    count: int = parser.parse_args().files
    print(machine(["pydicom"]), count, "files")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _timed("writing", lambda: _pile(folder / "source", count))
        options = ["retain_modified_dates"]
        planned = _timed("plan", lambda: plan(folder / "source", options=options, progress=False))
        copies = _timed("apply", lambda: apply(planned, folder / "out", progress=False))
        proof = _timed("verify", lambda: verify(copies, progress=False))
        print(proof)


if __name__ == "__main__":
    main()
