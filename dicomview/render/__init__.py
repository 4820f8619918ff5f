"""What a pixel on the screen depends on: scene, state, raster, picture."""

from dicomview.render.blend import blend_of
from dicomview.render.colormap import GRAY, OFFERED, colours_of
from dicomview.render.door import opened, refuse, scene_of, scenes_of, series_in, veil
from dicomview.render.look import Look
from dicomview.render.measure import Measure, Measured
from dicomview.render.picture import Picture, picture, take, window_words
from dicomview.render.places import Places, counted, places_in
from dicomview.render.scene import Scene
from dicomview.render.shapes import Shape, shape_of
from dicomview.render.shot import Shot, View
from dicomview.render.state import ViewState, rebased, resolve, state_from, state_message

__all__ = [
    "GRAY",
    "OFFERED",
    "Look",
    "Measure",
    "Measured",
    "Picture",
    "Places",
    "Scene",
    "Shape",
    "Shot",
    "View",
    "ViewState",
    "blend_of",
    "colours_of",
    "counted",
    "opened",
    "picture",
    "places_in",
    "rebased",
    "refuse",
    "resolve",
    "scene_of",
    "scenes_of",
    "series_in",
    "shape_of",
    "state_from",
    "state_message",
    "take",
    "veil",
    "window_words",
]
