"""What is common to widgets with a browser half of ours: how its text is put together, and who hears its messages."""

from __future__ import annotations

import functools
import re
import threading
from pathlib import Path
from typing import Any

import anywidget

__all__ = ["Part", "assembled", "style"]

_STATIC = Path(__file__).with_name("static")
_IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE)
_COMMENT = re.compile(r"[ \t]*/\*\*.*?\*/ ?\n?|^[ \t]*//[^\n]*\n", re.DOTALL | re.MULTILINE)


@functools.cache
def assembled(*parts: str) -> str:
    """Return files of ``static`` as one ES module: one after another, without their imports of each other.

    The text travels with every widget, so comments, a third of it, stay behind.

    Parameters
    ----------
    *parts : str
        Names without suffix; each knows only those before it.
    """
    texts = ((_STATIC / f"{part}.js").read_text(encoding="utf-8") for part in parts)
    return "\n".join(_COMMENT.sub("", _IMPORT.sub("", text)) for text in texts)


@functools.cache
def style(name: str) -> str:
    """Return a style sheet of ``static``."""
    return (_STATIC / f"{name}.css").read_text(encoding="utf-8")


class Part(anywidget.AnyWidget):
    """A widget whose page is heard while a cell runs."""

    def open(self) -> None:
        """Meet the browser; ipywidgets calls this."""
        super().open()
        self._listen_beside_the_cell()
        self._leave_the_cell_alone()

    def _send(self, msg: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        super()._send(msg, buffers)
        self._listen_beside_the_cell()

    def _listen_beside_the_cell(self) -> None:
        # JupyterLab talks to widgets through a subshell, beside the running cell. ipykernel 7.4 diverts that to the
        # shell which last sent something, so a widget made or moved by a busy cell would wait for the cell's end.
        if self.comm is not None:
            self.comm.__dict__.pop("_reply_subshell_id", None)

    def _leave_the_cell_alone(self) -> None:
        # A comm has IPython told that a cell begins and ends around each message. Beside a running cell that ends, half
        # drawn, the figure that this cell draws with pyplot: matplotlib's inline backend shows and closes it. What an
        # observer leaves open is shown at the end of the next cell instead.
        comm = self.comm
        if comm is None or not hasattr(comm, "_msg_callback"):
            return
        usual = comm.handle_msg

        def handle(message: Any) -> None:
            beside = threading.current_thread() is not threading.main_thread()
            (comm._msg_callback if beside and comm._msg_callback else usual)(message)

        comm.handle_msg = handle
