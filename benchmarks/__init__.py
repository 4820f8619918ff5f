"""Measurements of dicomview beside its peers; not part of the wheel."""

import sys
from pathlib import Path

# They start JupyterLab and the browser as the tests do. (`tests` is no package: others of that name get installed.)
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
