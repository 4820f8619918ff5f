"""Make dicomview/rules/iods.txt again: ``python tests/iods.py``.

Which modules a SOP class must have, and which attributes of types 1 and 2 these have at their top level (PS3.3 A, C).
The facts are read from the tables of the standard that come with highdicom (MIT), as installed for the tests; only
keywords, UIDs and types are taken over.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "dicomview" / "rules" / "iods.txt"
HEAD = """\
# PS3.3: attributes of types 1 and 2 at the top level of modules, and the modules that a SOP class must have.
# Made by tests/iods.py from the tables in highdicom {version}.
"""
# The root of a report is a container (PS3.3 C.17.3); the table has what all kinds of content items need, each on the
# condition that it is one.
CONTAINER = ("ContinuityOfContent", "ValueType")


def read(name: str) -> Any:
    """Return one of the tables."""
    return json.loads(files("highdicom").joinpath("_standard", f"{name}.json").read_text("utf-8"))


def main() -> None:
    """Write the file."""
    attributes, modules, classes = (
        read(name) for name in ("module_attribute_map", "iod_module_map", "sop_class_iod_map")
    )
    needed: dict[str, str] = {}
    for name, rows in attributes.items():
        of_type = {
            number: sorted({row["keyword"] for row in rows if not row["path"] and row["type"] == number})
            for number in ("1", "2")
        }
        if name == "sr-document-content":
            of_type = {"1": list(CONTAINER), "2": []}
        if any(of_type.values()):
            needed[name] = f"{name} 1 {' '.join(of_type['1'])} 2 {' '.join(of_type['2'])}".replace("  ", " ").strip()
    lines, used = [], set()
    for uid, iod in sorted(classes.items()):
        must = [row["key"] for row in modules[iod] if row["usage"] == "M" and row["key"] in needed]
        used |= set(must)
        lines.append(f"{uid} {' '.join(must)}")
    text = HEAD.format(version=version("highdicom"))
    TARGET.write_text(text + "".join(f"{one}\n" for one in [*(needed[name] for name in sorted(used)), *lines]))
    print(f"{len(used)} modules, {len(lines)} SOP classes, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
