"""What a notebook shows: the only rooms that know Jupyter and matplotlib.

`browse` is got from its own room, so that a picture does not wait for the tables beside it.
"""

from dicomview.views.document_view import DocumentView
from dicomview.views.door import view
from dicomview.views.figures import figure
from dicomview.views.slice_view import SliceView

__all__ = ["DocumentView", "SliceView", "figure", "view"]
