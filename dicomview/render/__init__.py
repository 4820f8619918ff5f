"""What a pixel on the screen depends on: scene, state, raster, picture."""

from dicomview.render.picture import Picture, picture, take
from dicomview.render.scene import Scene, Shot, View, scene_of
from dicomview.render.state import ViewState, resolve, state_from, state_message

__all__ = [
    "Picture",
    "Scene",
    "Shot",
    "View",
    "ViewState",
    "picture",
    "resolve",
    "scene_of",
    "state_from",
    "state_message",
    "take",
]
