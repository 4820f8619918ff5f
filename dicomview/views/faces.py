"""Traits that show a part of a state: what is wished for is checked elsewhere, what is shown is only to be read."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from dicomview.errors import UnknownChoice

__all__ = ["ONE_HAND", "Face", "Shown"]

# A hand and a running cell may move a view at once, and traitlets knows no threads. Views are linked with each other,
# so there is one lock for all of them: two could wait for each other.
ONE_HAND = threading.RLock()


class Face(traitlets.Any):
    """A face of the state; what may be wished for is checked, and said in words, by `resolve`."""

    allow_none = False  # None is a wish like any other, to be checked


class Shown(dict[str, Any]):
    """A dict that shows a part of the state; who changed it in place would change nothing on the screen."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        """Raise `UnknownChoice` with the way that does change something."""
        raise UnknownChoice("this only shows what holds; to change some of it set the whole, as in view.axes = {...}")

    __setitem__ = __delitem__ = update = pop = clear = setdefault = popitem = __ior__ = _refuse
