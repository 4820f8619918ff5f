"""What a notebook shows: the only rooms that know Jupyter and matplotlib."""

from dicomview.views.figures import figure
from dicomview.views.slice_view import SliceView, view

__all__ = ["SliceView", "figure", "view"]
