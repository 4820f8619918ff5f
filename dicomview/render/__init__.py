"""What a pixel on the screen depends on: scene, state, raster, picture."""

from dicomview.render.colormap import GRAY, OFFERED, colours_of
from dicomview.render.door import opened, refuse, scene_of, series_in, veil
from dicomview.render.look import Look
from dicomview.render.picture import Picture, picture, take, window_words
from dicomview.render.scene import Scene, Shot, View
from dicomview.render.state import ViewState, rebased, resolve, state_from, state_message

__all__ = [
    "GRAY",
    "OFFERED",
    "Look",
    "Picture",
    "Scene",
    "Shot",
    "View",
    "ViewState",
    "colours_of",
    "opened",
    "picture",
    "rebased",
    "refuse",
    "resolve",
    "scene_of",
    "series_in",
    "state_from",
    "state_message",
    "take",
    "veil",
    "window_words",
]
