"""What a saved notebook shows before a run, kept when it is saved once more before a run.

JupyterLab saves the states of the widgets that have a kernel, and with them forgets those that a notebook was opened
with: whoever opens one, changes a word and saves it would find its views gone. So what the outputs still show and the
file still knows stays. An extension of the Jupyter servers in whose environment dicomview is installed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["keep"]

_VIEW = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
# One model in the state of another: what that is made of, or shows.
_NAMES = re.compile(r'"(?:IPY_MODEL_|model_id": ")([^"\\]+)"')
_States: TypeAlias = dict[str, Any]


def keep(model: dict[str, Any], path: str, contents_manager: Any) -> None:
    """Put states that are in the file at `path`, and would be lost, into the notebook that is to replace it.

    A notebook without any word of states is left alone: its owner has JupyterLab save none, or has taken them out.

    Parameters
    ----------
    model : dict
        What is to be saved, as the contents API has it; a notebook is changed in place.
    path : str
        Where, below the server's folder. Of a notebook that is saved under another name nothing older is known.
    contents_manager : jupyter_server.services.contents.manager.ContentsManager
        Only one that saves into the file system knows an older file.
    """
    notebook = model.get("content")
    if model.get("type") != "notebook" or not notebook or not hasattr(contents_manager, "_get_os_path"):
        return
    held = notebook.get("metadata", {}).get("widgets", {}).get(_STATE)
    if held is None:
        return
    missing = _shown(notebook) - held.setdefault("state", {}).keys()
    file = Path(contents_manager._get_os_path(path.strip("/")))  # which refuses what lies outside
    if missing and file.is_file():
        widgets = json.loads(file.read_text("utf-8")).get("metadata", {}).get("widgets", {})
        before = widgets.get(_STATE, {}).get("state", {})
        held["state"] = {name: before[name] for name in _reached(missing, before)} | held["state"]


def _shown(notebook: dict[str, Any]) -> set[str]:
    """Return the names of the widgets in the outputs of a notebook."""
    outputs = (output for cell in notebook.get("cells", []) for output in cell.get("outputs", []))
    views = (output.get("data", {}).get(_VIEW) for output in outputs)
    return {view["model_id"] for view in views if isinstance(view, dict) and "model_id" in view}


def _reached(names: Iterable[str], states: _States) -> set[str]:
    """Return the names of these widgets and of all they are made of or show, as far as their states are known."""
    reached, asked = set[str](), [*names]
    while asked:
        name = asked.pop()
        if name in states and name not in reached:
            reached.add(name)
            asked += _NAMES.findall(json.dumps(states[name].get("state", {})))
    return reached


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(keep)
