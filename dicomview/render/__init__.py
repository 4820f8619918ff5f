"""What a pixel on the screen depends on: scene, state, raster, picture."""

from dicomview.render.door import opened, refuse, scene_of, series_of
from dicomview.render.picture import Picture, picture, take
from dicomview.render.scene import Scene, Shot, View
from dicomview.render.state import Look, ViewState, rebased, resolve, state_from, state_message

__all__ = [
    "Look",
    "Picture",
    "Scene",
    "Shot",
    "View",
    "ViewState",
    "opened",
    "picture",
    "rebased",
    "refuse",
    "resolve",
    "scene_of",
    "series_of",
    "state_from",
    "state_message",
    "take",
]
